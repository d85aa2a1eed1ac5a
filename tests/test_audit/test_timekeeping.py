"""A clock that was set back or runs astray allows nothing, and says so; one that is right is believed.

time-machine moves what this process reads as the time, and neither the machine's running time nor the database server's
clock: just what a clock that is set looks like from inside. test_set_back.py does it to whole processes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import clock
from agents.audit import alarms, timekeeping
from agents.audit.errors import Closed
from agents.audit.events import Event
from agents.audit.models import Alarm, TrailEvent, TrailRef
from agents.audit.trail import record
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from tests.builders import agent_at
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in every process but this one's other tests."""
    monkeypatch.setattr(timekeeping, "is_watching", True)
    timekeeping.begin()
    yield
    timekeeping.begin()


def happen() -> TrailEvent:
    with transaction.atomic():
        return record(Event.CADENCE_SET, TrailRef("cadence", "1", "high"), by=TEST)


def off_by(**span: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=True)


def test_a_clock_that_runs_as_it_should_is_believed_and_asks_the_database_once_in_a_while(cast: Cast) -> None:
    assert timekeeping.why_not_trusted() is None
    with CaptureQueriesContext(connection) as asked:
        for _attempt in range(50):
            assert timekeeping.why_not_trusted() is None
    assert len(asked) == 0


def test_a_clock_set_back_denies_what_was_allowed_until_it_is_right_again(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    assert is_effective(agent, cast.read_records).allowed
    with off_by(seconds=-90):
        answer = is_effective(agent, cast.read_records)
        assert not answer.allowed
        assert answer.because.startswith("This machine's clock ")
    assert is_effective(agent, cast.read_records).allowed


def test_an_access_that_ended_does_not_come_back_with_the_old_time(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    grant = agent.grants.get()
    assert grant.expires_at is not None
    began = clock.now()
    with time_machine.travel(grant.expires_at + timedelta(seconds=1)):
        assert not is_effective(agent, cast.read_records).allowed
    assert is_effective(agent, cast.read_records, at=began + timedelta(seconds=1)).allowed  # a question about then is answered


def test_the_trail_is_not_written_behind_itself(cast: Cast) -> None:
    happen()
    before = TrailEvent.objects.count()
    with off_by(hours=-3):
        with pytest.raises(Closed, match="Nothing was changed"):
            happen()
        timekeeping.begin()  # another process, which has seen nothing else
        with pytest.raises(Closed, match="Nothing was changed"):
            happen()
    assert TrailEvent.objects.count() == before
    assert happen().pk


def test_a_fresh_process_with_an_old_clock_believes_the_trail_more(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    with off_by(hours=-2):
        timekeeping.begin()
        assert not is_effective(agent, cast.read_records).allowed


def test_a_jump_ahead_is_not_believed_at_once(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    assert is_effective(agent, cast.read_records).allowed
    with off_by(minutes=4):
        assert not is_effective(agent, cast.read_records).allowed
    assert is_effective(agent, cast.read_records).allowed


@pytest.mark.sqlite
def test_without_a_witness_a_jump_ahead_is_believed_after_a_while(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop that woke, a machine that was moved: nobody can tell them from a clock that was set."""
    assert timekeeping.why_not_trusted() is None
    with off_by(hours=1):
        assert "jumped ahead by 60 minutes" in str(timekeeping.why_not_trusted())
        monkeypatch.setattr(timekeeping, "SETTLES_AFTER", 0.0)
        assert timekeeping.why_not_trusted() is None


@pytest.mark.postgresql
def test_the_database_server_is_the_witness(cast: Cast) -> None:
    with off_by(seconds=30):
        assert timekeeping.why_not_trusted() == "This machine's clock is 30 seconds from the database's."
        timekeeping.begin()
        assert timekeeping.why_not_trusted() == "This machine's clock is 30 seconds from the database's."
    with off_by(seconds=3):
        timekeeping.begin()
        assert timekeeping.why_not_trusted() is None


@pytest.mark.postgresql
def test_what_is_told_under_a_clock_that_runs_ahead_gets_the_databases_time(cast: Cast) -> None:
    """So that the trail is not in the future when the clock is mended, and goes on at once."""
    before = datetime.now(UTC)
    with off_by(hours=5):
        told = happen()
    assert before - timedelta(seconds=1) <= told.at <= datetime.now(UTC) + timedelta(seconds=1)
    assert happen().at >= told.at - timedelta(seconds=1)


def test_a_past_that_is_told_on_purpose_is_no_doubt(cast: Cast) -> None:
    with clock.moved_to(clock.now() - timedelta(days=30)):
        assert timekeeping.why_not_trusted() is None
        told = happen()
    assert clock.now() - told.at > timedelta(days=29)
    assert timekeeping.why_not_trusted() is None
    assert happen().at > told.at


def test_the_alarm_is_raised_and_told(cast: Cast) -> None:
    assert timekeeping.why_not_trusted() is None
    with off_by(seconds=40):
        assert alarms.watch() >= 1
    alarm = Alarm.objects.get(name="clock")
    assert "No access is allowed until it is right." in alarm.sentence
    assert TrailEvent.objects.filter(event=Event.ALARM_RAISED, target_key=str(alarm.pk)).count() == 1
