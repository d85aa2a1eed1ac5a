"""Signed checkpoints: made every minute, every so many events, and at once after what must not be lost."""

import logging
import time
from datetime import timedelta

from django.db import transaction

from agents import clock
from agents.audit import keys, outside, rollback, sealing
from agents.audit.events import Event
from agents.audit.models import Checkpoint, Seal, TrailEvent
from agents.audit.nudges import nudge
from agents.audit.trail import plain
from agents.audit.verifier.note import Head, signed

logger = logging.getLogger(__name__)
EVERY = timedelta(seconds=60)
EVERY_EVENTS = 1_000
AT_LEAST = timedelta(hours=1)  # also a trail that rests says that it still is what it was

# An approval, a stop and a pack are signed at once: what happens after the newest checkpoint is not protected yet.
URGENT = frozenset(
    {
        Event.LINE_APPROVED,
        Event.GRANT_HELD,
        Event.GRANT_REVOKED,
        Event.AGENT_ACTIVATED,
        Event.AGENT_SUSPENDED,
        Event.AGENT_QUARANTINED,
        Event.AGENT_RETIRED,
        Event.PERSON_ERASED,
        Event.PACK_READY,
        Event.SEGMENT_REMOVED,
        Event.ROLLBACK_ACKNOWLEDGED,
        Event.SIGNING_KEY_CHANGED,
    }
)


def run() -> int:
    """Everything that can be sealed is sealed, and a checkpoint is signed if it is time; how many events were sealed."""
    sealed = sealing.seal()
    if cause := why_now():
        sign(cause)
    else:
        catch_up()
    return sealed


def settle(patience: float = 60.0) -> int:
    """As `run`, for operators: waits for transactions that are under way, at most so many seconds; how many were sealed."""
    give_up_at = time.monotonic() + patience
    sealed = run()
    while sealing.is_anything_waiting() and time.monotonic() < give_up_at:
        time.sleep(0.3)
        sealed += run()
    return sealed


def why_now() -> Checkpoint.Cause | None:
    """Why a checkpoint is due, or None."""
    seal = Seal.objects.order_by("-number").first()
    if seal is None:
        return None
    newest = Checkpoint.objects.order_by("-id").first()
    if newest is None or newest.epoch < seal.epoch:
        return Checkpoint.Cause.EPOCH
    if seal.size - newest.size >= EVERY_EVENTS:
        return Checkpoint.Cause.EVENTS
    age = clock.now() - newest.signed_at
    if age >= (EVERY if seal.size > newest.size else AT_LEAST):
        return Checkpoint.Cause.INTERVAL
    return Checkpoint.Cause.URGENT if seal.size > newest.size and _is_urgent(newest) else None


def _is_urgent(newest: Checkpoint) -> bool:
    """Whether an urgent event was sealed since; at most EVERY_EVENTS rows are looked at."""
    known = Seal.objects.get(size=newest.size)
    since = TrailEvent.objects.extra(where=["(xid, id) > (%s, %s)"], params=[known.last_xid, known.last_id])
    return since.filter(event__in=URGENT).exists()


def sign(cause: Checkpoint.Cause) -> Checkpoint | None:
    """The head of the trail is signed, kept here and in the folder; None when another process is at it, nothing is
    sealed, or the database turned out to be behind what was signed before.

    Raises KeyProblem, BadNote.
    """
    with transaction.atomic():
        seal = Seal.objects.order_by("-number").first()
        if not sealing.alone() or seal is None or rollback.look() is not None:
            return None
        made = Checkpoint.objects.create(
            epoch=seal.epoch,
            size=seal.size,
            root=seal.root,
            note=_note(seal),
            cause=cause,
            signed_at=clock.now(),
        )
        transaction.on_commit(lambda: _send_out(made.note))  # never ahead of what the database has
    return made


def _send_out(note: str) -> None:
    outside.keep(note)
    nudge("audit.deliver")


def catch_up() -> None:
    """The folder has the newest checkpoint, also when the process that signed it was killed before it was written."""
    newest = Checkpoint.objects.order_by("-id").first()
    if newest is None or outside.newest_note() == newest.note or rollback.look() is not None:
        return
    head = outside.newest()
    if head is None or (head.epoch, head.size) <= (newest.epoch, newest.size):
        transaction.on_commit(lambda: outside.keep(newest.note))


def _note(seal: Seal) -> str:
    key = keys.signing_key()
    public = keys.public_key(key)
    keys.must_be_trusted(public)
    head = Head(
        origin=keys.origin(),
        size=seal.size,
        root=bytes(seal.root),
        epoch=seal.epoch,
        seal=bytes(seal.digest),
        time=str(plain(clock.now())),
    )
    return signed(head, public, key.sign(head.text().encode()))
