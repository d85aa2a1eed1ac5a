"""The trail as a story."""

from pathlib import Path

import pytest
from django.db import transaction
from django.template import loader

from agents.access.models import Grant
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.audit.trail import record
from agents.registry.models import Agent
from portal.timeline import changes_of, sentence_of, story, worded
from tests.builders import agent_at, discovered, grant_at
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("event", list(Event))
def test_every_event_has_its_sentence(cast: Cast, event: Event) -> None:
    with transaction.atomic():
        told = record(event, cast.ann, by=cast.bob, reason="Because <b>so</b>.")
    assert sentence_of(told) == f"trail/{event}.html"
    text = loader.render_to_string(sentence_of(told), {"event": told})
    assert text.count("<p>") == 1
    assert text.strip().endswith(".</p>")


def test_no_sentence_is_left_over() -> None:
    written = {path.stem for path in Path("templates/trail").glob("[a-z]*.*.html")}
    assert written == {str(event) for event in Event}


def test_what_changed_is_worded(cast: Cast) -> None:
    agent = agent_at(Agent.State.SUSPENDED, cast)
    submitted = TrailEvent.objects.get(about=f"agent:{agent.uid}", event=Event.AGENT_SUBMITTED)
    changes = {change.label: (change.old, change.new) for change in changes_of(submitted)}
    assert changes["state"] == ("draft", "waiting for its owner")
    assert changes["data classes"] == ("", "health records (ePHI)")
    assert changes["human owner"] == ("", "Bob")
    suspended = TrailEvent.objects.get(about=f"agent:{agent.uid}", event=Event.AGENT_SUSPENDED)
    assert [change.label for change in changes_of(suspended)] == ["state", "authority epoch (older tokens end)"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("until", "2026-05-03T10:00:00.000000+00:00", "3 May 2026, 10:00"),
        ("until", "no date", "no date"),
        ("is_privileged", True, "yes"),
        ("systems", ["Mail", "Records"], "Mail, Records"),
        ("facts", {"path": "/", "mfa": False}, "path: /, mfa: no"),
        ("role", "auditor", "auditor"),
        ("role", None, ""),
        ("unknown", 7, "7"),
        ("purpose", "x" * 400, "x" * 300 + "…"),
    ],
)
def test_a_stored_value_becomes_words(key: str, value: object, words: str) -> None:
    assert worded(key, value) == words


def test_what_one_person_did_at_once_is_one_step(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    steps = story(TrailEvent.objects.filter(about=f"agent:{agent.uid}").order_by("-at", "-id"))
    assert [step.actor for step in steps] == ["Cat", "Ann", "Bob", "Ann"]
    assert [line.event.event for line in steps[0].lines] == [
        "line.approved",
        "grant.started",
        "request.decided",
        "agent.activated",
    ]


def test_many_of_one_kind_are_told_by_one_sentence_and_a_count(cast: Cast) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    with transaction.atomic():
        for _number in range(5):
            record(Event.GRANT_EXPIRED, grant, by=TEST)
    newest, *_older = story(TrailEvent.objects.filter(about=f"agent:{grant.agent.uid}").order_by("-at", "-id"))
    assert newest.is_portal
    assert [line.more for line in newest.lines] == ["and 4 more"]


def test_nothing_anybody_wrote_becomes_markup(cast: Cast) -> None:
    agent = discovered(cast, name="<img src=x onerror=alert(1)>")
    steps = story(TrailEvent.objects.filter(about=f"agent:{agent.uid}").order_by("-at", "-id"))
    assert "<img" not in loader.render_to_string("trail/_story.html", {"steps": steps})
