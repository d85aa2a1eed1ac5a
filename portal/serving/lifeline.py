"""No process of the portal outlives its supervisor, however that one ended, kill -9 included.

The supervisor holds an exclusive lock on a file for as long as it lives; the kernel lets go of it when the process is
gone. Everything below it waits for that lock in a thread and ends itself on getting it. Linux also signals a process
whose parent died, which helps where a thread could not run.
"""

import ctypes
import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

VARIABLE = "MANDATE_LIFELINE"
PR_SET_PDEATHSIG = 1


def lock_name(processes: Iterable[str]) -> str:
    """The file that the supervisor of these processes holds."""
    return f"serve-{'-'.join(sorted(processes))}.lock"


def grip(path: Path, patience: float = 5.0) -> TextIO | None:
    """The open, locked file of this supervisor; None when another one holds it after `patience` seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    give_up_at = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                file.close()
                return None
            time.sleep(0.1)
        else:
            return file


def hold_on() -> None:
    """From now on this process ends with its supervisor; without one (a process manager's own start) nothing happens."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_when_free, args=(path,), name="lifeline", daemon=True).start()


def _end_when_free(path: str) -> None:
    with Path(path).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        os.kill(os.getpid(), signal.SIGKILL)
