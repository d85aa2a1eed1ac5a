"""The verifier finds every attack of the corpus, whoever makes it, and has nothing to say about an honest trail."""

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import transaction

from agents.audit import keys, live, outside
from agents.audit.verifier.folder import notes_of
from agents.audit.verifier.source import Source, moment_of_sqlite
from tests.database import TestDatabase
from tests.services import OWNER_VARIABLE, SUPERUSER_VARIABLE
from tests.test_audit.attacks import BATCHES, TABLES, Attacker
from tests.test_audit.more_attacks import ATTACKS
from tests.trails import seal, sign, tell, trail, trail_home  # noqa: F401  (a fixture)


@contextmanager
def attacking(database: TestDatabase, role: str) -> Iterator[Attacker]:
    """Somebody with full power over the database; what they do is taken back."""
    connection: Any
    if database.kind == "sqlite":
        connection = sqlite3.connect(database.django_name, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
    else:
        url = urlsplit(os.environ[role])._replace(path=f"/{database.name}").geturl()
        connection = psycopg.connect(url)
        for table in TABLES:
            connection.execute(f"ALTER TABLE audit_{table} DISABLE TRIGGER USER")
    mark = "?" if database.kind == "sqlite" else "%s"

    def run(statement: str, args: tuple[Any, ...]) -> Any:
        cursor = connection.execute(statement.replace("%s", mark), args)
        return cursor.fetchall() if cursor.description else []

    moment = moment_of_sqlite if database.kind == "sqlite" else live.moment_of_postgresql
    source = Source(lambda statement: iter(connection.execute(statement).fetchall()), moment)
    attacker = Attacker(run, source, keys.trusted(), list(notes_of(outside.folder())))
    attacker.ids = [row[0] for row in attacker.rows("SELECT id FROM audit_trailevent ORDER BY xid, id")]
    try:
        yield attacker
    finally:
        connection.rollback()
        connection.close()


def test_the_corpus_is_large_enough() -> None:
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("role", [OWNER_VARIABLE, SUPERUSER_VARIABLE])
def test_every_attack_is_found(own_database: TestDatabase, trail_home: Path, role: str) -> None:  # noqa: F811
    trail(random.Random(1), BATCHES)
    with attacking(own_database, role) as nobody:
        assert nobody.verify().lines()[-1] == "The trail is whole."
    missed = []
    for name, attack in ATTACKS.items():
        with attacking(own_database, role) as attacker:
            attack(attacker)
            if attacker.verify().is_well:
                missed.append(name)
    assert missed == []
    with attacking(own_database, role) as nobody:
        assert nobody.verify().is_well


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(15))
def test_an_honest_trail_raises_no_alarm(trail_home: Path, seed: int) -> None:  # noqa: F811
    assert honest(seed) == []


def honest(seed: int) -> list[str]:
    """The problems found in a random honest trail: any batches, any checkpoints, some events not sealed yet."""
    dice = random.Random(seed)
    for _batch in range(dice.randrange(6)):
        tell(dice.choice([0, 1, 2, 3, 17, 60]), dice)
        while seal(dice.choice([1, 2, 8, 100])) and dice.random() < 0.8:
            pass
        if dice.random() < 0.7 and seal() >= 0:
            with transaction.atomic():
                if live.check().sealed_count:
                    sign()
    tell(dice.randrange(4), dice)
    return live.check().problems
