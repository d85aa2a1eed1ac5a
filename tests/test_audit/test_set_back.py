"""The clock of a whole process is set, as its operating system would, by libfaketime; nothing of ours is switched or told."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.registry.models import Agent
from tests.builders import agent_at
from tests.database import ROOT, TestDatabase
from tests.people import Cast, assemble

pytestmark = pytest.mark.faketime


class Clocked:
    """A process whose clock can be set while it runs. Its running time goes on as it does for everybody."""

    def __init__(self, process: subprocess.Popen[str], file: Path) -> None:
        self._process, self._file = process, file

    def set(self, shift: str) -> None:
        """shift: against real time, like "-90s"."""
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(shift)
        fresh.replace(self._file)  # whole or not at all: the process reads it whenever it looks at its clock

    def ask(self, question: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def clocked(database: TestDatabase, agent: Agent, cast: Cast, shift: str = "+0", **more: str) -> Iterator[Clocked]:
    file = database.folder / "shift"
    file.write_text(shift)
    [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    environment = {
        **os.environ,
        **database.environment,
        **more,
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    command = [sys.executable, "-m", "tests.test_audit.asking", str(agent.slug), str(cast.read_records.pk)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Clocked(process, file)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def cast_here(own_database: TestDatabase) -> Cast:
    return assemble()


@pytest.fixture
def agent(cast_here: Cast) -> Agent:
    return agent_at(Agent.State.ACTIVE, cast_here)


def test_a_clock_set_back_while_the_process_runs_denies_and_writes_nothing(
    own_database: TestDatabase, cast_here: Cast, agent: Agent
) -> None:
    with clocked(own_database, agent, cast_here) as process:
        assert process.ask("decide") == "yes"
        assert process.ask("tell") == "yes"
        before = TrailEvent.objects.count()
        process.set("-90s")
        assert process.ask("decide").startswith("no: This machine's clock ")
        assert process.ask("tell").startswith("no: This machine's clock ")
        assert TrailEvent.objects.count() == before
        process.set("+0")
        assert process.ask("decide") == "yes"
        assert process.ask("tell") == "yes"


def test_an_ended_access_does_not_come_back_when_the_clock_is_set_to_a_time_when_it_ran(
    own_database: TestDatabase, cast_here: Cast, agent: Agent
) -> None:
    """The process is started under the old time: it has seen nothing else."""
    grant = agent.grants.get()
    ended = Grant.objects.filter(pk=grant.pk)
    ended.update(not_before=grant.not_before - timedelta(days=3), expires_at=grant.not_before - timedelta(days=1))
    with clocked(own_database, agent, cast_here) as process:
        assert process.ask("decide") == "no: the access ran out"
    with clocked(own_database, agent, cast_here, "-2d") as process:
        assert process.ask("decide").startswith("no: This machine's clock ")
        assert process.ask("tell").startswith("no: This machine's clock ")


def test_a_clock_that_jumps_ahead_denies_and_still_tells(own_database: TestDatabase, cast_here: Cast, agent: Agent) -> None:
    with clocked(own_database, agent, cast_here) as process:
        assert process.ask("decide") == "yes"
        process.set("+45s")
        assert process.ask("decide").startswith("no: This machine's clock ")
        assert process.ask("tell") == "yes"


@pytest.mark.parametrize("value", ["0", "1"])
def test_no_variable_switches_it_off(own_database: TestDatabase, cast_here: Cast, agent: Agent, value: str) -> None:
    told = dict.fromkeys(("MANDATE_CLOCK", "MANDATE_DEBUG", "MANDATE_DEMO", "CI", "PYTEST_CURRENT_TEST"), value)
    with clocked(own_database, agent, cast_here, "-1h", **told) as process:
        assert process.ask("decide").startswith("no: This machine's clock ")
