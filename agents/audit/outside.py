"""Checkpoints outside the database: a folder that no restore of the database may roll back."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from agents import clock
from agents.audit import keys
from agents.audit.verifier.folder import NEWEST, SUFFIX, notes_of
from agents.audit.verifier.note import DASH, Head, opened

TAIL = 4096  # longer than any note


def folder() -> Path:
    place = Path(settings.MANDATE_CHECKPOINT_DIR)
    place.mkdir(parents=True, exist_ok=True)
    return place


def keep(note: str) -> None:
    """The note stands in the folder and on the disk; the same note twice stands there once."""
    with _alone():
        if newest_note() == note:
            return
        path = folder() / f"{clock.now():%Y-%m-%d}{SUFFIX}"
        with path.open("a+b") as file:
            _cut_torn_end(file.fileno())
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
        fresh = folder() / f"{NEWEST}.new"
        fresh.write_text(note, encoding="utf-8")
        fresh.replace(folder() / NEWEST)


def newest_note() -> str:
    """The text of the newest checkpoint; empty when there is none."""
    try:
        return (folder() / NEWEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def newest() -> Head | None:
    """What the newest checkpoint says. Raises BadNote for one that nobody trusted signed."""
    note = newest_note()
    return opened(note, keys.trusted(), keys.origin()) if note else None


def heads() -> Iterator[Head]:
    """What every kept checkpoint says, oldest first. Raises BadNote."""
    trusted = keys.trusted()
    for _where, note in notes_of(folder()):
        yield opened(note, trusted, keys.origin())


def _cut_torn_end(file: int) -> None:
    """What a crash left of a note is cut off, so that the next one begins on a line of its own."""
    size = os.fstat(file).st_size
    start = max(0, size - TAIL)
    tail = os.pread(file, TAIL, start)
    last = tail.rfind(DASH.encode())
    end = tail.find(b"\n", last) + 1 if last >= 0 else 0
    if end < len(tail):
        os.ftruncate(file, start + end)


@contextmanager
def _alone() -> Iterator[None]:
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
