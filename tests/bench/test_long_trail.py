"""Sealing and verifying a long trail: near what reading and hashing alone cost, straight as it grows, in flat memory."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

import pytest

from tests.bench.ratio import at_least, hold_to
from tests.bench.trail import lengthen
from tests.database import ROOT, TestDatabase

LARGE = int(os.environ.get("BENCH_EVENTS", "5000000"))
SMALL = LARGE // 10
STRAIGHT, FLAT = 1.25, 1.25  # what a ratio of equal things may be off on a shared machine


@dataclass(frozen=True)
class Job:
    """seconds: for one row; peak: MB."""

    seconds: float
    rows: int
    peak: float


@pytest.mark.bench
@pytest.mark.postgresql
def test_sealing_and_verifying_a_long_trail(own_database: TestDatabase) -> None:
    lengthen(own_database, 1, SMALL)
    sealed = job(own_database, "seal", SMALL)
    checked, read = rounds(own_database, SMALL, 3)
    lengthen(own_database, SMALL + 1, LARGE)
    more_sealed = job(own_database, "seal", LARGE - SMALL)
    more_checked, more_read = rounds(own_database, LARGE, 1)

    at_least("sealing, of reading and hashing alone", 1 / sealed.seconds, 1 / read.seconds, 0.5, " events/s")
    at_least("sealing the long trail, likewise", 1 / more_sealed.seconds, 1 / more_read.seconds, 0.5, " events/s")
    hold_to(f"verifying {SMALL:,} against reading and hashing them", read.seconds * SMALL, checked.seconds * SMALL, 3)
    hold_to(f"verifying {LARGE:,} against reading and hashing them", more_read.seconds * LARGE, more_checked.seconds * LARGE, 3)
    growth = f"{SMALL:,} -> {LARGE:,} events"
    hold_to(f"sealing a million, {growth}", sealed.seconds * 1e6, more_sealed.seconds * 1e6, STRAIGHT)
    hold_to(f"verifying a million, {growth}", checked.seconds * 1e6, more_checked.seconds * 1e6, STRAIGHT)
    hold_to(f"memory of sealing (as GB), {growth}", sealed.peak / 1e6, more_sealed.peak / 1e6, FLAT)
    hold_to(f"memory of verifying (as GB), {growth}", checked.peak / 1e6, more_checked.peak / 1e6, FLAT)


def rounds(database: TestDatabase, rows: int, times: int) -> tuple[Job, Job]:
    """Verifying and reading, in turns."""
    jobs: dict[str, list[Job]] = {"verify": [], "read": []}
    for _turn in range(times):
        for name, done in jobs.items():
            done.append(job(database, name, rows))
    checked, read = (Job(median(each.seconds for each in done), rows, max(each.peak for each in done)) for done in jobs.values())
    return checked, read


def job(database: TestDatabase, name: str, rows: int) -> Job:
    command = [sys.executable, "-m", "tests.bench.measure", name]
    environment = {**os.environ, **database.environment, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["rows"] == rows, said
    return Job(said["seconds"] / rows, rows, said["peak"])
