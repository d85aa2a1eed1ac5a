"""Proofs from the sealed trail: that one event stands in what was signed, and that one head grew out of another.

Both read a handful of rows however long the trail is: leaves of at most one block of 256 an edge, tree nodes for the rest.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from agents.audit import keys
from agents.audit.errors import IllegalMove
from agents.audit.models import Checkpoint, Epoch, Seal, TrailEvent, TreeNode
from agents.audit.verifier import merkle

BLOCK = 1 << merkle.STORED


def of_event(event: TrailEvent) -> dict[str, Any]:
    """Everything an auditor needs to see, without this portal, that the event stands in the signed trail.

    As JSON: body (the exact text that is hashed), position, size, path (hex), checkpoint (a signed note).
    Raises IllegalMove while the event, or what the path needs, is not sealed and signed, or was removed after its time.
    """
    place = position(event)
    checkpoint = Checkpoint.objects.filter(size__gt=place).order_by("id").last()
    if checkpoint is None:
        raise IllegalMove(_("This event is sealed, and signed within a minute. Try again then."))
    path = merkle.inclusion(place, checkpoint.size, subtree)
    return {
        "origin": keys.origin(),
        "body": bytes(event.body).decode(),
        "position": place,
        "size": checkpoint.size,
        "path": [step.hex() for step in path],
        "checkpoint": checkpoint.note,
    }


def of_growth(old: Checkpoint, new: Checkpoint) -> list[bytes]:
    """The consistency proof between two heads. Raises IndexError when `new` is the smaller, IllegalMove as above."""
    return merkle.consistency(old.size, new.size, subtree)


def position(event: TrailEvent) -> int:
    """The event's place in the trail, the first is 0. Raises IllegalMove while it is not sealed."""
    epoch = Epoch.objects.filter(after_id__lt=event.pk).order_by("-number").first()
    seal = _seal_of(event, epoch) if epoch else None
    if epoch is None or seal is None:
        raise IllegalMove(_("This event is not sealed yet. That takes a few seconds."))
    before = _in_seal(seal, epoch).extra(where=["(xid, id) <= (%s, %s)"], params=[event.xid, event.pk]).count()
    return seal.size - seal.count + before - 1


def subtree(start: int, end: int) -> bytes:
    """The RFC 6962 hash of the events at [start, end). Raises IllegalMove for events that are not there."""
    count = end - start
    if count <= BLOCK:
        return _stored(start, end) if count == BLOCK and start % BLOCK == 0 else merkle.root_of(_leaves(start, end))
    if count & (count - 1) == 0 and start % count == 0:
        return _stored(start, end)
    middle = start + (1 << (count - 1).bit_length() - 1)
    return merkle.node(subtree(start, middle), subtree(middle, end))


def _stored(start: int, end: int) -> bytes:
    """A complete subtree, from the nodes of the highest level that is kept: at most 128 of them."""
    level = ((end - start).bit_length() - 1) // merkle.STORED * merkle.STORED
    nodes = TreeNode.objects.filter(level=level, index__gte=start >> level, index__lt=end >> level).order_by("index")
    hashes = [bytes(node) for node in nodes.values_list("hash", flat=True)]
    if len(hashes) != (end - start) >> level:
        raise IllegalMove(_("A part of the tree that this proof needs is not there."))
    return merkle.root_of(hashes)


def _leaves(start: int, end: int) -> list[bytes]:
    """Digests by position, seal by seal."""
    found: list[bytes] = []
    while start < end:
        seal = Seal.objects.filter(size__gt=start).order_by("size").first()
        if seal is None:
            raise IllegalMove(_("An event that this proof needs is not sealed yet."))
        first = seal.size - seal.count
        upto = min(end, seal.size)
        events = _in_seal(seal, Epoch.objects.get(number=seal.epoch)).order_by("xid", "id").values_list("digest", flat=True)
        digests = [bytes(digest) for digest in events[start - first : upto - first]]
        if len(digests) != upto - start:
            raise IllegalMove(_("Events beside this one were removed after their time, so it cannot be proved alone any more."))
        found += digests
        start = upto
    return found


def _in_seal(seal: Seal, epoch: Epoch) -> models.QuerySet[TrailEvent]:
    """The events of one seal, in no order."""
    before = Seal.objects.filter(number=seal.number - 1, epoch=seal.epoch).first()
    start = (before.last_xid, before.last_id) if before else (-1, 0)
    events = TrailEvent.objects.filter(pk__gt=epoch.after_id).order_by()
    return events.extra(where=["(xid, id) > (%s, %s)", "(xid, id) <= (%s, %s)"], params=[*start, seal.last_xid, seal.last_id])


def _seal_of(event: TrailEvent, epoch: Epoch) -> Seal | None:
    """Found by halving: numbers follow each other, so twenty looks find one of a million."""
    seals = Seal.objects.filter(epoch=epoch.number)
    first, last = seals.order_by("number").first(), seals.order_by("number").last()
    if first is None or last is None or (last.last_xid, last.last_id) < (event.xid, event.pk):
        return None
    low, high = first.number, last.number
    while low < high:
        middle = (low + high) // 2
        seal = Seal.objects.get(number=middle)
        if (seal.last_xid, seal.last_id) < (event.xid, event.pk):
            low = middle + 1
        else:
            high = middle
    return Seal.objects.get(number=low)
