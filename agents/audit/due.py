"""Due work: jobs that look at rows and the clock, and do what is due. Any process may call them, twice is harmless."""

import logging
from collections.abc import Callable, Collection

logger = logging.getLogger(__name__)

Job = Callable[[], int]
_jobs: dict[str, Job] = {}


def due(name: str) -> Callable[[Job], Job]:
    """Register a job under a dotted name. It returns how many rows it settled."""

    def register(job: Job) -> Job:
        _jobs[name] = job
        return job

    return register


def run_all(*, but: Collection[str] = ()) -> dict[str, int]:
    """Every job has had its turn; one that fails is logged, counted as -1, and does not stop the others.

    but: names of jobs to leave for another time.
    """
    settled: dict[str, int] = {}
    for name, job in _jobs.items():
        if name in but:
            continue
        try:
            settled[name] = job()
        except Exception:
            logger.exception("due job failed", extra={"job": name})
            settled[name] = -1
    return settled
