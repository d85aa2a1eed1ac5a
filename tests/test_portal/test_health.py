"""/health/, the banner above every page, the mail of an alarm, and the two questions of a process manager."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents import clock
from agents.audit import alarms, reactions, timekeeping
from agents.audit.events import Event
from agents.audit.models import Alarm, DueRun, Reaction, Rollback, TrailEvent, TrailRef
from agents.audit.trail import record
from agents.people.models import User
from portal.banners import banners
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def page(person: User, name: str = "home") -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse(name)).content.decode()


def give_up() -> None:
    Reaction.objects.create(event_id=1, handler="mail", state=Reaction.State.DEAD)


def test_a_bad_line_stands_first_with_what_to_do(cast: Cast) -> None:
    give_up()
    shown = page(cast.audrey, "health")
    assert "1 thing about Mandate itself is not well." in shown
    assert "Mend what stopped it, then have it tried again." in shown
    assert shown.index("1 piece of follow-up work was given up.") < shown.index("The database is not behind what was signed.")


def test_administrators_read_of_an_alarm_on_every_page_and_others_do_not(cast: Cast) -> None:
    give_up()
    alarms.watch()
    for person in (cast.ada, cast.sid):
        assert "1 piece of follow-up work was given up." in page(person)
        assert "See what to do" in page(person, "agents")
    for person in (cast.ann, cast.audrey, cast.sam):
        assert "m-banner" not in page(person)


def test_a_scheduler_that_stopped_is_told_though_nobody_is_left_to_raise_an_alarm(cast: Cast) -> None:
    DueRun.objects.create(name="beat", started_at=clock.now() - timedelta(hours=3), finished_at=clock.now())
    assert "The scheduler was last seen 3 hours ago" in page(cast.ada)


def test_a_clock_that_is_not_believed_is_told_by_the_machine_whose_it_is(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "is_watching", True)
    timekeeping.begin()
    assert "m-banner" not in page(cast.ada)
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        assert "No access is allowed until it is right." in page(cast.ada)
        assert "m-banner" not in page(cast.sam)
    timekeeping.begin()


def test_while_the_portal_is_read_only_everybody_knows(cast: Cast) -> None:
    Rollback.objects.create(
        detected_at=clock.now(), known_epoch=1, known_size=9, known_root=bytes(32), found_size=4, found_root=bytes(32)
    )
    for person in (cast.sam, cast.ann, cast.ada):
        assert "Mandate is read-only" in page(person)


def test_the_banner_asks_little(cast: Cast) -> None:
    assert cast.ada.roles_now  # every page has asked that already
    with CaptureQueriesContext(connection) as asked:
        banners(cast.ada)
    assert len(asked) == 3


def test_an_alarm_is_mailed_once_to_those_who_can_do_something(cast: Cast) -> None:
    give_up()
    alarms.watch()
    alarms.watch()
    mail.outbox.clear()
    reactions.run_waiting(500)
    reactions.run_waiting(500)
    assert sorted(letter.to[0] for letter in mail.outbox) == ["ada@example.org", "sid@example.org"]
    [subject] = {letter.subject for letter in mail.outbox}
    assert subject == "Mandate needs you: Given up"
    assert "1 piece of follow-up work was given up." in str(mail.outbox[0].body)
    assert "/health/" in str(mail.outbox[0].body)


def test_an_alarm_that_is_over_by_then_is_not_mailed(cast: Cast) -> None:
    give_up()
    alarms.watch()
    Alarm.objects.update(cleared_at=clock.now())
    mail.outbox.clear()
    reactions.run_waiting(500)
    assert mail.outbox == []


def test_the_page_shows_alarms_of_late(cast: Cast) -> None:
    give_up()
    alarms.watch()
    Reaction.objects.filter(state=Reaction.State.DEAD).delete()
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        alarms.watch()
    shown = page(cast.cora, "health")
    assert "1 piece of follow-up work was given up." in shown
    assert "over" in shown
    assert TrailEvent.objects.filter(event=Event.ALARM_CLEARED).count() == 1


def test_events_without_a_seal_never_make_the_portal_unready(cast: Cast) -> None:
    with transaction.atomic():
        record(Event.CADENCE_SET, TrailRef("cadence", "1", "high"), by=TEST)
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        assert alarms.watch() >= 1
        assert Alarm.objects.filter(name="sealing", cleared_at=None).exists()
        answer = Client().get(reverse("readyz"))
        assert (answer.status_code, json.loads(answer.content)["ready"]) == (200, True)
        assert Client().get(reverse("healthz")).status_code == 200
