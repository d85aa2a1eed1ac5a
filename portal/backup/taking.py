"""Taking a backup while the portal runs."""

import fcntl
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from django.conf import settings
from django.db import transaction

from agents import clock
from agents.audit.actors import Actor
from agents.audit.errors import Refusal
from agents.audit.events import Event
from agents.audit.models import TrailRef
from agents.audit.trail import record
from portal.backup import archive, places, postgresql, sqlite
from portal.backup.archive import Advance
from portal.backup.manifest import FORMAT, Facts, Manifest
from portal.backup.workshop import settle, workshop
from portal.version import VERSION

Show = Callable[[str], AbstractContextManager[Advance]]


@dataclass(frozen=True)
class Taken:
    """is_recorded: the trail tells of it; not while the portal is read-only."""

    path: Path
    size: int
    sha256: str
    manifest: Manifest
    is_recorded: bool


def topology() -> str:
    return "postgresql" if settings.CONFIGURATION.database_url else "sqlite"


def owner_url() -> str:
    """The address of the database as its owner; where only one role is configured, as that one."""
    return settings.CONFIGURATION.database_owner_url or settings.CONFIGURATION.database_url


def take(where: Path, *, with_keys: bool, by: Actor, show: Show) -> Taken:
    """One archive stands at `where` (in it, when it is a folder), complete and on the disk, or there is none.

    with_keys: the secret key and the signing keys are in it. Raises Refusal. Writes backup.taken.
    """
    target = _target(where)
    with workshop(target.parent) as place:
        _copy_checkpoints(place / "checkpoints")
        database = place / archive.DATABASES[topology()]
        with show("Copying the database") as advance:
            held = _copy(database, advance)
        draft, manifest = _pack(place, database, held, with_keys=with_keys, show=show)
        settle(draft)
        sha256, size = archive.digest_of(draft), draft.stat().st_size
        if target.exists():
            raise Refusal(f"{target} was put there meanwhile; a backup never replaces another one.")
        draft.rename(target)
        settle(target.parent)
    return Taken(target, size, sha256, manifest, _record(target.name, sha256, size, manifest, with_keys=with_keys, by=by))


def _target(where: Path) -> Path:
    target = where.absolute()
    if target.is_dir():
        target /= f"mandate-{clock.now().astimezone(UTC):%Y%m%d-%H%M%S}.tar"
    if target.exists():
        raise Refusal(f"{target} is there already; a backup never replaces another one.")
    if not target.parent.is_dir():
        raise Refusal(f"There is no folder {target.parent}.")
    return target


def _copy_checkpoints(place: Path) -> None:
    """Before the database is: so none of them tells of events that the copy of the database lacks."""
    folder = places.checkpoints()
    place.mkdir()
    if not folder.is_dir():
        return
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody is in the middle of writing one
        for name, path in places.named("checkpoints", folder):
            copied = place.parent / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)


def _copy(database: Path, advance: Advance) -> Facts:
    if topology() == "postgresql":
        return postgresql.copy(owner_url(), database)
    return sqlite.copy(places.database_file(), database, advance)


def _pack(place: Path, database: Path, held: Facts, *, with_keys: bool, show: Show) -> tuple[Path, Manifest]:
    """The finished archive in the workshop. The files are listed after the database was copied, so none of its packs lacks."""
    files = [(database.name, database), *places.named("checkpoints", place / "checkpoints"), *places.contents()]
    files += places.keys().items() if with_keys else ()
    draft = place / "archive.tar"
    with show("Writing the archive") as advance:
        writer = archive.Writer(draft, advance, sum(path.stat().st_size for _name, path in files))
        for name, path in files:
            writer.add(path, name)
        created_at = clock.now().astimezone(UTC).isoformat(timespec="seconds")
        manifest = Manifest(FORMAT, VERSION, topology(), created_at, held, writer.members)
        writer.close(manifest)
    return draft, manifest


def _record(name: str, sha256: str, size: int, manifest: Manifest, *, with_keys: bool, by: Actor) -> bool:
    after = {"sha256": sha256, "size": size, "trail_size": manifest.facts.trail_size, "with_keys": with_keys}
    with suppress(Refusal), transaction.atomic():  # a read-only portal can be backed up too
        record(Event.BACKUP_TAKEN, TrailRef("backup", sha256[:16], name), by=by, after=after)
        return True
    return False
