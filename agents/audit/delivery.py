"""Checkpoints go out to the sinks. The row is the queue: what a sink has not taken is sent until it has.

Each checkpoint covers all before it, so only the newest is sent. A sink may get one twice; it never misses the newest for good.
"""

import logging
import random
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.models import Checkpoint, CheckpointReceipt, CheckpointSink
from agents.audit.sending import printable, send
from agents.outbound.errors import OutboundError

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # how long one delivery may take before another process tries
LONGEST_PAUSE = 600.0  # seconds
PACE = {CheckpointSink.Kind.MAIL: timedelta(minutes=10)}  # a mailbox is written to no more often than that


def newest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-id").first()


def deliver_due() -> int:
    """Every sink whose time has come was sent the newest checkpoint; how many took it."""
    checkpoint = newest()
    if checkpoint is None:
        return 0
    taken = CheckpointReceipt.objects.filter(sink=OuterRef("pk"), checkpoint_id=checkpoint.pk)
    behind = CheckpointSink.objects.filter(
        Q(acknowledged_size__lt=checkpoint.size) | ~Exists(taken), is_active=True, next_try_at__lte=clock.now()
    )
    return sum(deliver(sink, checkpoint) for sink in behind.order_by("next_try_at"))


def deliver(sink: CheckpointSink, checkpoint: Checkpoint) -> bool:
    """True when the sink took the checkpoint now; false when it did not, or when another process is at it.

    Never inside a transaction: a slow sink would hold it open.
    """
    if not _claim(sink):
        return False
    try:
        receipt = send(sink, checkpoint)
    except Exception as problem:  # noqa: BLE001  (whatever a mail library may raise, the sink is tried again)
        _failed(sink, problem)
        return False
    _taken(sink, checkpoint, receipt)
    return True


def _claim(sink: CheckpointSink) -> bool:
    """True for exactly one process: the next try is put beyond the time this one may take."""
    until = clock.now() + LEASE
    claimed = CheckpointSink.objects.filter(pk=sink.pk, is_active=True, next_try_at=sink.next_try_at).update(next_try_at=until)
    return bool(claimed)


@transaction.atomic
def _taken(sink: CheckpointSink, checkpoint: Checkpoint, receipt: str) -> None:
    now = clock.now()
    CheckpointReceipt.objects.bulk_create(
        [
            CheckpointReceipt(
                sink=sink, checkpoint_id=checkpoint.pk, size=checkpoint.size, received_at=now, receipt=printable(receipt)
            )
        ],
        ignore_conflicts=True,  # the first receipt of a checkpoint that was sent twice stays
    )
    CheckpointSink.objects.filter(pk=sink.pk).update(
        acknowledged_size=checkpoint.size,
        acknowledged_at=now,
        attempts=0,
        last_error="",
        next_try_at=now + PACE.get(CheckpointSink.Kind(sink.kind), timedelta()),
    )


def _failed(sink: CheckpointSink, problem: Exception) -> None:
    words = problem_words(problem)
    logger.warning("sink did not take a checkpoint", extra={"sink": str(sink.uid), "problem": words})
    CheckpointSink.objects.filter(pk=sink.pk).update(
        attempts=sink.attempts + 1, last_error=words, next_try_at=clock.now() + _pause(sink.attempts + 1)
    )


def problem_words(problem: Exception) -> str:
    """For people: our own sentences as they are; of others only the kind, since their words may repeat what was sent."""
    match problem:
        case OutboundError():
            return printable(problem.sentence)
        case ValidationError():
            return printable(" ".join(problem.messages))
        case OSError():
            return printable(_("The other side could not be reached (%(kind)s).") % {"kind": type(problem).__name__})
    return printable(_("It was not taken (%(kind)s).") % {"kind": type(problem).__name__})


def _pause(attempts: int) -> timedelta:
    """Backoff with jitter: about 5 s, 10 s, 20 s … at most ten minutes."""
    return timedelta(seconds=min(LONGEST_PAUSE, 5 * 2 ** min(attempts - 1, 10) * random.uniform(0.8, 1.2)))  # noqa: S311
