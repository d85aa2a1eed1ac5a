"""The lines of health, each made bad for real, and the alarms they raise."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from agents import clock
from agents.audit import alarms, gate, health, vitals
from agents.audit.events import Event
from agents.audit.health import Line, State
from agents.audit.models import Alarm, Checkpoint, CheckpointSink, DueRun, Reaction, Rollback, Seal, TrailEvent, TrailRef
from agents.audit.trail import record
from tests.people import TEST

pytestmark = pytest.mark.django_db


def happen() -> TrailEvent:
    with transaction.atomic():
        return record(Event.CADENCE_SET, TrailRef("cadence", "1", "high"), by=TEST)


def line(name: str) -> Line:
    return next(line for line in health.lines() if line.name == name)


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**span), tick=False)


def sign(size: int) -> Checkpoint:
    return Checkpoint.objects.create(epoch=1, size=size, root=bytes(32), note="x\n", cause="interval", signed_at=clock.now())


def test_a_portal_with_nothing_to_tell_has_no_bad_line() -> None:
    assert [found.name for found in health.lines() if found.is_bad] == []


def test_an_event_that_waits_for_its_seal_warns_and_then_is_bad() -> None:
    happen()
    assert line("sealing").state == State.OK
    with later(seconds=31):
        assert line("sealing").state == State.WARN
    with later(minutes=6):
        assert line("sealing").state == State.BAD


def test_sinks_that_are_late() -> None:
    sink = CheckpointSink.objects.create(name="Auditor", kind="mail", address="auditor@example.net", last_error="Mailbox full.")
    sign(3)
    assert line("sinks").state == State.OK
    with later(minutes=16):
        found = line("sinks")
        assert (found.state, found.sentence) == (State.BAD, "Checkpoints are not taken: Auditor (16 minutes).")
        assert found.detail == "Mailbox full."
        CheckpointSink.objects.filter(pk=sink.pk).update(acknowledged_size=3)
        assert line("sinks").state == State.OK


def test_no_sink_warns_in_production_only(settings: Settings) -> None:
    assert line("sinks").state == State.OK
    settings.MANDATE_PRODUCTION = True
    assert line("sinks").state == State.WARN


def test_sealed_events_that_nobody_signs() -> None:
    event = happen()
    Seal.objects.create(
        number=1, epoch=1, size=1, count=1, last_xid=event.xid, last_id=event.pk, last_at=event.at, root=bytes(32),
        frontier=bytes(32), previous=bytes(32), digest=bytes(32), sealed_at=clock.now(),
    )  # fmt: skip
    assert not vitals.unsealed().exists()
    assert line("checkpoints").state == State.OK
    with later(minutes=4):
        assert line("checkpoints").state == State.WARN
    with later(minutes=16):
        assert line("checkpoints").state == State.BAD
        sign(1)
        assert line("checkpoints").state == State.OK
    happen()
    assert vitals.unsealed().count() == 1


@pytest.mark.sqlite  # on PostgreSQL the app role may not drop one; tests/test_audit/test_trail.py has the owner do it
def test_a_missing_guard_is_bad_and_named() -> None:
    trigger = "audit_trailevent_no_delete"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}")
    found = line("guards")
    assert found.state == State.BAD
    assert trigger in found.sentence


def test_a_scheduler_that_is_gone() -> None:
    assert line("scheduler").state == State.WARN
    DueRun.objects.create(name="beat", started_at=clock.now(), finished_at=clock.now())
    assert line("scheduler").state == State.OK
    with later(minutes=2):
        assert line("scheduler").state == State.WARN
    with later(minutes=4):
        assert line("scheduler").state == State.BAD


def test_a_job_that_fails_for_long() -> None:
    DueRun.objects.create(name="access.tidy", failing_since=clock.now(), failures=2, last_error="OSError: no")
    assert line("due_jobs").state == State.WARN
    with later(minutes=6):
        found = line("due_jobs")
        assert (found.state, found.sentence, found.detail) == (State.BAD, "Failing: access.tidy.", "OSError: no")


def test_work_that_was_given_up() -> None:
    Reaction.objects.create(event_id=1, handler="mail", state=Reaction.State.DEAD)
    assert (line("reactions").state, line("reactions").sentence) == (State.BAD, "1 piece of follow-up work was given up.")


def test_a_restored_backup_that_nobody_acknowledged() -> None:
    Rollback.objects.create(
        detected_at=clock.now(), known_epoch=1, known_size=9, known_root=bytes(32), found_size=4, found_root=bytes(32)
    )
    assert line("rollback").sentence == "A backup was restored: 5 events are missing, and nothing is written."
    assert line("rollback").state == State.BAD


def test_a_line_that_cannot_be_looked_at_is_bad_and_the_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Line:
        raise DatabaseError("no")

    monkeypatch.setitem(health._looks, "disk", ("Disk", broken))
    assert line("disk").sentence == "This could not be looked at."
    assert line("sealing").state == State.OK


def test_looking_asks_as_much_of_many_rows_as_of_few() -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            health.lines()
        return len(asked)

    few = questions()
    for number in range(30):
        happen()
        CheckpointSink.objects.create(name=f"Sink {number}", kind="mail", address="a@example.net")
        DueRun.objects.create(name=f"job.{number}", failing_since=clock.now())
        Reaction.objects.create(event_id=number, handler="mail", state=Reaction.State.DEAD)
    sign(30)
    assert questions() == few


class TestAlarms:
    @pytest.fixture(autouse=True)
    def failing(self) -> Iterator[None]:
        happen()
        with later(minutes=6):
            yield

    def test_a_bad_line_is_told_once(self) -> None:
        assert [alarms.watch(), alarms.watch(), alarms.watch()] == [1, 0, 0]
        alarm = Alarm.objects.get()
        assert (alarm.name, alarm.cleared_at) == ("sealing", None)
        event = TrailEvent.objects.get(event=Event.ALARM_RAISED)
        assert (event.target_key, event.target_label, event.after["sentence"]) == (str(alarm.pk), "Sealing", alarm.sentence)
        assert line("alarms").state == State.WARN

    def test_it_is_cleared_when_it_is_well_again_but_not_at_once(self) -> None:
        alarms.watch()
        alarm = Alarm.objects.get()
        Alarm.objects.filter(pk=alarm.pk).update(name="due_jobs")  # a line that is well
        assert alarms.watch() == 1  # sealing is still bad
        assert Alarm.objects.filter(cleared_at=None).count() == 2
        with later(minutes=6):
            assert alarms.watch() == 1
        alarm.refresh_from_db()
        assert alarm.cleared_at is not None
        assert TrailEvent.objects.get(event=Event.ALARM_CLEARED).target_key == str(alarm.pk)
        assert Alarm.objects.get(cleared_at=None).name == "sealing"

    def test_the_alarm_of_a_line_that_is_no_more_is_cleared(self) -> None:
        gone = Alarm.objects.create(name="moon")
        alarms.watch()
        gone.refresh_from_db()
        assert gone.cleared_at is not None

    def test_another_watch_that_was_faster_has_told_it(self) -> None:
        bad = line("sealing")
        Alarm.objects.create(name="sealing", sentence="x")
        assert not alarms._told(alarms._raise, bad)
        assert Alarm.objects.count() == 1
        assert not TrailEvent.objects.filter(event=Event.ALARM_RAISED).exists()

    def test_while_nothing_may_be_written_nothing_is_raised(self) -> None:
        Rollback.objects.create(
            detected_at=clock.now(), known_epoch=1, known_size=9, known_root=bytes(32), found_size=4, found_root=bytes(32)
        )
        gate.forget()
        assert alarms.watch() == 0
        assert not Alarm.objects.exists()
        gate.forget()
