"""What there is beside the database, and where: folders and keys."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from compliance.files import UNFINISHED


def database_file() -> Path:
    """Where the embedded database is; `connections` may point elsewhere while a copy of it is looked over."""
    return Path(settings.DATA_DIR) / "mandate.sqlite3"


def rooms() -> dict[str, Path]:
    """The folders of an archive and where they belong, checkpoints aside."""
    return {"packs": Path(settings.PACK_DIR), "files": Path(settings.DATA_DIR) / "files"}


def checkpoints() -> Path:
    return Path(getattr(settings, "MANDATE_CHECKPOINT_DIR", settings.DATA_DIR / "checkpoints"))


def signing_key() -> Path:
    return Path(getattr(settings, "MANDATE_SIGNING_KEY_FILE", settings.DATA_DIR / "signing_key.pem"))


def secret_key() -> Path:
    return Path(settings.DATA_DIR) / "secret_key"


def keys() -> dict[str, Path]:
    """The names of the keys in an archive and their files, earlier signing keys included."""
    signing = signing_key()
    found = [signing, *sorted(signing.parent.glob(f"{signing.name}.*"))]
    return {f"keys/{path.name}": path for path in (secret_key(), *found) if path.is_file()}


def contents() -> Iterator[tuple[str, Path]]:
    """Each file that belongs in an archive beside the database and the keys, with its name there."""
    for room, folder in {**rooms(), "checkpoints": checkpoints()}.items():
        for path in sorted(folder.rglob("*")):
            is_passing = path.name.startswith(".") or path.suffix in (UNFINISHED, ".new") or path.name == "lock"
            if path.is_file() and not path.is_symlink() and not is_passing:
                yield f"{room}/{path.relative_to(folder).as_posix()}", path
