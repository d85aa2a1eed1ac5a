"""The sealer: events that can get no predecessor any more get their positions, a place in the tree and a link in the chain.

Inserting an event takes no lock on any head. One sealer at a time takes the events below the oldest running transaction,
so that what commits late is never passed over, and adds a `Seal`; the events themselves are never touched.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import psycopg
from django.db import connection, transaction

from agents import clock
from agents.audit import epochs
from agents.audit.models import Epoch, Seal, TreeNode
from agents.audit.trail import plain
from agents.audit.verifier.chain import NOTHING, SealRow
from agents.audit.verifier.merkle import Tree

logger = logging.getLogger(__name__)
BATCH = 10_000
LOCK = 0x4D616E64_5365616C  # "MandSeal": the advisory lock of the one sealer

READY = (
    "SELECT xid, id, body, digest FROM audit_trailevent WHERE (xid, id) > (%s, %s) AND id > %s {bound} ORDER BY xid, id LIMIT %s"
)
# Asked apart, of the same rows in the same order: reading ten thousand times in Python costs more than all the hashing.
LATEST = (
    "SELECT max(at) FROM (SELECT at FROM audit_trailevent WHERE (xid, id) > (%s, %s) AND id > %s"
    " ORDER BY xid, id LIMIT %s) AS batch"
)
SETTLED = "AND xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"  # no running transaction can come before


class NotSealed(Exception):
    """An event's bytes do not fit its digest. It is not given the seal's blessing; the sentence names it."""


@dataclass(frozen=True)
class Batch:
    """last_at: the latest time its events name, which need not be the last event's."""

    leaves: Sequence[bytes]
    last_xid: int
    last_id: int
    last_at: datetime


def seal() -> int:
    """All events that can be sealed are; how many were. Another sealer at work: 0. Raises NotSealed."""
    sealed = 0
    while is_anything_waiting():
        with transaction.atomic():
            count = seal_batch() if alone() else 0
        sealed += count
        if count < BATCH:
            break
    return sealed


def meet_the_server() -> None:
    """Before anything is written on it: a database that moved to another server begins a new epoch there."""
    with transaction.atomic():
        if alone():
            _current_epoch()


def is_anything_waiting() -> bool:
    """A look that takes no lock: mostly there is nothing to seal."""
    epoch, newest = epochs.newest(), Seal.objects.order_by("-number").first()
    if epoch is None or newest is None or newest.epoch != epoch.number or epoch.server != epochs.server_id():
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM audit_trailevent WHERE (xid, id) > (%s, %s) AND id > %s)",
            [newest.last_xid, newest.last_id, epoch.after_id],
        )
        return bool(cursor.fetchone()[0])


def alone() -> bool:
    """Whether this transaction is the one that may seal. SQLite: whoever writes is alone already."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def seal_batch(limit: int = BATCH, *, is_everything_committed: bool = False) -> int:
    """One more seal over at most `limit` events, in the caller's transaction; how many.

    is_everything_committed: nothing is being written (the portal is read-only), so no event is waited for.
    """
    epoch = _current_epoch()
    return _seal(epoch, limit, is_everything_committed=is_everything_committed)


def _current_epoch() -> Epoch:
    """The epoch events belong to now; a database that moved to another server begins a new one."""
    epoch = epochs.newest() or epochs.begin_first()
    if epoch.server == epochs.server_id():
        return epoch
    while _seal(epoch, BATCH, is_everything_committed=True):
        pass
    return epochs.begin(epoch.number + 1, reason="The database moved to another server.")


def _seal(epoch: Epoch, limit: int, *, is_everything_committed: bool) -> int:
    before = Seal.objects.order_by("-number").first()
    batch = _ready(epoch, before, limit, is_everything_committed=is_everything_committed)
    if batch is None:
        return 0
    tree = Tree(before.size, bytes(before.frontier)) if before else Tree()
    tree.extend(batch.leaves)
    _keep(epoch, before, batch, tree)
    return len(batch.leaves)


def _ready(epoch: Epoch, before: Seal | None, limit: int, *, is_everything_committed: bool) -> Batch | None:
    start = (before.last_xid, before.last_id) if before and before.epoch == epoch.number else (-1, 0)
    bound = ""
    if connection.vendor == "postgresql" and not is_everything_committed:
        bound = SETTLED
    rows = _rows(READY.format(bound=bound), [*start, epoch.after_id, limit])
    if not rows:
        return None
    leaves = []
    for row in rows:
        leaf = sha256(b"\x00" + row[2]).digest()
        if leaf != row[3]:
            raise NotSealed(f"The bytes of event {row[1]} do not fit its digest.")
        leaves.append(leaf)
    last_xid, last_id = rows[-1][:2]
    [(latest,)] = _rows(LATEST, [*start, epoch.after_id, len(rows)])
    return Batch(leaves, last_xid, last_id, _moment(latest))


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """PostgreSQL sends bytes as bytes; through Django's own cursor they come as text that has to be read first.

    Planned each time: a plan for any limit would read the whole table.
    """
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        raw: psycopg.Connection[tuple[Any, ...]] = cast(Any, connection.connection)
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            return cursor.execute(statement.encode(), values, binary=True, prepare=False).fetchall()
    with connection.cursor() as plain_cursor:
        plain_cursor.execute(statement, values)
        return list(plain_cursor.fetchall())


def _moment(value: Any) -> datetime:
    """A raw time of either database, aware."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.now().tzinfo)


def _keep(epoch: Epoch, before: Seal | None, batch: Batch, tree: Tree) -> None:
    sealed_at = clock.now()
    row = SealRow(
        number=before.number + 1 if before else 1,
        epoch=epoch.number,
        size=tree.size,
        count=len(batch.leaves),
        last_xid=batch.last_xid,
        last_id=batch.last_id,
        last_at=str(plain(batch.last_at)),
        root=tree.root,
        frontier=tree.frontier,
        previous=bytes(before.digest) if before else NOTHING,
        digest=b"",
        sealed_at=str(plain(sealed_at)),
    )
    Seal.objects.create(
        **{
            **vars(row),
            "digest": row.should_be(epochs.as_row(epoch)),
            "last_at": batch.last_at,
            "sealed_at": sealed_at,
        }
    )
    TreeNode.objects.bulk_create(
        [TreeNode(level=level, index=index, hash=hashed) for level, index, hashed in tree.kept], batch_size=500
    )
