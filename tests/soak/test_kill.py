"""Processes of a running portal die at bad moments: nothing stays behind, and what should live comes back."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.database import TestDatabase
from tests.serving import RunningPortal, left_of, serving

pytestmark = [pytest.mark.soak, pytest.mark.sqlite]


def test_supervisor_killed_leaves_no_child(own_database: TestDatabase, tmp_path: Path) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        below = portal.below()
        assert len(below) >= 4  # the web server's master and its process, the worker, the scheduler
        portal.process.kill()
        portal.process.wait(30)
        assert left_of(below, 30) == []


@pytest.mark.parametrize("turn", range(3))
def test_supervisor_killed_while_starting_leaves_no_child(own_database: TestDatabase, tmp_path: Path, turn: int) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        while not portal.below():
            time.sleep(0.02)
        time.sleep(random.Random(turn).uniform(0, 4))
        below = portal.below()
        portal.process.kill()
        portal.process.wait(30)
        assert left_of(below, 30) == []


def test_make_killed_takes_the_portal_with_it(own_database: TestDatabase, tmp_path: Path) -> None:
    parent = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"]
    command = [*parent, sys.executable, "manage.py", "serve", "--end-with-parent"]
    with serving(own_database.environment, tmp_path, *command) as portal:
        portal.wait_until_healthy()
        below = portal.below()
        assert len(below) >= 5
        portal.process.kill()
        portal.process.wait(30)
        assert left_of(below, 30) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_every_polite_signal_ends_everything_in_order(own_database: TestDatabase, tmp_path: Path, number: signal.Signals) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        below = portal.below()
        assert portal.end(number) == 0
        assert left_of(below, 30) == []
        assert "starting it again" not in portal.output


def test_ctrl_c_reaches_the_whole_group_and_ends_it(own_database: TestDatabase, tmp_path: Path) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        below = portal.below()
        os.killpg(portal.process.pid, signal.SIGINT)
        assert portal.process.wait(60) == 0
        assert left_of(below, 30) == []


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_killed_child_comes_back(own_database: TestDatabase, tmp_path: Path, name: str) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        killed = portal.child(name)
        inner = killed.children(recursive=True)
        killed.kill()
        came_back = child_other_than(killed, portal, name)
        assert came_back.pid != killed.pid
        assert left_of(inner, 30) == []
        portal.wait_until_healthy()
        assert f"The {name} process was killed by signal 9; starting it again in 1 s." in portal.output


def test_web_process_killed_inside_its_server_comes_back(own_database: TestDatabase, tmp_path: Path) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        for inner in portal.child("web").children():
            inner.kill()
        portal.wait_until_healthy()


def child_other_than(killed: psutil.Process, portal: RunningPortal, name: str, seconds: float = 120) -> psutil.Process:
    """The process that took the killed one's place."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        try:
            found = portal.child(name)
            if found.pid != killed.pid:
                return found
        except (LookupError, psutil.NoSuchProcess):
            pass
        time.sleep(0.1)
    raise AssertionError(f"{name} did not come back:\n{portal.output}")
