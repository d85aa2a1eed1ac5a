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
    return Path(settings.MANDATE_CHECKPOINT_DIR)


def signing_key() -> Path:
    return Path(settings.MANDATE_SIGNING_KEY_FILE)


def secret_key() -> Path:
    return Path(settings.DATA_DIR) / "secret_key"


def keys() -> dict[str, Path]:
    """The names of the keys in an archive and their files, earlier signing keys included."""
    signing = signing_key()
    found = [signing, *sorted(signing.parent.glob(f"{signing.name}.*"))]
    return {f"keys/{path.name}": path for path in (secret_key(), *found) if path.is_file()}


def contents() -> Iterator[tuple[str, Path]]:
    """Each pack and file, with its name in an archive."""
    for room, folder in rooms().items():
        yield from named(room, folder)


def named(room: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The finished files of a folder, with their names in an archive."""
    for path in sorted(folder.rglob("*")):
        is_passing = path.name.startswith(".") or path.suffix in (UNFINISHED, ".new") or path.name == "lock"
        if path.is_file() and not path.is_symlink() and not is_passing:
            yield f"{room}/{path.relative_to(folder).as_posix()}", path
