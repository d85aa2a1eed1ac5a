"""Labels of people in the trail: encrypted inside the hashed bytes, read in bulk, unreadable once erased."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import clock
from agents.access.models import Grant
from agents.audit import labels, personal
from agents.audit.events import Event
from agents.audit.models import LabelKey, TrailEvent, TrailRef
from agents.audit.personal import Personal
from agents.audit.trail import LEAF, exact_bytes, record
from agents.people.actions import people, roles
from agents.people.choices import Role
from agents.registry.actions import shares, systems
from agents.registry.models import Agent
from reviews.actions import campaigns
from tests.builders import agent_at, grant_at
from tests.people import TEST, Cast, person

pytestmark = pytest.mark.django_db
THING = TrailRef("system", "7", "Records")


def newest(event: Event) -> TrailEvent:
    return TrailEvent.objects.filter(event=event).order_by("-id")[0]


def settled() -> None:
    """Every key is older than any transaction."""
    LabelKey.objects.update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    labels._known.clear()


def test_a_name_stands_in_the_bytes_only_as_a_token_and_is_read_as_it_was(cast: Cast) -> None:
    body = bytes(newest(Event.PERSON_JOINED).body)
    quill = people.join(email="quill@example.org", name="Quill Feather", by=cast.ada, job_title="Night nurse", manager=cast.dan)
    event = newest(Event.PERSON_JOINED)
    assert body != bytes(event.body)
    for text in ("Quill Feather", "quill@example.org", "Night nurse", "Ada", "Dan"):
        assert text.encode() not in bytes(event.body)
    assert (event.target_label, event.actor_label) == ("Quill Feather", "Ada")
    told = {"email": "quill@example.org", "name": "Quill Feather", "job_title": "Night nurse", "manager": "Dan"}
    assert told.items() <= event.after.items()
    assert event.written["target"]["label"].keys() == {"of", "enc"}
    assert event.written["target"]["label"]["of"] == str(quill.uid)
    assert bytes(event.digest) == hashlib.sha256(LEAF + bytes(event.body)).digest()


def test_no_event_of_a_whole_story_holds_the_name_of_anybody(cast: Cast) -> None:
    """Names as rare as these would be found anywhere in the bytes."""
    for user in cast.everybody.values():
        people.change(user, by=TEST, name=f"{user.name} Quillonstone")
    told = TrailEvent.objects.order_by("-id")[0].pk
    for user in cast.everybody.values():
        user.refresh_from_db()
    grant_at(Grant.State.REVOKED, cast)
    campaigns.open_due()
    everything = b"".join(bytes(body) for body in TrailEvent.objects.filter(pk__gt=told).values_list("body", flat=True))
    assert len(everything) > 2_000
    assert b"Quillonstone" not in everything


def test_a_role_and_a_share_hold_the_persons_name_as_a_part(cast: Cast) -> None:
    quill = person("Quillon")
    roles.assign(quill, Role.REVIEWER, by=cast.ada)
    agent = agent_at(Agent.State.ACTIVE, cast)
    shares.give(agent, to=quill, until=clock.now() + timedelta(days=1), by=cast.bob)
    assigned, given = newest(Event.ROLE_ASSIGNED), newest(Event.SHARE_GIVEN)
    assert (assigned.target_label, given.target_label) == ("reviewer: Quillon", "Discharge summariser: Quillon")
    assert given.after["person"] == "Quillon"
    assert b"Quillon" not in bytes(assigned.body) + bytes(given.body)


def test_what_is_plain_stays_plain_even_where_it_looks_like_a_token() -> None:
    odd = {"of": "x", "enc": "y"}
    with transaction.atomic():
        event = record(Event.SYSTEM_CHANGED, THING, by=TEST, after={"facts": {"deep": [odd]}, "of": "z"})
    assert event.after == {"facts": {"deep": [odd | {"": ""}]}, "of": "z"}


def test_bytes_of_the_first_version_are_read_as_they_are() -> None:
    facts = {"v": 1, "event": "system.changed", "reason": "", "before": {}, "after": {"facts": {"of": "x"}}, "request_id": ""}
    facts |= {"target": {"kind": "person", "key": "1", "label": "Old Name"}, "actor": {"kind": "person", "label": "Ann"}}
    old = TrailEvent(body=exact_bytes(facts))
    assert labels.load([old]) == [old]
    assert (old.target_label, old.actor_label, old.after) == ("Old Name", "Ann", {"facts": {"of": "x"}})


def test_a_token_opens_for_its_own_person_only() -> None:
    key = bytes(32)
    token = personal.closed(Personal("a", "Ann"), key)
    assert personal.opened(token, key) == "Ann"
    assert personal.opened(token | {"of": "b"}, key) is None
    assert personal.opened(token | {"enc": "no base64"}, key) is None


def test_once_erased_the_old_words_are_gone_and_new_ones_never_stand(cast: Cast) -> None:
    settled()
    before = newest(Event.PERSON_JOINED)
    subject = before.written["target"]["label"]["of"]
    digest = bytes(before.digest)
    LabelKey.objects.filter(person_key=subject).update(key=None, erased_at=clock.wall())
    labels.forget(subject)
    with transaction.atomic():
        after = record(Event.PERSON_CHANGED, TrailRef("person", subject, "Sam"), by=TEST)
    assert after.written["target"]["label"] == {"of": subject}
    for event in (TrailEvent.objects.get(pk=before.pk), after):
        assert event.target_label == "a person who was erased"
    assert LabelKey.objects.filter(person_key=subject).count() == 1
    assert digest == hashlib.sha256(LEAF + bytes(before.body)).digest()


def test_writing_asks_the_database_for_no_key_in_the_steady_state(cast: Cast) -> None:
    settled()
    with transaction.atomic():
        record(Event.SYSTEM_CHANGED, THING, by=cast.ann, after={"owner": cast.cat})
        with CaptureQueriesContext(connection) as asked:
            record(Event.SYSTEM_CHANGED, THING, by=cast.ann, after={"owner": cast.cat})
    assert [query["sql"] for query in asked if "labelkey" in query["sql"]] == []


def test_a_key_that_may_still_be_undone_is_never_used_from_memory(cast: Cast) -> None:
    somebody = TrailRef("person", "somebody", "Some Body")
    with transaction.atomic():
        undone = transaction.savepoint()
        assert record(Event.PERSON_CHANGED, somebody, by=TEST).target_label == "Some Body"
        transaction.savepoint_rollback(undone)
        assert not LabelKey.objects.filter(person_key="somebody").exists()
        event = record(Event.PERSON_CHANGED, somebody, by=TEST)
    assert event.target_label == "Some Body"
    assert LabelKey.objects.filter(person_key="somebody").count() == 1


def test_a_page_of_events_takes_one_query_for_all_its_people(cast: Cast) -> None:
    grant_at(Grant.State.ACTIVE, cast)
    labels._known.clear()
    events = list(TrailEvent.objects.all())
    with CaptureQueriesContext(connection) as asked:
        named = {event.actor_label for event in labels.load(events)} | {str(event.after) for event in events}
    assert {"Ann", "Bob", "Cat"} <= named
    assert len(asked) == 1


def test_a_stream_is_loaded_by_the_hundred(cast: Cast) -> None:
    labels._known.clear()
    with CaptureQueriesContext(connection) as asked:
        told = [event.target_label for event in labels.loaded(TrailEvent.objects.iterator())]
    assert len(told) == TrailEvent.objects.count()
    assert len([query for query in asked if "labelkey" in query["sql"]]) == 1


def test_a_moved_clock_does_not_age_a_key(cast: Cast) -> None:
    with clock.moved_to(datetime(2025, 1, 1, tzinfo=UTC)):
        quill = person("Quillon")
    assert LabelKey.objects.get(person_key=str(quill.uid)).created_at > datetime(2026, 1, 1, tzinfo=UTC)


def test_an_owner_is_told_by_token(cast: Cast) -> None:
    systems.change_owner(cast.mail, owner=cast.dan, by=cast.cat)
    event = newest(Event.SYSTEM_CHANGED)
    assert (event.before, event.after) == ({"owner": "Cat"}, {"owner": "Dan"})
    assert json.loads(bytes(event.body))["after"]["owner"]["of"] == str(cast.dan.uid)
