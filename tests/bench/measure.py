"""One long job over the whole trail, in a process of its own:  python -m tests.bench.measure seal|verify|bytes|rows

Prints seconds, rows and the most memory (MB) it ever held.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from hashlib import sha256

import django
from django.db import transaction


def main() -> None:
    django.setup()
    started = time.perf_counter()
    rows = JOBS[sys.argv[1]]()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "rows": rows, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def seal() -> int:
    from agents.audit import sealing  # noqa: PLC0415  (Django must be set up)

    sealed = 0
    while count := sealing.seal():
        sealed += count
    return sealed


def verify() -> int:
    from agents.audit import live  # noqa: PLC0415

    report = live.check()
    assert report.is_well, report.lines()
    return int(report.sealed_count)


def read_bytes() -> int:
    """The sealer's yardstick: the same bytes, read and hashed, nothing else."""
    from agents.audit import live  # noqa: PLC0415

    rows = 0
    with transaction.atomic():
        for (body,) in live.source().query("SELECT body FROM audit_trailevent"):
            sha256(b"\x00" + bytes(body)).digest()
            rows += 1
    return rows


def read_rows() -> int:
    """The verifier's yardstick: the same rows, read whole and hashed, nothing else."""
    from agents.audit import live  # noqa: PLC0415

    rows = 0
    with transaction.atomic():
        for row in live.source().events(None, None):
            sha256(b"\x00" + row[9]).digest()
            rows += 1
    return rows


JOBS: dict[str, Callable[[], int]] = {"seal": seal, "verify": verify, "bytes": read_bytes, "rows": read_rows}

if __name__ == "__main__":
    main()
