"""A document is printed by a child process, with a limit of time, while the caller's heart goes on beating."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

logger = logging.getLogger(__name__)

PRINTER = Path(__file__).with_name("printer.py")
LONGEST = 180.0  # seconds; below the task's own limit
BEAT = 2.0


class NotPrinted(Exception):
    """The PDF could not be made; the sentence says why."""


def press(html: str, target: Path, *, identifier: str, beat: Callable[[], None], longest: float = LONGEST) -> None:
    """The PDF is at `target`. beat: called every two seconds; what it raises stops the printing and is raised again.

    Raises NotPrinted.
    """
    with TemporaryDirectory(prefix="mandate-print-") as folder:
        source = Path(folder) / "document.html"
        source.write_text(html, encoding="utf-8")
        errors = Path(folder) / "errors"
        with errors.open("wb") as heard:
            child = subprocess.Popen(  # noqa: S603  (our own interpreter, our own file)
                [sys.executable, "-I", str(PRINTER), str(source), str(target), identifier],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=heard,
                cwd=folder,
                env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            )
            try:
                code = _wait(child, beat, longest)
            finally:
                child.kill()
                child.wait()
                if child.stdin:
                    child.stdin.close()
        if code != 0 or not target.exists():
            logger.error("printing failed with code %s: %s", code, errors.read_text(errors="replace")[-2000:])
            raise NotPrinted(f"The document could not be printed (code {code}).")


def _wait(child: subprocess.Popen[bytes], beat: Callable[[], None], longest: float) -> int:
    begun = monotonic()
    while monotonic() - begun < longest:
        try:
            return child.wait(timeout=BEAT)
        except subprocess.TimeoutExpired:
            beat()
    raise NotPrinted(f"Printing took longer than {longest:.0f} seconds.")
