"""A restored backup is announced, closes the portal until somebody looked, and begins a new epoch that says what is gone."""

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from agents.access.models import Grant
from agents.audit import checkpoints, due, gate, live, outside, rollback
from agents.audit.errors import Closed, IllegalMove, NotAllowed
from agents.audit.models import Checkpoint, Epoch, Rollback, TrailEvent
from agents.people.actions import restores
from agents.registry.actions import agents as registry
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from tests.builders import grant_at
from tests.database import TestDatabase
from tests.people import PASSWORD, TEST, Cast, assemble
from tests.trails import seal, seal_all, sign, tell


@contextmanager
def restored(database: TestDatabase, backup: TestDatabase) -> Iterator[None]:
    """The portal finds the backup where its database was; checkpoints and key are those of today."""
    settings = connections.settings["default"]
    usual = settings["NAME"]
    connection.close()
    settings["NAME"] = connection.settings_dict["NAME"] = backup.django_name
    gate.forget()
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = connection.settings_dict["NAME"] = usual
        gate.forget()
        backup.drop()


def back_up(database: TestDatabase, folder: Path) -> TestDatabase:
    """A copy as it is now. (PostgreSQL copies only a database that nobody is connected to.)"""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return database.copy(f"mandate_{uuid.uuid4().hex[:12]}", folder)


@pytest.mark.parametrize("turn", range(20))
def test_a_restored_backup_is_announced(own_database: TestDatabase, tmp_path: Path, turn: int) -> None:
    dice = random.Random(turn)
    for _batch in range(dice.randrange(1, 4)):
        tell(dice.randrange(1, 20), dice)
        seal()
        sign()
    assert rollback.look() is None
    backup = back_up(own_database, tmp_path / "backup")
    tell(dice.randrange(1, 30), dice)
    seal()
    known = sign()
    assert rollback.look() is None
    with restored(own_database, backup):
        if turn % 2:  # somebody worked on the restored data before anybody looked: as long as before, and another history
            tell(dice.randrange(1, 40), dice)
            seal()
        found = rollback.look()
        assert found is not None
        assert (found.known_size, found.known_epoch) == (known.size, 1)
        assert rollback.look() == found
        assert checkpoints.sign(Checkpoint.Cause.OPERATOR) is None
        with pytest.raises(Closed):
            tell(1, dice)
        before = TrailEvent.objects.count()
        rollback.acknowledge(by=TEST, reason="The disk broke; last night's backup was put back.")
        assert TrailEvent.objects.count() == before + 2
        assert checkpoints.settle() == 2  # other tests on the same server may keep it waiting
        report = live.check()
        assert (report.problems, report.epoch, len(report.lost)) == ([], 2, 1)
        assert rollback.look() is None
        tell(3, dice)
        assert Epoch.objects.latest("number").lost_size == known.size


def test_a_second_restore_is_announced_too(own_database: TestDatabase, tmp_path: Path) -> None:
    dice = random.Random(1)
    tell(3, dice)
    seal()
    sign()
    backup = back_up(own_database, tmp_path / "one")
    again = back_up(own_database, tmp_path / "two")
    tell(3, dice)
    seal()
    sign()
    with restored(own_database, backup):
        assert rollback.look()
        rollback.acknowledge(by=TEST, reason="once")
        checkpoints.settle()
    with restored(own_database, again):  # the same backup once more: the folder knows epoch 2 by now
        found = rollback.look()
        assert found is not None
        assert found.known_epoch == 2
        assert rollback.acknowledge(by=TEST, reason="twice").number == 3
        checkpoints.settle()
        assert live.check().problems == []


@pytest.fixture
def closed(own_database: TestDatabase, settings: Settings) -> Iterator[tuple[Cast, Grant]]:
    """A portal that found itself behind what it had signed."""
    cast = assemble()
    grant = grant_at(Grant.State.ACTIVE, cast)
    seal_all()
    sign()
    note = outside.newest_note()
    tell(2, random.Random(1))
    seal_all()
    ahead = sign()
    assert note != ahead.note
    Rollback.objects.create(
        detected_at=ahead.signed_at, known_epoch=9, known_size=ahead.size + 7, known_root=bytes(32), found_size=ahead.size
    )
    gate.forget()
    yield cast, grant
    gate.forget()


def test_while_it_waits_nothing_is_allowed_changed_or_swept(closed: tuple[Cast, Grant]) -> None:
    cast, grant = closed
    answer = is_effective(grant.agent, grant.entitlement)
    assert not answer.allowed
    assert "read-only" in answer.because
    with pytest.raises(Closed):
        registry.suspend(grant.agent, by=cast.sid, reason="odd")
    assert Agent.objects.get(pk=grant.agent_id).state == Agent.State.ACTIVE
    assert set(due.run_all()) == {"audit.seal", "audit.watch"}


def test_pages_can_be_read_and_changes_are_refused_with_the_way_out(closed: tuple[Cast, Grant], client: Client) -> None:
    cast, grant = closed
    assert client.post("/accounts/login/", {"login": cast.ada.email, "password": PASSWORD}).status_code == 302
    page = client.get(reverse("agent", args=[grant.agent.slug]))
    assert page.status_code == 200
    assert "Mandate is read-only" in page.content.decode()
    refused = client.post(reverse("agent_suspend", args=[grant.agent.slug]), {"reason": "odd"})
    assert refused.status_code == 503
    assert "Mandate is read-only" in refused.content.decode()
    assert Agent.objects.get(pk=grant.agent_id).state == Agent.State.ACTIVE
    assert "7 events are missing" in client.get(reverse("restore")).content.decode()
    assert client.post(reverse("restore"), {"reason": " "}).status_code == 400
    assert client.post(reverse("restore"), {"reason": "The disk broke."}).status_code == 302
    assert is_effective(grant.agent, grant.entitlement).allowed
    assert "The disk broke." in client.get(reverse("restore")).content.decode()
    assert client.post(reverse("person_absence", args=[cast.ada.uid]), {}).status_code == 400  # looked at again, not shut out


def test_only_an_administrator_acknowledges(closed: tuple[Cast, Grant]) -> None:
    cast, _grant = closed
    events = TrailEvent.objects.count()
    for person in (cast.sid, cast.audrey, cast.ann, cast.cora):
        with pytest.raises(NotAllowed, match="Only an administrator"):
            restores.acknowledge(by=person, reason="I say so")
    assert (Rollback.objects.get().acknowledged_at, TrailEvent.objects.count()) == (None, events)


@pytest.mark.django_db
def test_there_is_nothing_to_acknowledge_where_nothing_was_restored(cast: Cast) -> None:
    with pytest.raises(IllegalMove):
        restores.acknowledge(by=cast.ada, reason="just in case")


def test_a_served_portal_says_so_before_it_serves(own_database: TestDatabase, tmp_path: Path) -> None:
    tell(3, random.Random(1))
    seal_all()
    sign()
    backup = back_up(own_database, tmp_path / "backup")
    tell(3, random.Random(2))
    seal_all()
    sign()
    environment = own_database.environment | {k: v for k, v in backup.environment.items() if k.startswith("DATABASE")}
    if own_database.kind == "sqlite":
        connection.close()
        for path in own_database.folder.glob("mandate.sqlite3*"):
            path.unlink()
        Path(backup.django_name).rename(own_database.django_name)
    done = own_database.command("audit_seal", **environment)
    assert done.returncode == 0, done.stderr
    told = own_database.command("audit_verify", **environment)
    assert told.returncode == 1
    assert "the trail was cut or rolled back" in told.stdout
    assert own_database.command("audit_acknowledge", "--reason", "disk", **environment).stdout.startswith("Epoch 2 began")
    assert own_database.command("audit_verify", **environment).returncode == 0
    backup.drop()
