"""One event into its table, by the shortest way there is: every governance change waits for it."""

from typing import Any

import psycopg
from django.db import connection

from agents.audit.models import TrailEvent

COLUMNS = ("at", "event", "target_kind", "target_key", "about", "actor_kind", "actor_key", "body", "digest")
INSERT = f"INSERT INTO audit_trailevent ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))}) RETURNING id, xid"  # noqa: S608


def append(row: TrailEvent) -> None:
    """The row is in the table and knows its id and the transaction that wrote it.

    Measured: the ORM's insert costs a third of a millisecond more, which is a tenth of a flushed transaction.
    """
    values = [connection.ops.adapt_datetimefield_value(row.at), *(getattr(row, column) for column in COLUMNS[1:])]
    row.id, row.xid = _prepared(values) if connection.vendor == "postgresql" else _plain(values)
    row._state.adding, row._state.db = False, connection.alias


def _prepared(values: list[Any]) -> tuple[int, int]:
    """PostgreSQL plans it once a connection. Django's own cursor would send it as text to be planned each time."""
    raw: psycopg.Connection[tuple[int, int]] = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        found = cursor.execute(INSERT, values, prepare=True).fetchone()
    if found is None:
        raise psycopg.DatabaseError("PostgreSQL did not say which id the event got.")
    return found


def _plain(values: list[Any]) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        found: tuple[int, int] = cursor.fetchone()
    return found
