"""A nudge tells a worker that rows are waiting. It is never the truth: the sweep finds what a nudge missed.

Publishing happens in a thread, so that no request ever waits for a broker, also not for one that accepts and then
says nothing; equal nudges that still wait become one.
"""

import logging
import threading

from celery import current_app

logger = logging.getLogger(__name__)

Nudge = tuple[str, tuple[object, ...]]
_waiting: dict[Nudge, None] = {}
_change = threading.Condition()
_publisher: threading.Thread | None = None


def nudge(task: str, *args: object) -> None:
    """Returns at once; a broker that is down costs a log line, not the request."""
    global _publisher  # noqa: PLW0603  (one thread a process, made when first needed: it does not survive a fork)
    with _change:
        _waiting[task, args] = None
        if _publisher is None or not _publisher.is_alive():
            _publisher = threading.Thread(target=_publish, name="nudges", daemon=True)
            _publisher.start()
        _change.notify()


def _publish() -> None:
    while True:
        with _change:
            _change.wait_for(lambda: _waiting)
            task, args = next(iter(_waiting))
            del _waiting[task, args]
        try:
            current_app.send_task(task, args=args, retry=False, ignore_result=True)
        except Exception as problem:  # noqa: BLE001  (whatever a broker's client may raise, the thread goes on)
            logger.warning("nudge %s not sent: %s", task, problem)
