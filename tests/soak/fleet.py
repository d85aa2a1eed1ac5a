"""The portal's processes under a process manager that starts again whatever died, and a Redis that can die too."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from portal.bootstrap import program
from tests.database import ROOT

SERVE = [sys.executable, "manage.py", "serve"]
SEALER = [sys.executable, "-m", "tests.soak.sealer"]


def part(name: str) -> list[str]:
    """The command of one process of the portal, as an operator's process manager starts it."""
    return [sys.executable, "-m", "portal.serving.child", name]


@dataclass
class Member:
    """One process and everything it may have started."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    start_at: float = 0.0

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self, pause: float = 0.0) -> bool:
        """True when it lived and was killed with signal 9; it starts again after the pause."""
        if self.process is None or not self.is_running:
            return False
        self.process.kill()
        self.bury(pause)
        return True

    def bury(self, pause: float = 0.0) -> None:
        """Dead with its whole group, as systemd does it; it starts again after the pause."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
        self.process, self.start_at = None, time.monotonic() + pause


@dataclass
class Fleet:
    members: dict[str, Member] = field(default_factory=dict)

    def add(self, name: str, command: list[str], environment: dict[str, str], folder: Path) -> Member:
        """It runs from now on, until `end`."""
        folder.mkdir(parents=True, exist_ok=True)
        member = Member(name, command, {**os.environ, **environment}, folder / f"{name}.log")
        self.members[name] = member
        member.start()
        return member

    def look_after(self) -> None:
        """Whoever is dead and has waited long enough runs again."""
        for member in self.members.values():
            if member.process is not None and not member.is_running:
                member.bury(0.5)
            if member.process is None and time.monotonic() >= member.start_at:
                member.start()

    def end(self) -> None:
        """Asked to stop, then made to."""
        for member in self.members.values():
            if member.process is not None and member.is_running:
                member.process.terminate()
        for member in self.members.values():
            if member.process is not None:
                with suppress(subprocess.TimeoutExpired):
                    member.process.wait(20)
                member.bury()


def redis_command(folder: Path, port: int) -> list[str]:
    """A Redis that keeps what it was told: with a file that every command is appended to (design section 9)."""
    folder.mkdir(parents=True, exist_ok=True)
    server = program("redis-server") or program("valkey-server")
    assert server, "redis-server is not installed"
    return [server, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]


def redis_url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def ours(folder: Path) -> list[str]:
    """The command lines of every process that works on the data in this folder, or on nothing else."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("MANDATE_DATA_DIR") == str(folder):
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
    return found
