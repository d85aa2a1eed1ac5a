"""Nobody serves this data, and nobody can begin to, for as long as it lasts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import combinations
from pathlib import Path

from portal.backup.manifest import CannotRestore
from portal.serving import lifeline

PROCESSES = ("web", "worker", "beat")  # every set of them has a supervisor of its own


@contextmanager
def stillness(folder: Path) -> Iterator[None]:
    """Raises CannotRestore while `manage.py serve` runs on the folder."""
    with ExitStack() as held:
        for count in range(1, len(PROCESSES) + 1):
            for names in combinations(PROCESSES, count):
                lock = lifeline.grip(folder / lifeline.lock_name(names), patience=0)
                if lock is None:
                    raise CannotRestore(f"Mandate runs on the data in {folder}. Stop it, then restore.")
                held.enter_context(lock)
        yield
