"""A portal that really runs, for tests that look at it from outside: its own processes, port and data."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.database import ROOT, TestDatabase
from tests.services import free_port


@dataclass
class RunningPortal:
    """A started portal; `output` grows while it runs."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text()

    def answers(self, path: str = "/healthz") -> int:
        """The status of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0

    def wait_until_healthy(self, seconds: float = 180) -> float:
        """The seconds it took until /healthz said 200."""
        started = time.monotonic()
        while self.answers() != 200:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.output}"
            assert time.monotonic() - started < seconds, f"not healthy after {seconds} s:\n{self.output}"
            time.sleep(0.1)
        return time.monotonic() - started

    def below(self) -> list[psutil.Process]:
        """Every process that came from this one."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process:
        """The web, worker or beat process itself (not what it started in turn)."""
        for process in self.below():
            parent = process.parent()
            if process.cmdline()[-1:] == [name] and parent and parent.cmdline()[-1:] != [name]:
                return process
        raise LookupError(f"no {name} process below {self.process.pid}")

    def end(self, number: int = signal.SIGTERM, seconds: float = 60) -> int:
        """The exit code after the signal."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


def left_of(processes: list[psutil.Process], seconds: float) -> list[str]:
    """The command lines of those that still live after so many seconds; empty is what everybody wants."""
    _gone, alive = psutil.wait_procs(processes, timeout=seconds)
    return [" ".join(process.cmdline()) for process in alive]


@contextmanager
def serving(environment: dict[str, str], folder: Path, *command: str, checkout: Path = ROOT) -> Iterator[RunningPortal]:
    """A portal started by `manage.py serve` (or by the given command), ended afterwards whatever happened.

    environment: beside this process's own; an empty value takes the variable away.
    """
    port = free_port()
    log = folder / f"portal-{port}.log"
    started = list(command) or [sys.executable, "manage.py", "serve"]
    merged = {**os.environ, **environment, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            started,
            cwd=checkout,
            env={name: value for name, value in merged.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    portal = RunningPortal(process, port, log)
    try:
        yield portal
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def web_only(database: TestDatabase) -> Iterator[RunningPortal]:
    """Only the web server, on the test's own database: what a browser test drives."""
    with serving(database.environment, database.folder, sys.executable, "manage.py", "serve", "--only", "web") as portal:
        portal.wait_until_healthy()
        yield portal
