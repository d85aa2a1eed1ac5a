"""Workers that build a pack are killed again and again: no ready pack is ever without its file, and in the end there is one."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from agents import clock
from agents.access.models import Grant
from agents.audit.models import TrailEvent
from compliance import files
from compliance.actions import packs
from compliance.models import Pack
from compliance.querysets import STALE_AFTER
from tests.builders import discovered, grant_at
from tests.database import ROOT, TestDatabase
from tests.people import assemble
from tests.serving import left_of

# On PostgreSQL the two hundred kills hit the same way, with everything else beside it.
pytestmark = [pytest.mark.soak, pytest.mark.sqlite]
KILLS = 10
RUN_DUE = [sys.executable, str(ROOT / "manage.py"), "run_due"]


def printers(folder: Path) -> list[psutil.Process]:
    """Those that print into this folder: others may print on the same machine."""
    lines = {process: process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])}
    return [
        process for process, words in lines.items() if "printer.py" in " ".join(words) and any(str(folder) in w for w in words)
    ]


def test_killed_ten_times_the_pack_is_whole(own_database: TestDatabase) -> None:
    cast = assemble()
    grant_at(Grant.State.ACTIVE, cast)
    discovered(cast)
    today = clock.now().date()
    pack = packs.request("hipaa", since=today, until=today, by=cast.cora)
    dice, environment, killed = random.Random(1), {**os.environ, **own_database.environment}, 0
    for _turn in range(KILLS):
        # A minute passes, and nobody counts: three kills would be enough to give up.
        Pack.objects.filter(state="building").update(heartbeat_at=clock.now() - STALE_AFTER, attempts=0)
        with subprocess.Popen(RUN_DUE, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as worker:
            claim = Pack.objects.get().claim
            while worker.poll() is None and Pack.objects.get().claim == claim:
                time.sleep(0.02)
            time.sleep(dice.uniform(0, 6))
            killed += worker.poll() is None
            worker.kill()
        pack.refresh_from_db()
        if pack.state == Pack.State.READY:
            break
        assert pack.state == Pack.State.BUILDING
        assert not TrailEvent.objects.filter(event__in=("pack.ready", "pack.failed")).exists()
    assert killed
    Pack.objects.filter(state="building").update(heartbeat_at=clock.now() - STALE_AFTER, attempts=0)
    assert own_database.command("run_due").returncode == 0
    pack.refresh_from_db()
    assert pack.state == Pack.State.READY
    assert files.read(pack).startswith(b"%PDF")
    assert TrailEvent.objects.get(event="pack.ready").after["sha256"] == pack.sha256
    assert left_of(printers(own_database.folder), 30) == []  # a printer ends with the worker that started it
