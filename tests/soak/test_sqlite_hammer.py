"""Ten processes write and read one SQLite database at once, as the shipped settings open it."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from agents.access.models import Grant, RequestLine
from tests.database import ROOT, TestDatabase
from tests.people import assemble

WRITERS, READERS, SECONDS = 8, 2, 60


@pytest.mark.soak
@pytest.mark.sqlite
def test_ten_processes_never_meet_a_locked_database(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    environment = {**os.environ, **own_database.environment}
    roles = ["write"] * WRITERS + ["read"] * READERS
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.soak.hammer", role, str(seed), str(SECONDS), str(tmp_path)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, role in enumerate(roles)
    ]
    while len(list(tmp_path.glob("ready-*"))) < len(children):
        assert all(child.poll() is None for child in children)
        time.sleep(0.1)
    (tmp_path / "go").touch()
    told = [json.loads(child.communicate(timeout=SECONDS + 60)[0]) for child in children]

    met: Counter[str] = Counter()
    for one in told:
        met.update({name: one[name] for name in ("ok", "refused", "locked", "failed") if name in one})
    took = sorted(second for one in told if one["role"] == "write" for second in one["took"])
    median, slow, slowest = took[len(took) // 2], took[len(took) * 99 // 100], took[-1]
    print(f"\n{met}; {len(took)} writing actions: p50 {median:.3f} s, p99 {slow:.3f} s, slowest {slowest:.3f} s")
    assert (met["locked"], met["failed"]) == (0, 0)
    assert met["ok"] > 500
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchone()[0] == "ok"
    approved = RequestLine.objects.filter(state=RequestLine.State.APPROVED).count()
    assert Grant.objects.count() == approved
