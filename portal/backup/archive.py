"""The archive: a plain tar whose every member is named and hashed in its last one, the manifest."""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from portal.backup import manifest as manifests
from portal.backup.manifest import CannotRestore, Manifest, Member

Advance = Callable[[int, int], None]
CHUNK = 1024 * 1024
ROOMS = ("packs", "files", "checkpoints", "keys")
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
SAFE = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}(/[^/\\\x00-\x1f\x7f]{1,200}){0,15}")
DAMAGED = "This archive is damaged or was cut off"


class Writer:
    """Adds files to a tar and remembers what it added."""

    def __init__(self, path: Path, advance: Advance, total: int) -> None:
        self.tar = tarfile.open(path, "w:", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (closed in close())
        path.chmod(0o600)
        self.members: list[Member] = []
        self.advance, self.total, self.done = advance, total, 0

    def add(self, source: Path, name: str) -> None:
        """The content of the file stands in the archive under this name."""
        size = source.stat().st_size
        with source.open("rb") as stream:
            hashed = _Hashed(stream, self._count)
            self.tar.addfile(_entry(name, size), hashed)
        self.members.append(Member(name, size, hashed.digest.hexdigest()))

    def close(self, manifest: Manifest) -> None:
        said = manifest.spell()
        self.tar.addfile(_entry(manifests.NAME, len(said)), io.BytesIO(said))
        self.tar.close()

    def _count(self, amount: int) -> None:
        self.done += amount
        self.advance(self.done // CHUNK, self.total // CHUNK)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


class _Hashed(io.RawIOBase):
    """A stream that hashes what is read from it."""

    def __init__(self, stream: IO[bytes], count: Callable[[int], None]) -> None:
        self.stream, self.count, self.digest = stream, count, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        found = self.stream.read(size)
        self.digest.update(found)
        self.count(len(found))
        return found


def read_manifest(path: Path) -> Manifest:
    """What the archive says it holds; only names are looked at. Raises CannotRestore."""
    with _opened(path) as tar:
        said = b""
        for entry in _entries(tar):
            if said:
                raise CannotRestore(f"{DAMAGED}: something stands behind its list of contents.")
            if entry.name == manifests.NAME:
                if entry.size > manifests.LARGEST:
                    raise CannotRestore(f"{DAMAGED}: its list of contents is too long.")
                said = _read(_content(tar, entry), manifests.LARGEST)
    if not said:
        raise CannotRestore(f"{DAMAGED}: its list of contents is missing.")
    return manifests.parse(said)


def unpack(path: Path, manifest: Manifest, place: Path, advance: Advance) -> None:
    """Every member stands in `place`, and is what the manifest says. Raises CannotRestore."""
    expected = {member.name: member for member in manifest.members}
    total, done = sum(member.size for member in manifest.members), 0
    if len(expected) != len(manifest.members) or DATABASES.get(manifest.topology) not in expected:
        raise CannotRestore(f"{DAMAGED}: its list of contents does not fit a backup.")
    with _opened(path) as tar:
        for entry in _entries(tar):
            if entry.name == manifests.NAME:
                continue
            member = expected.pop(entry.name, None)
            if member is None or member.size != entry.size:
                raise CannotRestore(f"{DAMAGED}: {entry.name} is not what its list of contents says.")
            target = place / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            digest, content = hashlib.sha256(), _content(tar, entry)
            with target.open("xb") as out:
                while chunk := _read(content):
                    digest.update(chunk)
                    out.write(chunk)
                    done += len(chunk)
                    advance(done // CHUNK, total // CHUNK)
            if digest.hexdigest() != member.sha256:
                raise CannotRestore(f"{DAMAGED}: the content of {entry.name} is not the one that was backed up.")
    if expected:
        raise CannotRestore(f"{DAMAGED}: {min(expected)} is missing.")


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r:")
    except FileNotFoundError as problem:
        raise CannotRestore(f"There is no file {path}.") from problem
    except (OSError, tarfile.TarError) as problem:
        raise CannotRestore(f"{path} is not a backup of Mandate, or it is damaged.") from problem


def _entries(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Plain files with names that stay inside; anything else never came from a backup."""
    seen = set()
    try:
        for entry in tar:
            if not entry.isreg() or not _is_safe(entry.name) or entry.name in seen:
                raise CannotRestore(f"This archive holds {entry.name[:200]!r}, which no backup of Mandate ever holds.")
            seen.add(entry.name)
            yield entry
    except (OSError, EOFError, ValueError, tarfile.TarError) as problem:
        raise CannotRestore(f"{DAMAGED}.") from problem


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    if not SAFE.fullmatch(name) or any(part in (".", "..") for part in parts):
        return False
    return (parts[0] in ROOMS and len(parts) > 1) or name in (manifests.NAME, *DATABASES.values())


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(entry)
    if content is None:
        raise CannotRestore(f"{DAMAGED}: {entry.name} cannot be read.")
    return content


def _read(content: IO[bytes], size: int = CHUNK) -> bytes:
    try:
        return content.read(size)
    except (OSError, EOFError, tarfile.TarError) as problem:
        raise CannotRestore(f"{DAMAGED}.") from problem


def digest_of(path: Path) -> str:
    """SHA-256 of the file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
