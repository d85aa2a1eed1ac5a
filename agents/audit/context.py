"""Where a change came from: set once by the middleware, copied into each trail event."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """request_id: the id in the logs and on the error page; address: the caller's IP as text, or empty."""

    request_id: str = ""
    address: str = ""


_origin: ContextVar[Origin] = ContextVar("audit_origin", default=Origin())  # noqa: B039  (frozen)


def origin() -> Origin:
    return _origin.get()


@contextmanager
def coming_from(request_id: str, address: str) -> Iterator[None]:
    token = _origin.set(Origin(request_id[:64], address[:64]))
    try:
        yield
    finally:
        _origin.reset(token)
