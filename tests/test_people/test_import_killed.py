"""An import that was killed is run again: what it had done is not done twice, and the rest follows."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connections

from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.people.models import User
from agents.registry.models import Agent
from tests.database import ROOT, TestDatabase
from tests.people import assemble

ROWS = 150


def people_file(folder: Path) -> Path:
    file = folder / "people.csv"
    rows = [f"p{n}@example.org,Person {n},p{n - 1}@example.org" if n else "p0@example.org,Person 0," for n in range(ROWS)]
    file.write_text("\n".join(["email,name,manager", *rows]) + "\n")
    return file


def agents_file(folder: Path) -> Path:
    file = folder / "agents.csv"
    header = (
        "agent name,human owner,technical owner,model or platform,business purpose,connected systems,permissions,"
        "data classes,environment,region,risk level"
    )
    row = "bob@example.org,ann@example.org,AWS,Counts stock.,Warehouse,Warehouse: stock:read [read],internal,production,EU,low"
    file.write_text("\n".join([header, *(f"Worker {n},{row}" for n in range(ROWS))]) + "\n")
    return file


def killed_when(command: list[str], environment: dict[str, str], has_begun: object) -> None:
    """The command was killed after it had written its first rows."""
    assert callable(has_begun)
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not has_begun():
            time.sleep(0.02)
        process.kill()
    assert process.returncode == -signal.SIGKILL, "it was over before it could be killed"


@pytest.mark.parametrize("turn", range(2))
def test_people_are_here_once(own_database: TestDatabase, tmp_path: Path, turn: int) -> None:
    file = people_file(tmp_path)
    environment = {**os.environ, **own_database.environment}
    command = [sys.executable, str(ROOT / "manage.py"), "import_people", str(file)]
    killed_when(command, environment, lambda: User.objects.count() > 10 * (turn + 1))
    assert 0 < User.objects.count() < ROWS
    assert not TrailEvent.objects.filter(event="people.imported").exists()
    connections.close_all()
    done = own_database.command("import_people", str(file))
    assert done.returncode == 0, done.stdout
    assert User.objects.count() == ROWS
    assert User.objects.filter(manager=None).count() == 1
    joined = Counter(TrailEvent.objects.filter(event="person.joined").values_list("target_key", flat=True))
    assert len(joined) == ROWS
    assert set(joined.values()) == {1}
    assert TrailEvent.objects.filter(event="people.imported").count() == 1


def test_agents_and_their_accesses_are_here_once(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    file = agents_file(tmp_path)
    environment = {**os.environ, **own_database.environment}
    command = [sys.executable, str(ROOT / "manage.py"), "import_agents", str(file), "--format", "csv"]
    killed_when(command, environment, lambda: Agent.objects.count() > 10)
    begun = Agent.objects.count()
    assert 0 < begun < ROWS
    assert Grant.objects.count() == begun  # whole rows only
    connections.close_all()
    done = own_database.command("import_agents", str(file), "--format", "csv")
    assert done.returncode == 0, done.stdout
    assert (Agent.objects.count(), Grant.objects.count()) == (ROWS, ROWS)
    found = Counter(TrailEvent.objects.filter(event="agent.discovered").values_list("target_key", flat=True))
    assert len(found) == ROWS
    assert set(found.values()) == {1}
    assert TrailEvent.objects.filter(event="agents.imported").count() == 1
