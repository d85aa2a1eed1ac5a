"""Which Mandate this is."""

import tomllib

from portal.configuration import BASE_DIR

VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
