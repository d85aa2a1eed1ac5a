"""The trail of this portal, as the verifier reads it: streamed, from whichever database it lives in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from django.db import connection, transaction

from agents.audit import keys, outside
from agents.audit.verifier.check import Progress, verify
from agents.audit.verifier.folder import notes_of
from agents.audit.verifier.report import Report
from agents.audit.verifier.source import Source, moment_of_sqlite

AT_ONCE = 5_000


def check(tell: Progress | None = None, *, checkpoints: Path | None = None) -> Report:
    """The report on this portal's own trail, against the checkpoint folder (or another one).

    Raises BadNote when keys.txt cannot be read.
    """
    with transaction.atomic():
        notes = list(notes_of(checkpoints or outside.folder()))
        return verify(source(), keys=keys.trusted(), origin=keys.origin(), outside=notes, tell=tell)


def source() -> Source:
    """Needs a transaction around it on PostgreSQL: rows come through cursors on the server."""
    return Source(_on_server, moment_of_postgresql) if connection.vendor == "postgresql" else Source(_here, moment_of_sqlite)


def moment_of_postgresql(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""


def _on_server(statement: str) -> Iterator[tuple[Any, ...]]:
    connection.ensure_connection()
    raw = cast(Any, connection.connection)
    with raw.cursor(name=f"verify_{id(object()):x}", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(statement)
        yield from cursor


def _here(statement: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows
