"""Epochs: the first, the one after a move to another server, and the one after a restored backup."""

from django.db import connection
from django.db.models import Max

from agents import clock
from agents.audit.models import Epoch, Seal, TrailEvent
from agents.audit.verifier.chain import EpochRow


def server_id() -> str:
    """What tells one PostgreSQL server from another: its transaction ids mean nothing elsewhere. Empty on SQLite."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        return str(cursor.fetchone()[0])


def newest() -> Epoch | None:
    return Epoch.objects.order_by("-number").first()


def begin_first() -> Epoch:
    """The trail's first epoch, begun by whoever seals first."""
    return Epoch.objects.create(number=1, begun_at=clock.now(), server=server_id(), reason="The trail began.")


def begin(
    number: int, *, reason: str, common_size: int | None = None, lost_size: int | None = None, lost_root: bytes | None = None
) -> Epoch:
    """A new epoch after all events there are; they must be sealed already. In the caller's transaction."""
    newest_seal = Seal.objects.order_by("-number").first()
    return Epoch.objects.create(
        number=number,
        begun_at=clock.now(),
        after_id=TrailEvent.objects.aggregate(newest=Max("id"))["newest"] or 0,
        size_before=newest_seal.size if newest_seal else 0,
        server=server_id(),
        reason=reason[:500],
        common_size=common_size,
        lost_size=lost_size,
        lost_root=lost_root,
    )


def as_row(epoch: Epoch) -> EpochRow:
    """The epoch as its digest spells it."""
    lost_root = None if epoch.lost_root is None else bytes(epoch.lost_root)
    return EpochRow(epoch.number, epoch.after_id, epoch.size_before, epoch.server, epoch.common_size, epoch.lost_size, lost_root)
