"""The trail cannot be written: whatever is asked, nothing changes and it is said (503).

`tests/test_matrix.py` fails for an address that takes a POST and is not in `tests/writes.py`.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from agents import clock
from agents.audit import gate
from agents.audit.models import DueRun, IdempotentCall, Rollback, Seal, TrailEvent
from agents.people.models import User
from tests.database import TestDatabase
from tests.people import PASSWORD, assemble
from tests.test_portal.test_start import answers
from tests.trails import seal_all
from tests.writes import SIGN_IN, WRITES, Estate, Write, estate

NOT_COUNTED = (Session, IdempotentCall, DueRun)
SQLITE = """CREATE TRIGGER test_no_event BEFORE INSERT ON audit_trailevent
BEGIN SELECT RAISE(ABORT, 'the trail cannot be written'); END"""
POSTGRESQL = """CREATE FUNCTION test_no_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the trail cannot be written'; END $$;
CREATE TRIGGER test_no_event BEFORE INSERT ON audit_trailevent FOR EACH ROW EXECUTE FUNCTION test_no_event()"""


@contextmanager
def broken_trail() -> Iterator[None]:
    """No event can be written, as long as it lasts."""
    _as_owner(POSTGRESQL if connection.vendor == "postgresql" else SQLITE)
    yield
    _as_owner("DROP TRIGGER test_no_event" + (" ON audit_trailevent" if connection.vendor == "postgresql" else ""))


def _as_owner(statement: str) -> None:
    if connection.vendor == "postgresql":
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute(statement)
    else:
        with connection.cursor() as cursor:
            cursor.execute(statement)


def everything() -> dict[str, str]:
    """A checksum of all rows of each table."""
    models = [model for model in apps.get_models(include_auto_created=True) if model not in NOT_COUNTED]
    return {model._meta.db_table: _checksum(model) for model in models if model._meta.managed}


def _checksum(model: type[Model]) -> str:
    rows = model._base_manager.order_by("pk").values_list()
    return hashlib.sha256(
        repr([tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows]).encode()
    ).hexdigest()


def desk(person: User | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def world(own_database: TestDatabase) -> Estate:
    return estate(assemble())


@pytest.fixture
def desks(world: Estate) -> dict[str, Client]:
    """Everybody has signed in before anything is counted."""
    return {who: desk(person) for who, person in world.cast.everybody.items()}


def send(desks: dict[str, Client], name: str, write: Write, world: Estate, **headers: str) -> HttpResponse:
    client = desks[write.who]
    return getattr(client, write.method)(reverse(name, kwargs=write.needs(world)), write.body(world), headers=headers or None)  # type: ignore[no-any-return]


def test_each_write_is_told_and_without_the_trail_none_of_them_happens(world: Estate, desks: dict[str, Client]) -> None:
    for name, write in WRITES.items():  # each of them would succeed
        with transaction.atomic():
            before = TrailEvent.objects.count()
            assert send(desks, name, write, world).status_code in {200, 302}, name
            assert TrailEvent.objects.count() > before, name
            transaction.set_rollback(True)
    before_all = everything()
    with broken_trail():
        wrong = {}
        for name, write in WRITES.items():
            for headers in ({}, {"Accept": "application/json"}, {"HX-Request": "true"}, {"Idempotency-Key": f"fault-{name}"}):
                answer = send(desks, name, write, world, **headers)
                changed = {table for table, checksum in everything().items() if checksum != before_all[table]}
                if answer.status_code != 503 or "Nothing was changed" not in answer.content.decode() or changed:
                    wrong[name, *headers] = answer.status_code, changed
        assert not wrong
        assert not IdempotentCall.objects.exists()  # what did not happen may be asked for again with the same key
        for path in ("/", "/inbox/", "/agents/", f"/agents/{world.working.slug}/", "/trail/", "/work/", "/readyz"):
            assert desks["ada"].get(path).status_code == 200, path
    for name in ("agent_suspend", "work_retry"):  # and when the trail is back, it works
        assert send(desks, name, WRITES[name], world, **{"Idempotency-Key": f"fault-{name}"}).status_code == 302


def test_a_program_reads_what_did_not_happen_and_what_to_do(world: Estate, desks: dict[str, Client]) -> None:
    with broken_trail():
        answer = send(desks, "agent_suspend", WRITES["agent_suspend"], world, Accept="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"] == "30"
    assert json.loads(answer.content)["detail"].startswith(
        "It could not be written down, so it was not done. Nothing was changed."
    )


def test_an_empty_portal_is_not_founded_without_a_trail(own_database: TestDatabase, settings: Settings) -> None:
    settings.MANDATE_DEMO = False
    before = everything()
    with broken_trail():
        assert desk(None).post("/start/", answers()).status_code == 503
        assert everything() == before
    assert desk(None).post("/start/", answers()).status_code == 302
    assert TrailEvent.objects.filter(event="organisation.founded").count() == 1


def test_a_restored_backup_is_not_acknowledged_without_a_trail(own_database: TestDatabase) -> None:
    ada = desk(assemble().ada)
    seal_all()
    newest = Seal.objects.latest("number")
    Rollback.objects.create(
        detected_at=clock.now(),
        known_epoch=newest.epoch,
        known_size=newest.size + 1,
        known_root=b"r" * 32,
        found_size=newest.size,
        found_root=newest.root,
    )
    gate.forget()
    before = everything()
    with broken_trail():
        assert ada.post("/restore/", {"reason": "The disk died."}).status_code == 503
        assert everything() == before
    assert ada.post("/restore/", {"reason": "The disk died."}).status_code == 302
    assert TrailEvent.objects.filter(event="rollback.acknowledged").count() == 1


def test_sign_in_changes_nothing_the_trail_tells_of(own_database: TestDatabase) -> None:
    """So it works without one; a second person's look is not needed to come in, only to change something."""
    assert set(_sign_in_names(get_resolver().url_patterns, "")) == set(SIGN_IN)
    cast = assemble()
    before = TrailEvent.objects.count()
    client = Client()
    with broken_trail():
        assert client.post("/accounts/login/", {"login": cast.ann.email, "password": PASSWORD})["Location"] == "/"
        changed = {"oldpassword": PASSWORD, "password1": "quiet harbour 1843 lantern", "password2": "quiet harbour 1843 lantern"}
        assert client.post("/accounts/password/change/", changed).status_code == 302
        assert client.post("/accounts/logout/").status_code == 302
    assert TrailEvent.objects.count() == before


def _sign_in_names(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _sign_in_names(pattern.url_patterns, path)
        elif path.startswith("accounts/") and pattern.name:
            yield pattern.name
