"""Due work: jobs that look at rows and the clock, and do what is due. Any process may call them, twice is harmless.

Each job has a `DueRun` row that tells how it is doing. A quiet job writes it once a minute, so that a sweep every five
seconds costs one query; one that fails waits longer each time, and the others do not wait for it.
"""

import logging
import random
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F

from agents import clock
from agents.audit import gate
from agents.audit.errors import Closed
from agents.audit.models import DueRun

logger = logging.getLogger(__name__)

Job = Callable[[], int]
QUIET = timedelta(minutes=1)  # how often a job with nothing to do writes its row
WHILE_CLOSED = frozenset({"audit.seal", "audit.watch"})  # all that runs while a restored backup waits
BEAT = "beat"  # the scheduler's own row
BEAT_EVERY = timedelta(seconds=30)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 15 * 60.0  # seconds
_jobs: dict[str, Job] = {}


def due(name: str) -> Callable[[Job], Job]:
    """Register a job under a dotted name. It returns how many rows it settled."""

    def register(job: Job) -> Job:
        _jobs[name] = job
        return job

    return register


def run_all(*, but: Collection[str] = (), patient: bool = False) -> dict[str, int]:
    """Every job has had its turn; one that fails is logged, counted as -1, and does not stop the others.

    but: names of jobs to leave for another time; patient: also leave those that failed a moment ago (they are not counted).
    """
    if gate.is_closed():
        but = [name for name in _jobs if name not in WHILE_CLOSED]
    rows = DueRun.objects.in_bulk()
    settled: dict[str, int] = {}
    for name, job in _jobs.items():
        row = rows.get(name)
        if name in but or (patient and row is not None and not _is_its_turn(row)):
            continue
        settled[name] = _run(name, job, row)
    return settled


def names() -> list[str]:
    """Of all jobs, in the order of their turns."""
    return list(_jobs)


def tries_again_at(row: DueRun) -> datetime | None:
    """When the sweep calls a failing job again, about 5 s, 10 s, 20 s … 15 min after it failed; None when it is well.

    The jitter comes from the row, so that every process waits for the same moment, and no two jobs for one.
    """
    if row.failing_since is None or row.finished_at is None:
        return None
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(row.failures - 1, 16))
    jitter = random.Random(f"{row.name} {row.finished_at}").uniform(0.8, 1.2)  # noqa: S311
    return row.finished_at + timedelta(seconds=pause * jitter)


def scheduler_was_here() -> None:
    """The row `beat` says that the scheduler and a worker live; it is written at most every 30 seconds."""
    now, seen_at = clock.now(), scheduler_seen_at()
    if seen_at is None:
        DueRun.objects.bulk_create([DueRun(name=BEAT, started_at=now, finished_at=now)], ignore_conflicts=True)
    elif not now - BEAT_EVERY < seen_at <= now:
        DueRun.objects.filter(name=BEAT).update(started_at=now, finished_at=now)


def scheduler_seen_at() -> datetime | None:
    return DueRun.objects.filter(name=BEAT).values_list("finished_at", flat=True).first()


def _is_its_turn(row: DueRun) -> bool:
    """True for a job that is well, and for exactly one caller when a failing one has waited long enough."""
    again_at = tries_again_at(row)
    if again_at is None:
        return True
    if clock.now() < again_at:
        return False
    taken = DueRun.objects.filter(name=row.name, finished_at=row.finished_at, started_at=row.started_at)
    return bool(taken.update(started_at=clock.now()))


def _run(name: str, job: Job, row: DueRun | None) -> int:
    started_at = clock.now()
    try:
        count = job()
    except Closed as closed:
        logger.info("due job waits", extra={"job": name, "why": closed.sentence})
        return 0
    except Exception as problem:
        logger.exception("due job failed", extra={"job": name})
        _told(name, started_at, problem=f"{type(problem).__name__}: {problem}"[:500])
        return -1
    if count or row is None or not _is_fresh(row):
        _told(name, started_at, count=count)
    return count


def _is_fresh(row: DueRun) -> bool:
    """The row says that all is well, and said so less than a minute ago."""
    if row.failing_since is not None or row.finished_at is None:
        return False
    return timedelta() <= clock.now() - row.finished_at < QUIET


def _told(name: str, started_at: datetime, *, count: int = 0, problem: str = "") -> None:
    """The row says how the job is doing. What the job did stays done, also when this cannot be written."""
    now = clock.now()
    changes: dict[str, object] = {"started_at": started_at, "finished_at": now}
    if problem:
        changes |= {"failures": F("failures") + 1, "last_error": problem}
    else:
        changes |= {"failing_since": None, "failures": 0, "last_error": ""}
    if count:
        changes |= {"settled_at": now, "settled_count": F("settled_count") + count}
    try:
        with transaction.atomic():
            DueRun.objects.bulk_create([DueRun(name=name)], ignore_conflicts=True)
            if problem:
                DueRun.objects.filter(name=name, failing_since=None).update(failing_since=now)
            DueRun.objects.filter(name=name).update(**changes)
    except DatabaseError:
        logger.exception("due job's row not written", extra={"job": name})
