"""Reading no more than we said we would."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

from django.utils.translation import gettext as _

from agents.intake.errors import TooLarge

CHUNK = 64 * 1024
IN_MEMORY = 4 * 1024 * 1024


class Source(Protocol):
    """What can be read from the front, like an open file or an upload."""

    def read(self, size: int = -1, /) -> bytes: ...


class Bounded(io.RawIOBase):
    """A readable stream that raises TooLarge as soon as more than `max_bytes` came out of it."""

    def __init__(self, source: Source, max_bytes: int) -> None:
        super().__init__()
        self._source, self._max, self.seen = source, max_bytes, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._source.read(len(buffer))
        self.seen += len(chunk)
        if self.seen > self._max:
            raise TooLarge(_("This file is larger than the %(limit)s MB we read.") % {"limit": f"{self._max / 1e6:,.0f}"})
        buffer[: len(chunk)] = chunk
        return len(chunk)


@contextmanager
def rereadable(source: Source, max_bytes: int) -> Iterator[IO[bytes]]:
    """A copy of the source at its beginning that can be read more than once; gone afterwards, also from disk.

    Raises TooLarge over max_bytes.
    """
    bounded = Bounded(source, max_bytes)
    with SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
        while chunk := bounded.read(CHUNK):
            copy.write(chunk)
        copy.seek(0)
        yield copy


def fingerprint(file: IO[bytes]) -> str:
    """SHA-256 of the file in hexadecimal; it stands at its beginning again."""
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
