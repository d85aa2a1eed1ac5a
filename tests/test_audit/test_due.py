"""Each due job's row tells how it is doing, without being written for nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock
from agents.audit import due
from agents.audit.errors import Closed
from agents.audit.models import DueRun
from portal.tasks import run_due

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Job:
    """Settles what it is told to, or fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.settles = 0
        self.problem: Exception | None = None

    def __call__(self) -> int:
        self.calls += 1
        if self.problem is not None:
            raise self.problem
        return self.settles


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Job]:
    jobs = {"first": Job(), "second": Job()}
    monkeypatch.setattr(due, "_jobs", jobs)
    return jobs


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def wait(noon: time_machine.Traveller, **span: float) -> None:
    noon.move_to(clock.now() + timedelta(**span), tick=False)


def test_a_job_that_settles_something_says_when_and_how_much(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    jobs["first"].settles = 3
    assert due.run_all() == {"first": 3, "second": 0}
    assert due.run_all() == {"first": 3, "second": 0}
    row = DueRun.objects.get(name="first")
    assert (row.settled_count, row.settled_at, row.finished_at, row.failing_since) == (6, NOON, NOON, None)
    assert DueRun.objects.get(name="second").settled_at is None


def test_a_quiet_sweep_reads_once_and_writes_nothing(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    due.run_all()
    wait(noon, seconds=59)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        due.run_all()
    assert [query["sql"].split()[0] for query in asked.captured_queries] == ["SELECT"]
    assert DueRun.objects.get(name="first").finished_at == NOON
    wait(noon, seconds=1)
    due.run_all()
    assert DueRun.objects.get(name="first").finished_at == NOON + timedelta(minutes=1)


def test_a_job_that_fails_stops_no_other_and_says_why(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    jobs["first"].problem = OSError("the disk is full " * 100)
    assert due.run_all() == {"first": -1, "second": 0}
    row = DueRun.objects.get(name="first")
    assert (row.failures, row.failing_since, row.settled_count) == (1, NOON, 0)
    assert row.last_error.startswith("OSError: the disk is full")
    assert len(row.last_error) == 500
    assert DueRun.objects.get(name="second").failures == 0


def test_a_failing_job_is_left_alone_longer_each_time(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    jobs["first"].problem = OSError("away")
    pauses = []
    for failures in range(1, 12):
        assert due.run_all(patient=True)["first"] == -1
        assert "first" not in due.run_all(patient=True)
        row = DueRun.objects.get(name="first")
        again_at = due.tries_again_at(row)
        assert row.failures == failures
        assert again_at is not None
        pauses.append((again_at - clock.now()).total_seconds())
        noon.move_to(again_at, tick=False)
    for doubled, pause in enumerate(pauses):
        assert 0.8 * min(900, 5 * 2**doubled) <= pause <= 1.2 * min(900, 5 * 2**doubled)
    assert len({pause / (5 * 2**doubled) for doubled, pause in enumerate(pauses[:7])}) == 7  # jitter
    assert row.failing_since == NOON
    assert jobs["second"].calls == 22


def test_one_who_asks_by_hand_does_not_wait(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    jobs["first"].problem = OSError("away")
    due.run_all()
    due.run_all()
    assert jobs["first"].calls == 2


def test_a_job_that_works_again_forgets_its_failures(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    jobs["first"].problem = OSError("away")
    due.run_all()
    jobs["first"].problem = None
    due.run_all()
    row = DueRun.objects.get(name="first")
    assert (row.failures, row.failing_since, row.last_error) == (0, None, "")
    assert due.tries_again_at(row) is None


def test_of_two_sweeps_one_tries_the_failing_job(
    jobs: dict[str, Job], noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs["first"].problem = OSError("away")
    due.run_all()
    wait(noon, seconds=10)
    before = DueRun.objects.in_bulk()
    assert due._is_its_turn(before["first"])
    assert not due._is_its_turn(before["first"])  # the other had read the row before


def test_a_portal_that_is_closed_is_no_failure(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    jobs["first"].problem = Closed("The portal is read-only.")
    assert due.run_all() == {"first": 0, "second": 0}
    assert not DueRun.objects.filter(name="first").exists()


def test_the_scheduler_says_that_it_is_here_twice_a_minute(jobs: dict[str, Job], noon: time_machine.Traveller) -> None:
    assert due.scheduler_seen_at() is None
    run_due()
    assert due.scheduler_seen_at() == NOON
    wait(noon, seconds=29)
    run_due()
    assert due.scheduler_seen_at() == NOON
    wait(noon, seconds=1)
    run_due()
    assert due.scheduler_seen_at() == NOON + timedelta(seconds=30)
    noon.move_to(NOON - timedelta(hours=1), tick=False)  # the clock was set back
    run_due()
    assert due.scheduler_seen_at() == NOON - timedelta(hours=1)


def test_due_work_asked_for_by_hand_is_not_the_scheduler(jobs: dict[str, Job]) -> None:
    due.run_all()
    assert due.scheduler_seen_at() is None
