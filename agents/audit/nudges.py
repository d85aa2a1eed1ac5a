"""A nudge tells a worker that rows are waiting. It is never the truth: the sweep finds what a nudge missed."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def nudge(task: str, *args: object) -> None:
    """Publish without waiting; a broker that is down costs a log line, not the request."""
    try:
        current_app.send_task(task, args=args, retry=False, ignore_result=True)
    except (OperationalError, OSError) as problem:
        logger.warning("nudge %s not sent: %s", task, problem)
