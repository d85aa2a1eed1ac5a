"""Reactions: what an event sets off later, kept as rows so that nothing is lost or doubled.

What must be true *at once* is a plain call down or a column the decision reads, never a reaction.
"""

import logging
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from agents import clock
from agents.audit.events import Event
from agents.audit.models import Reaction, TrailEvent
from agents.audit.nudges import nudge

logger = logging.getLogger(__name__)

Handler = Callable[[TrailEvent], None]
MOST_ATTEMPTS = 8
LEASE = timedelta(minutes=5)  # how long one attempt may take before another worker tries
_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)


def on(*events: Event) -> Callable[[Handler], Handler]:
    """Register a handler; it may run more than once for one event, so twice must do no harm."""

    def register(handler: Handler) -> Handler:
        for event in events:
            _handlers[str(event.value)][f"{handler.__module__}.{handler.__qualname__}"] = handler
        return handler

    return register


def owe(event: Event, event_id: int) -> None:
    """One row for each handler of this event, in the caller's transaction."""
    names = _handlers.get(str(event.value))
    if not names:
        return
    Reaction.objects.bulk_create([Reaction(event_id=event_id, handler=name) for name in names])
    transaction.on_commit(lambda: nudge("audit.react"))


def run_waiting(limit: int = 200) -> int:
    """Handlers of due rows have run; how many succeeded. Rows are claimed one by one (compare and set).

    News of one thing is told in the order of its events, however many workers there are; what failed holds nothing up.
    """
    succeeded = 0
    due = Reaction.objects.filter(state=Reaction.State.WAITING, next_try_at__lte=clock.now()).order_by("id")
    for reaction in list(due[:limit]):
        if not _waits_for_earlier(reaction) and _claim(reaction):
            succeeded += _attempt(reaction)
    return succeeded


def _waits_for_earlier(reaction: Reaction) -> bool:
    """Whether an earlier event of the same thing was not reacted to yet, or is being reacted to by another worker."""
    about = TrailEvent.objects.filter(pk=reaction.event_id).values("about")
    same_thing = TrailEvent.objects.filter(about__in=about, pk__lt=reaction.event_id).values("pk")
    return Reaction.objects.filter(state=Reaction.State.WAITING, last_error="", event_id__in=same_thing).exists()


def _claim(reaction: Reaction) -> bool:
    """True for exactly one worker: the next try is put beyond the time this one may take."""
    claimed = Reaction.objects.filter(pk=reaction.pk, state=Reaction.State.WAITING, next_try_at=reaction.next_try_at).update(
        next_try_at=clock.now() + LEASE, attempts=reaction.attempts + 1
    )
    reaction.attempts += 1
    return bool(claimed)


def _attempt(reaction: Reaction) -> bool:
    ours = Reaction.objects.filter(pk=reaction.pk, state=Reaction.State.WAITING, attempts=reaction.attempts)
    if reaction.attempts > MOST_ATTEMPTS:  # each of its workers died before it could say why
        ours.update(state=Reaction.State.DEAD, last_error=f"begun {MOST_ATTEMPTS} times and never finished")
        return False
    event = TrailEvent.objects.get(pk=reaction.event_id)
    handler = _handlers.get(event.event, {}).get(reaction.handler)
    try:
        if handler is None:
            raise LookupError(f"no handler named {reaction.handler}")  # noqa: TRY301
        handler(event)
    except Exception as problem:
        logger.exception("reaction failed", extra={"reaction": reaction.pk})
        over = reaction.attempts >= MOST_ATTEMPTS
        ours.update(
            state=Reaction.State.DEAD if over else Reaction.State.WAITING,
            next_try_at=clock.now() + _pause(reaction.attempts),
            last_error=f"{type(problem).__name__}: {problem}"[:500],
        )
        return False
    Reaction.objects.filter(pk=reaction.pk).update(state=Reaction.State.DONE, done_at=clock.now(), last_error="")
    return True


def _pause(attempts: int) -> timedelta:
    """Backoff with jitter: about 5 s, 10 s, 20 s … at most an hour."""
    return timedelta(seconds=min(3600, 5 * 2 ** (attempts - 1)) * random.uniform(0.8, 1.2))  # noqa: S311
