"""Facts about the trail and the work behind it, each from an index or a few rows, whatever the size of the tables."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from agents import clock
from agents.audit.models import Checkpoint, CheckpointSink, DueRun, Epoch, Reaction, Seal, TrailEvent

MOST_COUNTED = 10_000  # further rows are not counted: "10,000 or more" says enough
SCHEDULER = "beat"  # the scheduler's own row among the due jobs


def newest_seal() -> Seal | None:
    return Seal.objects.order_by("-number").first()


def unsealed() -> QuerySet[TrailEvent]:
    """Events without a position yet, in the order in which they will get one."""
    epoch = Epoch.objects.order_by("-number").first()
    seal = newest_seal()
    waiting = TrailEvent.objects.order_by("xid", "id")
    if connection.vendor == "sqlite":  # one writer at a time: the id alone says the order, and its index is the table
        waiting = TrailEvent.objects.order_by("id")
    if epoch is not None and epoch.after_id:
        waiting = waiting.filter(id__gt=epoch.after_id)
    if seal is None or (epoch is not None and seal.epoch != epoch.number):
        return waiting
    if connection.vendor == "sqlite":
        return waiting.filter(id__gt=seal.last_id)
    return waiting.filter(Q(xid__gt=seal.last_xid) | Q(id__gt=seal.last_id), xid__gte=seal.last_xid)


def seal_lag(first: TrailEvent | None) -> timedelta:
    """How long the oldest unsealed event has waited. first: of `unsealed()`."""
    return max(timedelta(), clock.now() - first.at) if first else timedelta()


def at_most(rows: "QuerySet[TrailEvent] | QuerySet[Reaction]") -> int:
    """How many rows, counted up to MOST_COUNTED."""
    return rows[:MOST_COUNTED].count()


def sinks_with_lag() -> list[tuple[CheckpointSink, timedelta]]:
    """Each sink in use, and for how long a checkpoint has waited for it."""
    missed = Checkpoint.objects.filter(size__gt=OuterRef("acknowledged_size")).order_by("size")
    found = CheckpointSink.objects.filter(is_active=True).annotate(waiting_since=Subquery(missed.values("signed_at")[:1]))
    now = clock.now()
    return [(sink, _since(sink, now)) for sink in found]


def _since(sink: CheckpointSink, now: datetime) -> timedelta:
    since: datetime | None = getattr(sink, "waiting_since", None)
    return max(timedelta(), now - max(since, sink.created_at)) if since else timedelta()


def dead_reactions() -> "QuerySet[Reaction]":
    return Reaction.objects.filter(state=Reaction.State.DEAD)


def waiting_reactions() -> "QuerySet[Reaction]":
    return Reaction.objects.filter(state=Reaction.State.WAITING)


def scheduler_age(run: DueRun | None) -> timedelta | None:
    """How long ago the scheduler was seen; None: never."""
    return max(timedelta(), clock.now() - run.started_at) if run and run.started_at else None
