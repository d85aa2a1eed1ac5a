"""Whether the portal may write. After a restored backup it may not, until an operator has looked at it."""

import threading
import time

from django.db import connection
from django.utils.translation import gettext as _

from agents.audit.errors import Closed
from agents.audit.models import Rollback

FOR = 1.0  # seconds an answer is believed; every change asks
_lock = threading.Lock()
_known: dict[str, tuple[float, bool]] = {}


def is_closed() -> bool:
    """True while a restored backup waits to be acknowledged."""
    name, now = str(connection.settings_dict["NAME"]), time.monotonic()
    with _lock:
        asked_at, answer = _known.get(name, (-FOR, False))
    if now - asked_at < FOR:
        return answer
    answer = Rollback.objects.filter(acknowledged_at__isnull=True).exists()
    with _lock:
        _known[name] = now, answer
    return answer


def why_closed() -> str | None:
    """The sentence of every refusal while the portal is read-only."""
    if not is_closed():
        return None
    return _(
        "Mandate is read-only: its database was restored from a backup and is behind what it has signed."
        " Nothing was changed. An administrator must acknowledge the restore first."
    )


def must_be_open() -> None:
    """Raises Closed while the portal is read-only."""
    if why := why_closed():
        raise Closed(why)


def forget() -> None:
    """The next question is asked of the database."""
    with _lock:
        _known.clear()
