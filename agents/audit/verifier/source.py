"""Reads the rows of a trail, in order and a few at a time, from any database that speaks this little SQL."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from agents.audit.verifier.chain import CheckpointRow, EpochRow, EventRow, Query, Removed, SealRow

EVENT_COLUMNS = "xid, id, {at}, event, target_kind, target_key, about, actor_kind, actor_key, body, digest"


def moment_of_sqlite(column: str) -> str:
    """A stored time as ISO 8601 in UTC with microseconds."""
    return (
        f"CASE WHEN instr({column}, 'T') THEN {column}"  # an export spells it so already
        f" ELSE replace({column}, ' ', 'T') || CASE WHEN instr({column}, '.') THEN '' ELSE '.000000' END || '+00:00' END"
    )


class Source:
    """query: rows of one SELECT, lazily; moment: SQL that spells a column's time as ISO 8601."""

    def __init__(self, query: Query, moment: Callable[[str], str] = moment_of_sqlite) -> None:
        self.query = query
        self.moment = moment

    def epochs(self) -> list[EpochRow]:
        columns = "number, after_id, size_before, server, common_size, lost_size, lost_root"
        found = []
        for *facts, lost_root in self.query(f"SELECT {columns} FROM audit_epoch ORDER BY number"):  # noqa: S608
            number, after_id, size_before, server, common_size, lost_size = facts
            root = None if lost_root is None else bytes(lost_root)
            found.append(EpochRow(number, after_id, size_before, server, common_size, lost_size, root))
        return found

    def seals(self) -> Iterator[SealRow]:
        last_at, sealed_at = self.moment("last_at"), self.moment("sealed_at")
        rows = self.query(
            f"SELECT number, epoch, size, count, last_xid, last_id, {last_at}, root, frontier, previous, digest, {sealed_at}"  # noqa: S608
            " FROM audit_seal ORDER BY number"
        )
        for row in rows:
            root, frontier, previous, digest = (bytes(part) for part in row[7:11])
            yield SealRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], root, frontier, previous, digest, row[11])

    def events(self, after_id: int | None, up_to_id: int | None) -> Iterator[EventRow]:
        """The events of one epoch in the order in which they are sealed.

        after_id: None for the first epoch, so that no number is too small to be seen; up_to_id: where the next one begins.
        """
        bounds = [f"id > {after_id:d}"] if after_id is not None else []
        bounds += [f"id <= {up_to_id:d}"] if up_to_id is not None else []
        where = f"WHERE {' AND '.join(bounds)} " if bounds else ""
        columns = EVENT_COLUMNS.format(at=self.moment("at"))
        yield from self.query(
            f"SELECT {columns} FROM audit_trailevent {where}ORDER BY xid, id"  # noqa: S608
        )

    def checkpoints(self) -> Iterator[CheckpointRow]:
        for row in self.query("SELECT id, epoch, size, root, note FROM audit_checkpoint ORDER BY id"):
            yield CheckpointRow(row[0], row[1], row[2], bytes(row[3]), row[4])

    def removed(self) -> list[Removed]:
        rows = self.query("SELECT first_seal, last_seal, size, count, root FROM audit_removedsegment ORDER BY first_seal")
        return [Removed(row[0], row[1], row[2], row[3], bytes(row[4])) for row in rows]

    def nodes(self) -> dict[tuple[int, int], bytes]:
        """The kept tree nodes: one for every 256 events."""
        return {(row[0], row[1]): bytes(row[2]) for row in self.query('SELECT level, "index", hash FROM audit_treenode')}


def of_sqlite(path: Path) -> Source:
    """A trail in an SQLite file: an export, or the database of an embedded portal. Only read. Raises OSError, sqlite3.Error."""
    if not path.is_file():
        raise FileNotFoundError(path)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)

    def query(statement: str) -> Iterator[tuple[object, ...]]:
        cursor = connection.execute(statement)
        while rows := cursor.fetchmany(2000):
            yield from rows

    return Source(query)
