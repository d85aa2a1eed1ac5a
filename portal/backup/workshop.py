"""A folder for unfinished work. It is gone afterwards; what a killed process left is removed by the next one."""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENDING = ".unfinished"


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """An empty folder in `parent` (so on the same disk), readable by this user only."""
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    place, lock = _open(parent)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def sweep(parent: Path) -> int:
    """Folders whose process is gone are removed; how many."""
    removed = 0
    for left in parent.glob(f".*{ENDING}"):
        try:
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # somebody is working there
        else:
            shutil.rmtree(left, ignore_errors=True)
            removed += 1
        finally:
            os.close(lock)
    return removed


def _open(parent: Path) -> tuple[Path, int]:
    """The folder and the open lock on it."""
    while True:
        place = parent / f".{uuid.uuid4().hex}{ENDING}"
        place.mkdir(mode=0o700)
        try:
            lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # swept away before it was locked
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return place, lock
        os.close(lock)


def settle(path: Path) -> None:
    """The file or folder is on the disk, not only in its cache."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
