"""Is this database behind what was signed? And what an operator does about it."""

import logging

from django.db import IntegrityError, transaction

from agents import clock
from agents.audit import epochs, gate, outside, sealing
from agents.audit.actors import Actor
from agents.audit.errors import IllegalMove
from agents.audit.events import Event
from agents.audit.models import Epoch, Rollback, Seal, TrailRef
from agents.audit.trail import record
from agents.audit.verifier.merkle import EMPTY
from agents.audit.verifier.note import BadNote, Head

logger = logging.getLogger(__name__)


def look() -> Rollback | None:
    """The open rollback, found now or before; None while the database is what its newest checkpoint says.

    Raises BadNote when the newest checkpoint in the folder is not signed by a key we know.
    """
    known = outside.newest()
    if known is None or agrees(known):
        return Rollback.objects.filter(acknowledged_at__isnull=True).first()
    head = Seal.objects.order_by("-number").first()
    try:
        with transaction.atomic():
            found = Rollback.objects.create(
                detected_at=clock.now(),
                known_epoch=known.epoch,
                known_size=known.size,
                known_root=known.root,
                found_size=head.size if head else 0,
                found_root=bytes(head.root) if head else EMPTY,
            )
    except IntegrityError:  # another process saw it first
        found = Rollback.objects.get(acknowledged_at__isnull=True)
    gate.forget()
    logger.critical("the database is behind its checkpoints", extra={"known": known.size, "found": found.found_size})
    return found


def agrees(head: Head) -> bool:
    """Whether this database has, or has acknowledged as lost, what was signed."""
    epoch = epochs.newest()
    if epoch is None:
        return False
    if head.epoch < epoch.number:
        return True  # an older epoch's end was looked at when the newer one began
    if head.epoch > epoch.number:
        return False
    return Seal.objects.filter(size=head.size, epoch=head.epoch, root=head.root, digest=head.seal).exists()


@transaction.atomic
def acknowledge(*, by: Actor, reason: str) -> Epoch:
    """The portal may write again, in a new epoch that says what is known to be gone.

    For callers that have asked their permission. Raises IllegalMove when nothing waits. Writes rollback.acknowledged
    and epoch.begun.
    """
    waiting = Rollback.objects.select_for_update().filter(acknowledged_at__isnull=True).first()
    if waiting is None:
        raise IllegalMove("No restored backup waits to be acknowledged.")
    while sealing.seal_batch(is_everything_committed=True):
        pass
    newest = epochs.newest()
    common_size, lost_size = _compared()
    epoch = epochs.begin(
        max(waiting.known_epoch, newest.number if newest else 0) + 1,
        reason=reason,
        common_size=common_size,
        lost_size=max(waiting.known_size, lost_size),
        lost_root=bytes(waiting.known_root),
    )
    waiting.acknowledged_at, waiting.acknowledged_by, waiting.reason = clock.now(), by.actor_label, reason[:500]
    waiting.save(update_fields=["acknowledged_at", "acknowledged_by", "reason"])
    gate.forget()
    told = {"known": waiting.known_size, "found": waiting.found_size, "epoch": epoch.number}
    about = TrailRef("trail", str(epoch.number), str(epoch))
    record(Event.ROLLBACK_ACKNOWLEDGED, about, by=by, reason=reason, after=told)
    record(Event.EPOCH_BEGUN, about, by=by, reason=reason, after={"size_before": epoch.size_before, "after_id": epoch.after_id})
    return epoch


def _compared() -> tuple[int, int]:
    """Up to which size the checkpoints outside and this database tell one story, and how far those reach that do not.

    All of them are looked at, not only the newest: an earlier restore may have lost more, and this database forgot it.
    """
    common = lost = 0
    try:
        for head in outside.heads():
            if Seal.objects.filter(size=head.size, root=head.root).exists():
                common = max(common, head.size)
            else:
                lost = max(lost, head.size)
    except BadNote:
        logger.exception("a checkpoint in the folder cannot be believed")
    return common, lost
