"""Packs on disk. A file gets its name from its content and its place by one rename, so there is no half of one."""

import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from agents import clock
from compliance.models import Pack

UNFINISHED = ".unfinished"
FORGOTTEN_AFTER = timedelta(hours=1)


class FileLost(Exception):
    """The file of a pack is not there, or is not the one that was released. The sentence is for people."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True)
class Kept:
    name: str
    sha256: str
    size: int


def folder() -> Path:
    place = Path(settings.PACK_DIR)
    place.mkdir(parents=True, exist_ok=True)
    return place


def unfinished(uid: UUID, claim: UUID) -> Path:
    """Where one worker writes one attempt."""
    return folder() / f"{uid}-{claim}{UNFINISHED}"


def keep(written: Path, uid: UUID) -> Kept:
    """The file is in its place under the name of its content, and on the disk, not only in its cache."""
    with written.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    name = f"{uid}-{digest[:16]}.pdf"
    size = written.stat().st_size
    written.replace(folder() / name)
    place = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
    return Kept(name, digest, size)


def is_there(pack: Pack) -> bool:
    """Whether a file of the right size is in its place; the content is compared when it is read."""
    try:
        return bool(pack.path) and (folder() / pack.path).stat().st_size == pack.size
    except OSError:
        return False


def read(pack: Pack) -> bytes:
    """The bytes that were released, or none at all. Raises FileLost."""
    try:
        content = (folder() / Path(pack.path).name).read_bytes()
    except OSError as problem:
        raise FileLost(
            _("The file of this pack is not where it was left. Restore it from a backup, or build the pack again.")
        ) from problem
    if hashlib.sha256(content).hexdigest() != pack.sha256:
        raise FileLost(
            _("The file of this pack is not the one that was released: its fingerprint differs. Restore it from a backup.")
        )
    return content


def sweep() -> int:
    """Attempts that nobody will finish are gone; how many."""
    oldest = (clock.now() - FORGOTTEN_AFTER).timestamp()
    forgotten = [path for path in folder().glob(f"*{UNFINISHED}") if path.stat().st_mtime < oldest]
    for path in forgotten:
        path.unlink(missing_ok=True)
    return len(forgotten)
