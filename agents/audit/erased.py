"""Who was erased, in a file outside the database, so that yesterday's backup does not bring them back.

One person key a line. It holds no name: a key alone tells nobody who it was.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from agents.audit import outside

FILE = "erased.txt"


def path() -> Path:
    return outside.folder() / FILE


def listed() -> set[str]:
    """Person keys of the list; empty when nobody was erased yet."""
    try:
        return set(path().read_text(encoding="ascii", errors="ignore").split())
    except FileNotFoundError:
        return set()


def add(wanted: Iterable[str]) -> None:
    """These keys stand in the list and on the disk."""
    with path().open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if fresh := sorted(set(wanted) - listed()):
            # A line that a crash cut short is ended, so that the next key stands whole.
            file.write("\n" + "\n".join(fresh) + "\n")
            file.flush()
            os.fsync(file.fileno())
