"""Writing an event costs little more than the bare row: a transaction each, flushed to the disk, in turns."""

import statistics
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction

from agents.audit.events import Event
from agents.audit.models import TrailEvent, TrailRef
from agents.audit.trail import record
from tests.bench.ratio import at_least
from tests.bench.trail import bare_table
from tests.database import TestDatabase
from tests.people import TEST

ROUNDS, TRANSACTIONS = 15, 200
TARGET = TrailRef("grant", "9a0b1c2d-3e4f-4a5b-8c6d-000000000001", "Invoice robot: records:export", "agent:7f3b9f5e")


@pytest.mark.bench
@pytest.mark.postgresql
def test_append_costs_little_more_than_a_bare_insert(own_database: TestDatabase) -> None:
    table = bare_table(own_database)
    with psycopg.connect(own_database.environment["DATABASE_URL"]) as bare, connection.cursor() as cursor:
        must_be_durable(bare)
        tell()
        told = TrailEvent.objects.get()
        values = [getattr(told, field.attname) for field in TrailEvent._meta.fields if field.attname not in ("id", "xid")]
        columns = "at, event, target_kind, target_key, about, actor_kind, actor_key, body, digest"
        statement = f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * 9)}) RETURNING id".encode()
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)

        def insert() -> None:
            bare.execute(statement, values).fetchone()
            bare.commit()

        ours, theirs = [], []
        for _round in range(ROUNDS):
            theirs.append(rate(insert))
            ours.append(rate(tell))
    at_least(
        "events in transactions of their own, of the same bare INSERT", statistics.median(ours), statistics.median(theirs), 0.85
    )


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


def rate(once: Callable[[], None]) -> float:
    """How many a second."""
    started = time.perf_counter()
    for _turn in range(TRANSACTIONS):
        once()
    return TRANSACTIONS / (time.perf_counter() - started)


def must_be_durable(bare: "psycopg.Connection[tuple[str]]") -> None:
    """A flush that does not happen would flatter nobody but the bench."""
    assert bare.execute("SHOW fsync").fetchone() == ("on",), "start the services with --durable"
