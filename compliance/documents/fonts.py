"""The typeface travels inside the document. It comes with the page shell, so nothing is kept twice."""

import base64
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

WEIGHTS = {400: "Inter-Regular.woff2", 600: "Inter-SemiBold.woff2"}


@cache
def faces() -> dict[int, str]:
    """Weight → the font as text for a `data:` address. A missing file costs the looks, not the document."""
    found = {}
    for weight, name in WEIGHTS.items():
        path = finders.find(f"unfold/fonts/inter/{name}")
        if isinstance(path, str):
            found[weight] = base64.b64encode(Path(path).read_bytes()).decode("ascii")
    return found
