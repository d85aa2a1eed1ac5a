"""Reactions are owed with the event and survive whatever happens to the process."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from agents import clock
from agents.audit import reactions
from agents.audit.events import Event
from agents.audit.models import Reaction, TrailEvent, TrailRef
from agents.audit.trail import record
from tests.people import TEST

pytestmark = pytest.mark.django_db


class Listener:
    """A handler that remembers what it was told, and fails on demand."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.fails = False

    def __call__(self, event: TrailEvent) -> None:
        if self.fails:
            raise OSError("the mail server is away")
        self.heard.append(event.pk)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    listener = Listener()
    monkeypatch.setitem(reactions._handlers, str(Event.CADENCE_SET.value), {"listener": listener})
    return listener


def happen() -> TrailEvent:
    with transaction.atomic():
        return record(Event.CADENCE_SET, TrailRef("cadence", "1", "high"), by=TEST)


def test_a_reaction_is_owed_in_the_transaction_of_its_event(listener: Listener) -> None:
    event = happen()
    owed = Reaction.objects.get()
    assert (owed.event_id, owed.handler, owed.state) == (event.pk, "listener", "waiting")


def test_an_undone_change_owes_nothing(listener: Listener) -> None:
    def change_that_fails() -> None:
        with transaction.atomic():
            happen()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_that_fails()
    assert not Reaction.objects.exists()
    assert not TrailEvent.objects.exists()


def test_the_sweep_runs_each_reaction_once(listener: Listener) -> None:
    event = happen()
    assert reactions.run_waiting() == 1
    assert reactions.run_waiting() == 0
    assert listener.heard == [event.pk]


def test_news_of_one_thing_waits_for_what_another_worker_is_telling_of_it(listener: Listener) -> None:
    earlier, later = happen(), happen()
    Reaction.objects.filter(event_id=earlier.pk).update(attempts=1, next_try_at=clock.now() + reactions.LEASE)
    assert reactions.run_waiting() == 0
    Reaction.objects.filter(event_id=earlier.pk).update(next_try_at=clock.now())
    assert reactions.run_waiting() == 2
    assert listener.heard == [earlier.pk, later.pk]


def test_news_that_failed_holds_up_no_later_news(listener: Listener) -> None:
    happen()
    listener.fails = True
    assert reactions.run_waiting() == 0
    listener.fails = False
    later = happen()
    assert reactions.run_waiting() == 1
    assert listener.heard == [later.pk]


def test_a_failed_attempt_waits_longer_each_time_and_gives_up_at_last(listener: Listener) -> None:
    happen()
    listener.fails = True
    pauses = []
    for attempt in range(1, reactions.MOST_ATTEMPTS + 1):
        due = Reaction.objects.get().next_try_at
        with time_machine.travel(max(due, clock.now()) + timedelta(seconds=1), tick=False):
            assert reactions.run_waiting() == 0
            owed = Reaction.objects.get()
            pauses.append(owed.next_try_at - clock.now())
        assert owed.attempts == attempt
    assert pauses[0] < pauses[3] < pauses[6]
    assert owed.state == "dead"
    assert owed.last_error == "OSError: the mail server is away"


def test_a_worker_killed_in_mid_attempt_leaves_it_to_the_next(listener: Listener) -> None:
    happen()
    [row] = Reaction.objects.all()
    assert reactions._claim(row)  # and then the process died
    assert reactions.run_waiting() == 0
    with time_machine.travel(clock.now() + reactions.LEASE + timedelta(seconds=1)):
        assert reactions.run_waiting() == 1
    assert len(listener.heard) == 1


def test_one_whose_workers_always_die_gives_up_too(listener: Listener) -> None:
    happen()
    for _attempt in range(reactions.MOST_ATTEMPTS):
        [row] = Reaction.objects.all()
        assert reactions._claim(row)  # and then the process died
        Reaction.objects.update(next_try_at=clock.now())
    assert reactions.run_waiting() == 0
    owed = Reaction.objects.get()
    assert (owed.state, owed.last_error) == ("dead", "begun 8 times and never finished")
    assert listener.heard == []


def test_a_slow_worker_that_fails_does_not_undo_the_faster_ones_success(listener: Listener) -> None:
    happen()
    [slow] = Reaction.objects.all()
    assert reactions._claim(slow)
    Reaction.objects.update(next_try_at=clock.now())
    assert reactions.run_waiting() == 1
    listener.fails = True
    assert not reactions._attempt(slow)
    assert Reaction.objects.get().state == "done"
