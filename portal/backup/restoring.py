"""Putting a backup back: everything is checked before anything is touched, then the database changes in one step."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader

from agents import clock
from agents.audit import protection, rollback, sealing
from agents.audit.actors import Actor
from agents.audit.errors import Refusal
from agents.audit.events import Event
from agents.audit.models import TrailRef
from agents.audit.sealing import NotSealed
from agents.audit.trail import record
from agents.audit.verifier.note import BadNote
from portal.backup import archive, places, postgresql, sqlite
from portal.backup.manifest import CannotRestore, Manifest
from portal.backup.stillness import stillness
from portal.backup.taking import Show, owner_url, topology
from portal.backup.workshop import settle, workshop
from portal.version import VERSION

NAMES = {"sqlite": "the built-in SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Restored:
    """kept: the folder with what was there before, if there was anything; left_alone: keys that were not replaced;
    missing: how many events are known to be gone, None when none are; doubt: why that could not be told."""

    manifest: Manifest
    kept: Path | None
    keys: list[str]
    left_alone: list[str]
    checkpoints_put_back: bool
    missing: int | None
    doubt: str


def restore(file: Path, *, by: Actor, show: Show) -> Restored:
    """The database, the packs and the files are those of the backup.

    Raises CannotRestore, and then the database is as it was. Writes backup.restored into the restored trail.
    """
    data = Path(settings.DATA_DIR)
    manifest = archive.read_manifest(file)
    _refuse_foreign(manifest)
    with stillness(data), workshop(data) as place:
        if topology() == "postgresql":
            postgresql.refuse_in_use(owner_url())
        else:
            sqlite.make_whole(places.database_file())
        with show("Checking the archive") as advance:
            archive.unpack(file, manifest, place, advance)
            sha256 = archive.digest_of(file)
        kept = data / f"before-restore-{clock.now():%Y%m%d-%H%M%S}"
        settle_in = _SettlingIn(file.name, sha256, manifest, by)
        staged = place / archive.DATABASES[manifest.topology]
        if topology() == "sqlite":
            sqlite.look_over(staged, manifest.facts)
        _add_files(place, kept)
        with show("Restoring the database"):
            if topology() == "postgresql":
                missing, doubt = _put_back_postgresql(staged, manifest, settle_in)
            else:
                missing, doubt = _put_back_sqlite(staged, kept, settle_in)
        keys, left_alone = _add_keys(place)
        put_back = _add_checkpoints(place)
        return Restored(manifest, kept if kept.exists() else None, keys, left_alone, put_back, missing, doubt)


def _refuse_foreign(manifest: Manifest) -> None:
    """Raises CannotRestore for a backup of another kind of database or of a newer Mandate."""
    if manifest.topology != topology():
        theirs = NAMES.get(manifest.topology, manifest.topology)
        raise CannotRestore(f"This backup holds {theirs}, but this installation runs on {NAMES[topology()]}.")
    known = MigrationLoader(None).disk_migrations or {}
    apps = {app for app, _name in known}
    unknown = [name for app, name in manifest.facts.migrations if app in apps and (app, name) not in known]
    if unknown or _number(manifest.version) > _number(VERSION):
        raise CannotRestore(f"This backup was taken by Mandate {manifest.version}, this is {VERSION}. Install that one first.")


def _number(version: str) -> list[int]:
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]


@dataclass(frozen=True)
class _SettlingIn:
    """What the connected database does first after it came back."""

    name: str
    sha256: str
    manifest: Manifest
    by: Actor

    def __call__(self) -> tuple[int | None, str]:
        """backup.restored is in the trail, and the portal is read-only if events after the backup are known to be missing.

        Gives how many those are, and what stood in the way of knowing.
        """
        doubt = ""
        try:
            sealing.seal()  # before anything is written: what came back belongs to the epoch that it was written in
            self._record()
            found = rollback.look()
        except (NotSealed, BadNote) as problem:
            doubt, found = str(problem), None
        return found.missing_count if found else None, doubt

    def _record(self) -> None:
        after: dict[str, Any] = {
            "sha256": self.sha256,
            "taken_at": self.manifest.created_at,
            "trail_size": self.manifest.facts.trail_size,
        }
        with suppress(Refusal), transaction.atomic():  # the backup may be one of a read-only portal
            record(Event.BACKUP_RESTORED, TrailRef("backup", self.sha256[:16], self.name), by=self.by, after=after)


def _put_back_sqlite(staged: Path, kept: Path, settle_in: _SettlingIn) -> tuple[int | None, str]:
    """Migrated and told beside the old one, then swapped by one rename."""
    with _connected_to(staged):
        call_command("createcachetable", verbosity=0)
        call_command("migrate", verbosity=0, skip_checks=True)
        found = settle_in()
    sqlite.make_whole(staged)
    sqlite.swap(staged, places.database_file(), kept)
    return found


@contextmanager
def _connected_to(file: Path) -> Iterator[None]:
    usual = connections["default"].settings_dict["NAME"]
    connections.close_all()
    connections["default"].settings_dict["NAME"] = file
    try:
        yield
    finally:
        connections.close_all()
        connections["default"].settings_dict["NAME"] = usual


def _put_back_postgresql(staged: Path, manifest: Manifest, settle_in: _SettlingIn) -> tuple[int | None, str]:
    """Replaced in one transaction; then triggers and rights are put back by migrate, as the owner."""
    postgresql.load(owner_url(), staged, manifest.facts, protection.rights(settings.MANDATE_APP_ROLE))
    for command, *options in (("createcachetable",), ("migrate", "--skip-checks")):
        words = [sys.executable, sys.argv[0], command, *options, "--verbosity", "0"]
        done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            raise Refusal(f"The backup is in the database, but `manage.py {command}` failed. Run it again: {done.stderr[-2000:]}")
    return settle_in()


def _add_files(place: Path, kept: Path) -> None:
    """Packs and files of the backup are there; a file that it replaces is kept beside. What is newer stays."""
    for room, folder in places.rooms().items():
        for source in sorted((place / room).rglob("*")):
            if not source.is_file():
                continue
            name = source.relative_to(place / room)
            target = folder / name
            if target.exists() and archive.digest_of(target) == archive.digest_of(source):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                (kept / room / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copy2(target, kept / room / name)
            settle(source)
            source.replace(target)
            settle(target.parent)


def _add_checkpoints(place: Path) -> bool:
    """Only where there are none: a newer checkpoint is what tells that a backup was restored."""
    folder = places.checkpoints()
    ours = [path for path in (place / "checkpoints").rglob("*") if path.is_file()]
    if not ours or any(path.name != "lock" for path in folder.rglob("*")):
        return False
    for source in sorted(ours):
        _take_over(source, folder / source.relative_to(place / "checkpoints"))
    return True


def _add_keys(place: Path) -> tuple[list[str], list[str]]:
    """Keys are put where none is; one that is there stays. The names of both."""
    added, left_alone = [], []
    for source in sorted((place / "keys").glob("*")):
        home = places.secret_key().parent if source.name == places.secret_key().name else places.signing_key().parent
        target = home / source.name
        if not target.exists():
            _take_over(source, target)
            added.append(source.name)
        elif target.read_bytes() != source.read_bytes():
            left_alone.append(source.name)
    return added, left_alone


def _take_over(source: Path, target: Path) -> None:
    """The file is there, whole, and readable by this user only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.restored")
    shutil.copyfile(source, draft)
    draft.chmod(0o600)
    settle(draft)
    draft.replace(target)
    settle(target.parent)
