"""Writing an event costs little more than the bare row: a transaction each, flushed to the disk, one after the other in turns."""

import statistics
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction

from agents.audit.events import Event
from agents.audit.models import TrailEvent, TrailRef
from agents.audit.trail import record
from tests.bench.ratio import is_at_least
from tests.bench.trail import bare_table
from tests.database import TestDatabase
from tests.people import TEST

PAIRS = 2_000  # in turns, since a disk's mood lasts longer than one transaction
TARGET = TrailRef("grant", "9a0b1c2d-3e4f-4a5b-8c6d-000000000001", "Invoice robot: records:export", "agent:7f3b9f5e")


@pytest.mark.bench
@pytest.mark.postgresql
def test_append_costs_little_more_than_a_bare_insert(own_database: TestDatabase) -> None:
    table = bare_table(own_database)
    with psycopg.connect(own_database.environment["DATABASE_URL"]) as bare, connection.cursor() as cursor:
        assert bare.execute("SHOW fsync").fetchone() == ("on",), "start the services with --durable"
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        tell()
        told = TrailEvent.objects.get()
        columns = [field.attname for field in TrailEvent._meta.fields if field.attname not in ("id", "xid")]
        values = [getattr(told, column) for column in columns]
        statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id".encode()
        )

        def insert() -> None:
            bare.execute(statement, values).fetchone()
            bare.commit()

        took: dict[Callable[[], None], list[float]] = {insert: [], tell: []}
        for pair in range(PAIRS + 100):
            for once in (insert, tell) if pair % 2 else (tell, insert):
                started = time.perf_counter()
                once()
                took[once].append(time.perf_counter() - started)
    theirs, ours = (1 / statistics.median(took[once][100:]) for once in (insert, tell))
    assert is_at_least("events in transactions of their own, of the same bare INSERT", ours, theirs, 0.85)


def tell() -> None:
    with transaction.atomic():
        record(
            Event.GRANT_HELD,
            TARGET,
            by=TEST,
            reason="The project has ended",
            before={"state": "active"},
            after={"state": "held", "hold_until": "2026-11-24T10:10:00.000000+00:00"},
        )
