"""Removing what need not be kept: whole seals, by the owner, never under a hold, and what is left still verifies."""

import os
import random
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from agents import clock
from agents.audit import checkpoints, live, protection, removal, retention
from agents.audit.actors import System
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.models import LegalHold, Reaction, RemovedSegment, Seal, TrailEvent
from agents.audit.retention import RecordClass
from agents.people.actions import organisations
from agents.people.actions.organisations import NewEntity
from agents.people.choices import Regulation
from tests.database import TestDatabase
from tests.people import TEST
from tests.trails import seal, sign, tell, trail_home  # noqa: F401  (a fixture)

OPERATOR = System("audit_remove")
KILLED = """
import os, signal, django
django.setup()
from django.db import connection, transaction
from agents.audit import protection
with transaction.atomic(), protection.lifted(connection, "audit_trailevent"), connection.cursor() as cursor:
    cursor.execute("DELETE FROM audit_trailevent")
    assert cursor.rowcount > 0
    os.kill(os.getpid(), signal.SIGKILL)
"""


def told_in(year: int, *counts: int) -> None:
    """Sealed batches of events of that June."""
    dice = random.Random(year)
    with clock.moved_to(datetime(year, 6, 15, 12, tzinfo=UTC)):
        for count in counts:
            tell(count, dice)
            Reaction.objects.update(state=Reaction.State.DONE)
            seal()
            sign()


def remove(own: TestDatabase, before: str, *more: str) -> "subprocess.CompletedProcess[str]":
    return own.command("audit_remove", "--before", before, "--reason", "Their time is over.", *more)


def rows() -> int:
    return TrailEvent.objects.count()


def test_the_beginning_goes_and_the_rest_still_verifies(own_database: TestDatabase) -> None:
    told_in(2015, 7, 300)
    told_in(2016, 40)
    told_in(clock.now().year - 1, 25)
    dry = remove(own_database, "2020-01-01", "--dry-run")
    assert "Would be removed: 347 events in the seals 1 to 3, from 2015-06-15 to 2016-06-15." in dry.stdout, dry.stderr
    assert "It ends there: Seal 4 holds events that are not older" in dry.stdout
    assert (rows(), RemovedSegment.objects.count()) == (372, 0)

    done = remove(own_database, "2016-01-01")
    assert done.returncode == 0, done.stderr
    segment = RemovedSegment.objects.get()
    assert (segment.first_seal, segment.last_seal, segment.first_position, segment.size, segment.count) == (1, 2, 0, 307, 307)
    assert bytes(segment.root) == bytes(Seal.objects.get(number=2).root)
    assert (segment.removed_by, segment.reason) == ("Mandate (audit_remove)", "Their time is over.")
    assert (rows(), Seal.objects.count()) == (372 - 307 + 1, 4)
    again = remove(own_database, "2020-01-01")
    assert "Removed: 40 events in the seals 3 to 3" in again.stdout, again.stderr
    assert remove(own_database, "2020-01-01").returncode == 1
    assert protection.missing_triggers(connection) == []
    checkpoints.settle()
    assert seal() in (0, 2)
    report = live.check()
    assert (report.problems, report.removed_count) == ([], 347)
    event = TrailEvent.objects.order_by("-id")[0]
    assert (event.event, event.reason) == ("segment.removed", "Their time is over.")
    assert event.after["earlier"] == [[1, 2, bytes(segment.root).hex()]]


@pytest.mark.parametrize(
    ("since", "until", "removed"),
    [
        (None, None, 0),
        (date(2015, 6, 15), date(2015, 6, 15), 0),
        (date(2016, 1, 1), None, 2),
        (None, date(2015, 6, 14), 3),
        (date(2016, 6, 15), date(2030, 1, 1), 2),
        (date(2016, 6, 16), None, 3),
    ],
)
@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_a_hold_wins_also_where_it_touches_a_part(since: date | None, until: date | None, removed: int) -> None:
    told_in(2015, 3, 4)
    told_in(2016, 5)
    hold = LegalHold.objects.create(name="Court", reason="Case 7.", since=since, until=until, placed_by="Cora")
    planned = removal.plan(date(2020, 1, 1))
    assert [each.number for each in planned.seals] == list(range(1, removed + 1))
    assert ("legal hold Court" in planned.kept_because) == (removed < 3)
    hold.released_at, hold.released_by, hold.release_reason = clock.now(), "Cora", "Settled."
    hold.save()
    assert len(removal.plan(date(2020, 1, 1)).seals) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_nothing_goes_before_the_longest_minimum_that_applies() -> None:
    year = clock.now().year - 5
    told_in(year, 6)
    tomorrow = clock.now().date() + timedelta(days=1)
    assert len(removal.plan(tomorrow).seals) == 1
    organisations.add_entity(NewEntity("Hospital", "US", [Regulation.HIPAA_COVERED_ENTITY]), by=TEST)
    planned = removal.plan(tomorrow)
    assert planned.seals == []
    assert "must be kept" in planned.kept_because


@pytest.mark.sqlite  # there whoever opens the file owns the tables
@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_events_that_do_not_fit_their_seal_are_not_removed_unseen() -> None:
    told_in(2015, 6)
    with clock.moved_to(datetime(2015, 6, 16, tzinfo=UTC)):
        tell(3, random.Random(1))
    Reaction.objects.update(state=Reaction.State.DONE)
    forged = Seal.objects.get()
    forged.number, forged.size, forged.count, forged.root, forged.previous = 2, 9, 3, b"\0" * 32, bytes(forged.digest)
    forged.last_id = TrailEvent.objects.order_by("-id")[0].pk
    forged.save(force_insert=True)
    with pytest.raises(IllegalMove, match="do not have the root"):
        removal.remove(date(2020, 1, 1), by=OPERATOR, reason="Over.")
    assert (rows(), RemovedSegment.objects.count()) == (9, 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_events_with_work_to_do_are_kept() -> None:
    told_in(2015, 200)
    Reaction.objects.filter(pk=Reaction.objects.order_by("pk")[0].pk).update(state=Reaction.State.DEAD)
    planned = removal.plan(date(2020, 1, 1))
    assert planned.seals == []
    assert "still have work to do" in planned.kept_because


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.usefixtures("trail_home")
def test_the_app_role_cannot_remove_anything() -> None:
    told_in(2015, 6)
    before = rows()
    with pytest.raises(NotAllowed, match="owner of the tables"):
        removal.remove(date(2020, 1, 1), by=OPERATOR, reason="Over.")
    with pytest.raises(DatabaseError), transaction.atomic(), protection.lifted(connection, "audit_trailevent"):
        pass
    assert rows() == before
    assert protection.missing_triggers(connection) == []


def test_killed_half_way_nothing_is_gone_and_every_guard_is_there(own_database: TestDatabase) -> None:
    told_in(2015, 9)
    connection.close()
    own = own_database.environment
    environment = {**os.environ, **own, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    environment |= {"DATABASE_URL": own["DATABASE_OWNER_URL"]} if "DATABASE_OWNER_URL" in own else {}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert rows() == 9
    assert protection.missing_triggers(connection) == []
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_trailevent")
    assert rows() == 9


def test_each_class_is_kept_by_the_longest_rule_and_names_its_source() -> None:
    kept = retention.keeping(["hipaa_covered_entity", "pci_merchant", "ai_act_provider"])
    assert {name: each.at_least for name, each in kept.items()} == {
        RecordClass.IDENTITY: 120,
        RecordClass.ACCESS: 72,
        RecordClass.REVIEW: 120,
        RecordClass.EVIDENCE: 120,
        RecordClass.OPERATIONS: 72,
    }
    assert [rule.source for rule in kept[RecordClass.ACCESS].because] == [
        "45 CFR 164.316(b)(2)(i)",
        "SOC 2",
        "PCI DSS 4.0.1 10.5.1",
        "AI Act art. 19(1)",
    ]
    assert {each.at_least for each in retention.keeping([]).values()} == {24}


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 24), 72, date(2020, 11, 24)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 10), 1, date(2025, 12, 10)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, then: date) -> None:
    assert retention.months_before(day, months) == then


def test_every_event_belongs_to_a_class_on_purpose() -> None:
    assert {str(event.value).split(".")[0] for event in Event} <= retention.NOUNS.keys()
