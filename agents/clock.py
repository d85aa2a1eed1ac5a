"""The only source of time. Everything that asks "is it still?" asks here.

Real time, except inside `moved_to`, which `seed_demo` uses to tell a believable past through the real
actions. Tests move the operating system's clock with time-machine instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_moved: ContextVar[datetime | None] = ContextVar("moved_clock", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _moved.get() or datetime.now(UTC)


def real_now() -> datetime:
    """This moment, also where the clock was moved: for what is about the machine and not about the story it tells."""
    return datetime.now(UTC)


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """Inside, `now()` is `moment`.

    moment: aware, not in the future, so that nothing made here reaches ahead of real time.
    Raises ValueError otherwise.
    """
    if moment.tzinfo is None or moment > datetime.now(UTC):
        raise ValueError("the clock can only be moved to an aware moment in the past")
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)
