"""A backup holds everything of one moment, and comes back whole into an empty place or over what is there."""

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest
from django.db import connections

from agents.audit import gate, protection
from agents.audit.errors import Closed
from agents.audit.models import Rollback, Seal, TrailEvent
from agents.people.models import User
from tests.backups import fresh_place, looking_at, people, trail
from tests.database import TestDatabase
from tests.people import PASSWORD, assemble, person
from tests.serving import serving


def backup(database: TestDatabase, where: Path, *options: str) -> Path:
    done = database.command("backup", str(where), *options)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[0])


def pack_on_disk(database: TestDatabase, name: str = "a-pack.pdf", content: bytes = b"%PDF of a pack") -> Path:
    folder = database.folder / "packs"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def manifest_of(archive: Path) -> dict[str, object]:
    with tarfile.open(archive) as tar:
        content = tar.extractfile("manifest.json")
        assert content
        found: dict[str, object] = json.load(content)
        return found


def test_backup_comes_back_into_an_empty_place(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    pack_on_disk(own_database)
    before, everybody = trail(), people()
    archive = backup(own_database, tmp_path)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with fresh_place(own_database, tmp_path / "new") as place:
        done = place.command("restore", str(archive), "--yes")
        assert done.returncode == 0, done.stderr
        assert f"with {len(before):,} trail events" in done.stdout
        assert (place.folder / "packs" / "a-pack.pdf").read_bytes() == b"%PDF of a pack"
        with looking_at(place):
            assert people() == everybody
            *restored, last = trail()
            assert restored == before
            assert last[1] == "backup.restored"
            assert protection.missing_triggers(connections["default"]) == []
            assert User.objects.get(email="ann@example.org").check_password(PASSWORD)
        assert place.command("check", "--database", "default").returncode == 0


def test_trail_tells_of_the_backup_and_of_the_restore(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    archive = backup(own_database, tmp_path / "mine.tar")
    taken = TrailEvent.objects.get(event="backup.taken")
    assert (taken.target_label, taken.actor_label) == ("mine.tar", "Mandate (operator)")
    assert taken.after["size"] == archive.stat().st_size
    connections.close_all()
    assert own_database.command("restore", str(archive), "--yes").returncode == 0
    restored = TrailEvent.objects.get(event="backup.restored")
    assert restored.after["sha256"] == taken.after["sha256"]
    assert not TrailEvent.objects.filter(event="backup.taken").exists()  # it was recorded after the copy


def test_restore_over_the_same_place_puts_the_database_back_and_keeps_what_was_there(
    own_database: TestDatabase, tmp_path: Path
) -> None:
    assemble()
    pack = pack_on_disk(own_database)
    archive = backup(own_database, tmp_path)
    person("Zoe")
    pack.write_bytes(b"spoilt")
    newer = pack_on_disk(own_database, "newer.pdf", b"newer")
    connections.close_all()
    done = own_database.command("restore", str(archive), "--yes")
    assert done.returncode == 0, done.stderr
    assert "zoe@example.org" not in people()
    assert pack.read_bytes() == b"%PDF of a pack"
    assert newer.read_bytes() == b"newer"
    [kept] = own_database.folder.glob("before-restore-*")
    assert (kept / "packs" / "a-pack.pdf").read_bytes() == b"spoilt"
    if own_database.kind == "sqlite":
        with looking_at(TestDatabase("sqlite", "", kept)):
            assert "zoe@example.org" in people()
    person("Yan")  # it can be written again, with the app role's rights
    assert not list(own_database.folder.glob(".*.unfinished"))


def test_checkpoints_and_keys_that_are_there_are_left_alone(own_database: TestDatabase, tmp_path: Path) -> None:
    checkpoints = own_database.folder / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    (checkpoints / "of-yesterday").write_text("1")
    (own_database.folder / "secret_key").write_text("the first secret key")
    archive = backup(own_database, tmp_path, "--with-keys")
    (checkpoints / "of-yesterday").write_text("2")
    (own_database.folder / "secret_key").write_text("another secret key")
    done = own_database.command("restore", str(archive), "--yes")
    assert done.returncode == 0, done.stderr
    assert (checkpoints / "of-yesterday").read_text() == "2"
    assert (own_database.folder / "secret_key").read_text() == "another secret key"
    assert "Left as they are, though the backup holds others: secret_key." in done.stdout
    with fresh_place(own_database, tmp_path / "new") as place:
        done = place.command("restore", str(archive), "--yes", MANDATE_SECRET_KEY="x" * 40)
        assert done.returncode == 0, done.stderr
        assert (place.folder / "checkpoints" / "of-yesterday").read_text() == "1"
        assert (place.folder / "secret_key").read_text() == "the first secret key"


def test_restore_over_a_trail_that_went_on_is_announced_and_read_only_until_acknowledged(
    own_database: TestDatabase, tmp_path: Path
) -> None:
    assemble()
    assert own_database.command("audit_checkpoint").returncode == 0
    archive = backup(own_database, tmp_path)
    person("Zoe")
    connections.close_all()
    assert own_database.command("audit_checkpoint").returncode == 0
    known = Seal.objects.order_by("-number")[0].size
    connections.close_all()
    done = own_database.command("restore", str(archive), "--yes")
    assert "events after the backup are known to be missing" in done.stdout, done.stdout + done.stderr
    waiting = Rollback.objects.get()
    assert (waiting.known_size, waiting.acknowledged_at) == (known, None)
    gate.forget()
    with pytest.raises(Closed):
        person("Yan")
    connections.close_all()
    assert own_database.command("audit_acknowledge", "--reason", "The disk was lost.").returncode == 0
    verified = own_database.command("audit_verify")
    assert verified.returncode == 0, verified.stdout
    gate.forget()
    person("Yan")


def test_restore_into_an_empty_place_is_not_taken_for_a_loss(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    assert own_database.command("audit_checkpoint").returncode == 0
    archive = backup(own_database, tmp_path, "--with-keys")
    with fresh_place(own_database, tmp_path / "new") as place:
        done = place.command("restore", str(archive), "--yes")
        assert "missing" not in done.stdout, done.stdout
        assert place.command("audit_checkpoint").returncode == 0  # with the key that signed before
        verified = place.command("audit_verify")
        assert verified.returncode == 0, verified.stdout
        with looking_at(place):
            assert not Rollback.objects.exists()


def test_keys_are_in_the_archive_only_when_asked_for(own_database: TestDatabase, tmp_path: Path) -> None:
    (own_database.folder / "secret_key").write_text("the secret key of this portal")
    with tarfile.open(backup(own_database, tmp_path / "without.tar")) as tar:
        assert not [name for name in tar.getnames() if name.startswith("keys/")]
    assert b"the secret key of this portal" not in (tmp_path / "without.tar").read_bytes()
    with tarfile.open(backup(own_database, tmp_path / "with.tar", "--with-keys")) as tar:
        assert "keys/secret_key" in tar.getnames()


def test_manifest_says_what_is_inside(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    said = manifest_of(backup(own_database, tmp_path))
    facts = said["facts"]
    assert isinstance(facts, dict)
    assert said["topology"] == own_database.kind
    assert facts["rows"]["people_user"] == User.objects.count()
    assert facts["trail_size"] == facts["rows"]["audit_trailevent"] == TrailEvent.objects.exclude(event="backup.taken").count()


def test_backup_never_replaces_a_file(own_database: TestDatabase, tmp_path: Path) -> None:
    there = tmp_path / "there.tar"
    there.write_text("precious")
    done = own_database.command("backup", str(there))
    assert done.returncode == 1
    assert "a backup never replaces another one" in done.stderr
    assert there.read_text() == "precious"
    assert not TrailEvent.objects.filter(event="backup.taken").exists()


def test_restore_is_refused_while_the_portal_runs(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    archive = backup(own_database, tmp_path)
    before = trail()
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        done = own_database.command("restore", str(archive), "--yes")
        assert done.returncode == 1
        assert "Stop it, then restore." in done.stderr
        assert portal.answers() == 200
    assert trail() == before


def test_restore_is_refused_while_anybody_else_works_on_the_database(own_database: TestDatabase, tmp_path: Path) -> None:
    archive = backup(own_database, tmp_path)
    count = User.objects.count()  # this session stays open
    done = own_database.command("restore", str(archive), "--yes")
    assert done.returncode == 1
    assert "then restore" in done.stderr
    assert User.objects.count() == count
    assert not TrailEvent.objects.filter(event="backup.restored").exists()


def test_restore_asks_to_be_told_that_it_is_meant(own_database: TestDatabase, tmp_path: Path) -> None:
    archive = backup(own_database, tmp_path)
    before = trail()
    done = own_database.command("restore", str(archive))
    assert (done.returncode, "--yes" in done.stderr) == (1, True)
    assert trail() == before


def rewritten(archive: Path, name: str, content: bytes, *, kind: bytes = tarfile.REGTYPE) -> Path:
    """The same archive with one member changed or added in front."""
    changed = archive.with_name("changed.tar")
    with tarfile.open(archive) as tar, tarfile.open(changed, "w:") as out:
        if name not in tar.getnames():
            entry = tarfile.TarInfo(name)
            entry.size, entry.type, entry.linkname = len(content), kind, "/etc/passwd"
            out.addfile(entry, io.BytesIO(content))
        for member in tar.getmembers():
            said = tar.extractfile(member)
            assert said
            bytes_ = content if member.name == name else said.read()
            member.size = len(bytes_)
            out.addfile(member, io.BytesIO(bytes_))
    return changed


def spoilt_archives(archive: Path) -> dict[str, tuple[Path, str]]:
    """What may be wrong with an archive, and a part of the sentence that says so."""
    said = manifest_of(archive)
    database = f"database.{'sqlite3' if said['topology'] == 'sqlite' else 'dump'}"
    other = "postgresql" if said["topology"] == "sqlite" else "sqlite"
    facts = said["facts"]
    assert isinstance(facts, dict)
    newer = {**facts, "migrations": [*facts["migrations"], ["audit", "9999_later"]]}
    fewer = {**facts, "rows": {**facts["rows"], "people_user": 99}}
    whole = archive.read_bytes()
    made: dict[str, tuple[Path, str]] = {}

    def add(name: str, path: Path, sentence: str) -> None:
        made[name] = (path.rename(archive.with_name(f"{name}.tar")), sentence)

    def manifest(**changes: object) -> Path:
        return rewritten(archive, "manifest.json", json.dumps({**said, **changes}).encode())

    def raw(content: bytes) -> Path:
        (archive.with_name("raw.tar")).write_bytes(content)
        return archive.with_name("raw.tar")

    middle = len(whole) // 2
    add("cut-short", raw(whole[:middle]), "damaged or was cut off")
    add("cut-late", raw(whole[: -len(whole) // 20]), "damaged or was cut off")
    add("one-bit", raw(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]), "damaged")
    add("empty", raw(b""), "not a backup of Mandate")
    add("not-a-tar", raw(b"hello" * 10_000), "not a backup of Mandate")
    add("other-kind", manifest(topology=other), "but this installation runs on")
    add("newer-format", manifest(format=2), "newer Mandate")
    add("newer-version", manifest(version="99.0"), "taken by Mandate 99.0")
    add("newer-migration", manifest(facts=newer), "taken by Mandate")
    add("wrong-counts", manifest(facts=fewer), "hold")
    add("nonsense", rewritten(archive, "manifest.json", b"[]"), "list of contents")
    add("another-database", rewritten(archive, database, b"x" * 10_000), "is not what its list of contents says")
    add("upwards", rewritten(archive, "packs/../../evil", b"x"), "which no backup of Mandate ever holds")
    add("absolute", rewritten(archive, "/tmp/evil", b"x"), "which no backup of Mandate ever holds")
    add("link", rewritten(archive, "packs/link", b"", kind=tarfile.SYMTYPE), "which no backup of Mandate ever holds")
    add("unlisted", rewritten(archive, "packs/extra.pdf", b"x"), "is not what its list of contents says")
    return made


def test_spoilt_archives_are_refused_with_a_sentence_and_nothing_is_touched(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    pack_on_disk(own_database)
    archive = backup(own_database, tmp_path / "good.tar")
    before = trail()
    files = sorted(path.relative_to(own_database.folder) for path in (own_database.folder / "packs").rglob("*"))
    for name, (path, sentence) in spoilt_archives(archive).items():
        done = own_database.command("restore", str(path), "--yes")
        assert done.returncode == 1, name
        assert sentence in done.stderr, (name, done.stderr)
        assert "Traceback" not in done.stderr, name
        assert trail() == before, name
        assert sorted(path.relative_to(own_database.folder) for path in (own_database.folder / "packs").rglob("*")) == files
    assert not list(own_database.folder.glob("before-restore-*"))
