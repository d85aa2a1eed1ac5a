"""Starts the portal's processes, starts again what died, and leaves none behind."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from portal.serving import lifeline

logger = logging.getLogger(__name__)
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_AFTER = 60.0  # seconds a process must live before its earlier deaths are forgotten
PATIENCE = 15.0  # seconds a process has to finish what it is doing
TICK = 0.2


@dataclass
class Child:
    """One process with everything it may have started, in a process group of its own."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    start_again_at: float = 0.0

    def start(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "portal.serving.child", self.name]
        self.process = subprocess.Popen(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self.started_at = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        """To the whole group: the web server has processes of its own."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def bury(self) -> str:
        """Why it ended; what it may have left is gone, and the time of its next start is set."""
        code = self.process.returncode if self.process else 0
        self.signal(signal.SIGKILL)
        self.process = None
        if time.monotonic() - self.started_at > STEADY_AFTER:
            self.deaths = 0
        pause = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2**self.deaths)
        self.deaths += 1
        self.start_again_at = time.monotonic() + pause
        why = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"The {self.name} process {why}; starting it again in {pause:.0f} s."


@dataclass
class Supervisor:
    """Keeps the children running until it is told to stop, or until `parent` is gone."""

    names: list[str]
    lock: Path
    say: Callable[[str], None]
    parent: int | None = None
    children: list[Child] = field(default_factory=list)
    grip: TextIO | None = None
    is_stopping: bool = False

    def take_over(self) -> bool:
        """True when this data is ours; False when another supervisor works on it."""
        self.grip = lifeline.grip(self.lock)
        return self.grip is not None

    def run(self) -> None:
        """Returns when it was told to stop and nothing is left running."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        environment = {**os.environ, lifeline.VARIABLE: str(self.lock)}
        self.children = [Child(name) for name in self.names]
        try:
            while not self.is_stopping and not self._is_orphan():
                self._look_after(environment)
                time.sleep(TICK)
        finally:
            self._end_all()

    def _look_after(self, environment: dict[str, str]) -> None:
        for child in self.children:
            if child.has_died():
                self.say(child.bury())
            if child.process is None and time.monotonic() >= child.start_again_at and not self.is_stopping:
                child.start(environment)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _is_orphan(self) -> bool:
        return self.parent is not None and os.getppid() != self.parent

    def _end_all(self) -> None:
        """Every child finished its work, or was ended after the patience ran out."""
        running = [child for child in self.children if child.process is not None]
        for child in running:
            if child.process is not None:
                child.process.terminate()  # the first process only: it ends its own in order
        give_up_at = time.monotonic() + PATIENCE
        for child in running:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("the %s process did not end in time", child.name)
            child.signal(signal.SIGKILL)
            child.process.wait()
