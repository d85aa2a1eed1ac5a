"""Sealing and verifying a long trail: near what reading and hashing alone cost, straight as it grows, in flat memory."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

import pytest

from tests.bench.ratio import is_at_least, is_at_most, is_flat
from tests.bench.trail import lengthen
from tests.database import ROOT, TestDatabase

LARGE = int(os.environ.get("BENCH_EVENTS", "5000000"))
SMALL = LARGE // 10
STRAIGHT, FLAT = 1.25, 1.25  # what a ratio of equal things may be off on a shared machine


@dataclass(frozen=True)
class Job:
    """peak: MB."""

    seconds: float
    rows: int
    peak: float

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


@pytest.mark.bench
@pytest.mark.postgresql
def test_sealing_and_verifying_a_long_trail(own_database: TestDatabase) -> None:
    lengthen(own_database, 1, SMALL)
    sealed = job(own_database, "seal", SMALL)
    checked, rows, plain = rounds(own_database, SMALL, 3)
    lengthen(own_database, SMALL + 1, LARGE)
    more_sealed = job(own_database, "seal", LARGE - SMALL)
    more_checked, more_rows, more_plain = rounds(own_database, LARGE, 1)

    growth = f"{SMALL:,} -> {LARGE:,} events"
    kept = [
        is_at_least(f"sealing {SMALL:,} events, of reading and hashing their bytes", sealed.rate, plain.rate, 0.5),
        is_at_least(f"sealing {LARGE - SMALL:,} more, likewise", more_sealed.rate, more_plain.rate, 0.5),
        is_at_most(f"verifying {SMALL:,} against reading and hashing the rows", rows.seconds, checked.seconds, 3),
        is_at_most(f"verifying {LARGE:,}, likewise", more_rows.seconds, more_checked.seconds, 3),
        is_at_most(f"sealing a million, {growth}", 1e6 / sealed.rate, 1e6 / more_sealed.rate, STRAIGHT),
        is_at_most(f"verifying a million, {growth}", 1e6 / checked.rate, 1e6 / more_checked.rate, STRAIGHT),
        is_flat(f"sealing, {growth}", sealed.peak, more_sealed.peak, FLAT),
        is_flat(f"verifying, {growth}", checked.peak, more_checked.peak, FLAT),
    ]
    assert all(kept)


def rounds(database: TestDatabase, rows: int, times: int) -> list[Job]:
    """Verifying, reading rows, reading bytes; in turns."""
    jobs: dict[str, list[Job]] = {"verify": [], "rows": [], "bytes": []}
    for _turn in range(times):
        for name, done in jobs.items():
            done.append(job(database, name, rows))
    return [Job(median(each.seconds for each in done), rows, max(each.peak for each in done)) for done in jobs.values()]


def job(database: TestDatabase, name: str, rows: int) -> Job:
    command = [sys.executable, "-m", "tests.bench.measure", name]
    environment = {**os.environ, **database.environment, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["rows"] == rows, said
    return Job(said["seconds"], rows, said["peak"])
