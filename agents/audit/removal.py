"""Removing what need not be kept any more: whole seals from the beginning of the trail, never one event.

Seals, roots and tree nodes stay, so the rest still verifies. Only the owner of the tables can do it: the guards of the trail
are lifted inside one transaction and are there again when it ends, however it ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit import gate, protection, retention
from agents.audit.actors import Actor
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.models import Epoch, LegalHold, Reaction, RemovedSegment, Seal, TrailEvent, TrailRef
from agents.audit.trail import record
from agents.audit.verifier.merkle import Tree, leaf

TABLE = TrailEvent._meta.db_table
RANGE = "(xid, id) > (%s, %s) AND (xid, id) <= (%s, %s) AND id > %s"


@dataclass
class Plan:
    """What would be removed. kept_because: why it ends there; empty when there is nothing beyond."""

    seals: list[Seal]
    count: int
    first_at: datetime | None
    last_at: datetime | None
    kept_because: str


def plan(before: date) -> Plan:
    """The longest run of whole seals from the first that still has its events, all older than `before`, than every minimum that
    applies, and touched by no legal hold. before: a day in UTC, itself not inside."""
    found = Plan([], 0, None, None, "")
    limit = datetime.combine(before, time.min, UTC)
    minima = _minima()
    for seal in _seals():
        events = list(_events(seal, "at, event"))
        if len(events) != seal.count:
            raise IllegalMove(_("Seal %(n)s does not have its events. Run audit_verify first.") % {"n": seal.number})
        first, last = (f(_moment(at) for at, _event in events) for f in (min, max))
        if why := _why_keep(seal, [(_moment(at), event) for at, event in events], limit, minima, first, last):
            found.kept_because = why
            break
        found.seals.append(seal)
        found.count += seal.count
        found.first_at = min(found.first_at or first, first)
        found.last_at = max(found.last_at or last, last)
    return found


def remove(before: date, *, by: Actor, reason: str) -> RemovedSegment:
    """The events of the plan are gone; their seals and their last root stay, with the reason.

    Raises NotAllowed unless the tables are ours; IllegalMove when there is nothing to remove, or the events do not have the root
    that was sealed. Writes segment.removed.
    """
    gate.must_be_open()
    if not may_lift():
        raise NotAllowed(_("Only the owner of the tables removes parts of the trail. Run it with DATABASE_OWNER_URL set."))
    reason = reason.strip()[:500]
    if not reason:
        raise IllegalMove(_("Give a reason; it stays in the place of what is removed."))
    with transaction.atomic():
        _alone()
        planned = plan(before)
        if not planned.seals or planned.first_at is None or planned.last_at is None:
            raise IllegalMove(planned.kept_because or _("There is nothing to remove."))
        for seal in planned.seals:
            _must_fit(seal)
        ids = [row[0] for seal in planned.seals for row in _events(seal, "id")]
        _delete(ids)
        first, last = planned.seals[0], planned.seals[-1]
        segment = RemovedSegment.objects.create(
            first_seal=first.number,
            last_seal=last.number,
            first_position=first.size - first.count,
            size=last.size,
            count=planned.count,
            root=bytes(last.root),
            first_at=planned.first_at,
            last_at=planned.last_at,
            removed_at=clock.now(),
            removed_by=by.actor_label,
            reason=reason,
        )
        _tell(segment, by=by, reason=reason)
        return segment


def may_lift() -> bool:
    """Whether this connection owns the trail's table; on SQLite whoever opens the file does."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", [TABLE])
        return bool(cursor.fetchone()[0])


def _alone() -> None:
    """Two removals wait for each other; on SQLite whoever writes is alone already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x4D616E64_52656D6F])


def _minima() -> dict[retention.RecordClass, datetime]:
    """For each class, the moment before which its events need not be kept any more."""
    today = clock.now()
    return {
        record_class: datetime.combine(retention.months_before(today.date(), kept.at_least), time.min, UTC)
        for record_class, kept in retention.keeping().items()
    }


def _why_keep(
    seal: Seal,
    events: list[tuple[datetime, str]],
    limit: datetime,
    minima: dict[retention.RecordClass, datetime],
    first: datetime,
    last: datetime,
) -> str:
    if last >= limit:
        return _("Seal %(n)s holds events that are not older than the day you named.") % {"n": seal.number}
    for at, event in events:
        record_class = retention.class_of(event)
        if at >= minima[record_class]:
            named = {"n": seal.number, "what": record_class.label, "day": f"{minima[record_class]:%Y-%m-%d}"}
            return _("Seal %(n)s holds events about %(what)s; those since %(day)s must be kept.") % named
    if hold := standing(first, last):
        return _("Seal %(n)s holds events from days under the legal hold %(hold)s.") % {"n": seal.number, "hold": hold}
    if _is_work_left(seal):
        return _("Seal %(n)s holds events that still have work to do; see the page Work.") % {"n": seal.number}
    return ""


def standing(first: datetime, last: datetime) -> LegalHold | None:
    """A hold that covers any day from the one to the other."""
    for hold in LegalHold.objects.filter(released_at__isnull=True):
        begins = hold.since is None or last.astimezone(UTC).date() >= hold.since
        ends = hold.until is None or first.astimezone(UTC).date() <= hold.until
        if begins and ends:
            return hold
    return None


def _seals() -> Iterator[Seal]:
    newest = RemovedSegment.objects.order_by("-last_seal").first()
    return Seal.objects.filter(number__gt=newest.last_seal if newest else 0).order_by("number").iterator()


def _bounds(seal: Seal) -> tuple[list[int], list[int]]:
    """Where the events of this seal lie: after (xid, id), up to (xid, id) and above an id."""
    previous = Seal.objects.filter(number=seal.number - 1, epoch=seal.epoch).first()
    epoch = Epoch.objects.get(number=seal.epoch)
    start = [previous.last_xid, previous.last_id] if previous else [-1, 0]
    return start, [seal.last_xid, seal.last_id, epoch.after_id]


def _is_work_left(seal: Seal) -> bool:
    ids = [row[0] for row in _events(seal, "id")]
    unfinished = Reaction.objects.exclude(state=Reaction.State.DONE)
    return any(unfinished.filter(event_id__in=ids[at : at + 500]).exists() for at in range(0, len(ids), 500))


def _events(seal: Seal, columns: str) -> list[tuple[Any, ...]]:
    start, end = _bounds(seal)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {TABLE} WHERE {RANGE} ORDER BY xid, id", [*start, *end])  # noqa: S608
        return list(cursor.fetchall())


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _must_fit(seal: Seal) -> None:
    """What is removed is what was sealed. Raises IllegalMove."""
    previous = Seal.objects.filter(number=seal.number - 1).first()
    tree = Tree(previous.size, bytes(previous.frontier)) if previous else Tree()
    tree.extend([leaf(bytes(row[0])) for row in _events(seal, "body")])
    if tree.root != bytes(seal.root):
        sentence = _("The events of seal %(n)s do not have the root that was sealed. Run audit_verify.")
        raise IllegalMove(sentence % {"n": seal.number})


def _delete(ids: list[int]) -> None:
    with protection.lifted(connection, TABLE), connection.cursor() as cursor:
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            Reaction.objects.filter(event_id__in=some).delete()
            cursor.execute(f"DELETE FROM {TABLE} WHERE id IN ({', '.join(['%s'] * len(some))})", some)  # noqa: S608


def _tell(segment: RemovedSegment, *, by: Actor, reason: str) -> None:
    """The event also names the segments removed before: the events that told of those may be gone now."""
    earlier = RemovedSegment.objects.exclude(pk=segment.pk).order_by("first_seal")
    label = _("seals %(first)s to %(last)s, %(count)s events from %(since)s to %(until)s") % {
        "first": segment.first_seal,
        "last": segment.last_seal,
        "count": segment.count,
        "since": f"{segment.first_at:%Y-%m-%d}",
        "until": f"{segment.last_at:%Y-%m-%d}",
    }
    record(
        Event.SEGMENT_REMOVED,
        TrailRef("segment", f"{segment.first_seal}-{segment.last_seal}", label),
        by=by,
        reason=reason,
        after={
            "first_seal": segment.first_seal,
            "last_seal": segment.last_seal,
            "count": segment.count,
            "root": bytes(segment.root).hex(),
            "earlier": [[each.first_seal, each.last_seal, bytes(each.root).hex()] for each in earlier],
        },
    )
