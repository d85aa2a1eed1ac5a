"""The checkpoint folder: `keys.txt` with the public keys, and files of notes, one after another."""

from collections.abc import Iterator
from pathlib import Path

from agents.audit.verifier.note import DASH, PublicKey

KEYS = "keys.txt"
NEWEST = "newest.note"
SUFFIX = ".notes"


def keys_of(path: Path) -> list[PublicKey]:
    """The keys in a file, one a line; lines that begin with # are words. Raises OSError, BadNote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [PublicKey.parse(line) for line in lines if line.strip() and not line.startswith("#")]


def notes_of(folder: Path) -> Iterator[tuple[str, str]]:
    """(where, note) of each checkpoint kept in the folder, oldest first. Raises OSError.

    A line that a crash cut off in the middle is no note and is passed over: its checkpoint follows again.
    """
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        for number, note in enumerate(split(path.read_text(encoding="utf-8")), 1):
            yield f"{path.name} #{number}", note


def split(text: str) -> Iterator[str]:
    """The notes of a file: each ends with the line of its signature."""
    gathered: list[str] = []
    for line in text.splitlines(keepends=True):
        if gathered or line.strip():
            gathered.append(line)
        if line.startswith(DASH) and line.endswith("\n"):
            yield "".join(gathered)
            gathered = []
