"""The trail: written with the change, exact, append-only in the database itself."""

import hashlib
import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from agents.audit import protection
from agents.audit.context import coming_from
from agents.audit.events import Event
from agents.audit.models import TrailEvent, TrailRef
from agents.audit.trail import record
from tests.people import TEST

pytestmark = pytest.mark.django_db
SUBJECT = TrailRef("agent", "42", "Ärztin's agent ✓")


def write() -> TrailEvent:
    with transaction.atomic():
        return record(Event.AGENT_CHANGED, SUBJECT, by=TEST, reason="why", before={"a": 1}, after={"a": 2})


def test_the_stored_bytes_are_the_canonical_spelling_and_their_leaf_hash() -> None:
    event = TrailEvent.objects.get(pk=write().pk)
    body = bytes(event.body)
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert bytes(event.digest) == hashlib.sha256(b"\x00" + body).digest()
    assert (event.target_label, event.reason, event.before, event.after) == (SUBJECT.label, "why", {"a": 1}, {"a": 2})


def test_an_event_names_the_request_and_the_address_it_came_from() -> None:
    with coming_from("request-7", "192.0.2.1"):
        event = write()
    assert (event.request_id, event.address) == ("request-7", "192.0.2.1")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trailevent SET target_key = 'x'",
        "DELETE FROM audit_trailevent",
        "UPDATE audit_trailevent SET body = body WHERE id = %(id)s",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_event(statement: str) -> None:
    event = write()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.replace("%(id)s", str(event.pk)))
    assert TrailEvent.objects.get().target_key == "42"


@pytest.mark.sqlite
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
def test_sqlite_refuses_to_replace_an_event(verb: str) -> None:
    event = write()
    columns = "id, at, event, target_kind, target_key, about, actor_kind, actor_key, body, digest"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} INTO audit_trailevent ({columns}) SELECT {columns} FROM audit_trailevent WHERE id = {event.pk}")


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement",
    ["TRUNCATE audit_trailevent", "ALTER TABLE audit_trailevent DISABLE TRIGGER ALL", "DROP TABLE audit_trailevent"],
)
def test_the_app_role_cannot_reach_the_protection(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_trigger_is_missing_and_the_check_is_quiet() -> None:
    assert protection.missing_triggers(connection) == []
    assert protection.check_protection(databases=["default"]) == []


@pytest.mark.sqlite
def test_a_missing_trigger_is_found_by_the_check_and_put_back_by_migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_trailevent_no_delete")
    [found] = protection.check_protection(databases=["default"])
    assert found.id == "audit.E001"
    assert "audit_trailevent_no_delete" in found.msg
    assert "migrate --skip-checks" in str(found.hint)
    call_command("migrate", skip_checks=True, verbosity=0)
    assert protection.missing_triggers(connection) == []
    assert not TrailEvent.objects.exists()  # nothing stood unguarded


@pytest.mark.sqlite
def test_a_guard_that_was_missing_over_rows_is_told_when_it_is_put_back() -> None:
    write()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_trailevent_no_update")
    call_command("migrate", skip_checks=True, verbosity=0)
    told = TrailEvent.objects.get(event=Event.PROTECTION_RESTORED)
    assert (told.target_label, told.after) == ("audit_trailevent", {"guards": ["audit_trailevent_no_update"]})
    call_command("migrate", verbosity=0)
    assert TrailEvent.objects.count() == 2
