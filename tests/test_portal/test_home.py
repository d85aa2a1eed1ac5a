"""The first screen: what needs me, and the five questions for what I may see."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from agents import clock
from agents.access.actions import registrations
from agents.people.actions import people
from agents.people.actions.organisations import NewEntity, add_entity
from agents.people.models import User
from agents.registry.models import Agent
from compliance.actions import packs
from portal.views.home import need_words
from portal.waiting import everything_for
from reviews.actions import campaigns
from tests.builders import agent_at, discovered
from tests.people import TEST, Cast
from tests.test_portal.test_inbox import signed_in, text


def home(user: User, query: str = "") -> str:
    return signed_in(user).get("/" + query).content.decode()


def test_strangers_are_asked_to_sign_in(cast: Cast) -> None:
    assert Client().get("/").headers["Location"] == f"{reverse('account_login')}?next=/"


def test_somebody_with_nothing_to_do_is_left_in_peace(cast: Cast) -> None:
    said = text(signed_in(cast.sam).get("/"))
    assert "Nothing needs you." in said
    assert "Which agent did it?" not in said
    assert "Register an agent" in said


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "Nothing needs you."),
        (1, "One thing needs you."),
        (3, "Three things need you."),
        (12, "Twelve things need you."),
        (13, "13 things need you."),
    ],
)
def test_the_number_is_said_in_words(count: int, words: str) -> None:
    assert need_words(count) == words


@pytest.mark.parametrize(
    ("zone", "greeting"),
    [("Europe/Berlin", "Good morning, Sam"), ("America/New_York", "Good evening, Sam"), ("Asia/Tokyo", "Good afternoon, Sam")],
)
def test_the_greeting_follows_the_readers_own_clock(cast: Cast, zone: str, greeting: str) -> None:
    people.change(cast.sam, by=TEST, time_zone=zone)
    with time_machine.travel(datetime(2027, 1, 4, 7, 30, tzinfo=UTC), tick=False):
        assert greeting in home(cast.sam)


def test_what_needs_me_has_one_button_each(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    said = home(cast.bob)
    assert "One thing needs you." in said
    assert f'href="{reverse("inbox_agent", args=[agent.uid])}"' in said


def test_a_registration_that_came_back_needs_its_author(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    registrations.refuse(agent, by=cast.bob, reason="Name the ward it works for.")
    (need,) = everything_for(cast.ann)
    assert need.url == reverse("agent_draft", args=[agent.uid])
    assert "Name the ward it works for." in home(cast.ann)


def test_the_five_questions_are_answered_for_what_i_may_see(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    discovered(cast)
    said = text(signed_in(cast.sid).get("/"))
    for question in (
        "Which agent did it?",
        "Who owns it?",
        "What can it reach?",
        "Why was that granted?",
        "When is it reviewed or revoked?",
    ):
        assert question in said
    assert "1 of 2 have an accountable owner who accepted." in said
    # Bob owns one of them, and sees only that.
    assert "1 of 1 have an accountable owner who accepted." in text(signed_in(cast.bob).get("/"))


def test_bad_numbers_are_links_to_the_list_that_explains_them(cast: Cast) -> None:
    discovered(cast)
    said = home(cast.sid)
    assert f'href="{reverse("agents")}?state=in_service&amp;owner=nobody"' in said
    assert f'href="{reverse("grants")}?origin=discovered"' in said


def test_the_estate_can_be_narrowed_to_one_legal_entity(cast: Cast) -> None:
    london = add_entity(NewEntity("Thames Payments", "GB"), by=TEST)
    agent_at(Agent.State.ACTIVE, cast)
    agent_at(Agent.State.ACTIVE, cast, name="payout-agent", legal_entity=london)
    discovered(cast)
    said = text(signed_in(cast.sid).get("/?entity=thames-payments"))
    assert "1 of 1 have an accountable owner who accepted." in said
    assert f'href="{reverse("agents")}?state=in_service&amp;data=ephi&amp;entity=thames-payments"' in home(
        cast.sid, "?entity=thames-payments"
    )
    assert "2 of 3 have an accountable owner who accepted." in text(signed_in(cast.sid).get("/?entity=unknown"))


def test_only_the_first_of_many_needs_are_on_the_first_screen(cast: Cast) -> None:
    for number in range(8):
        agent_at(Agent.State.PENDING_OWNER, cast, name=f"Agent {number}")
    said = home(cast.bob)
    assert "Eight things need you." in said
    assert said.count('class="m-button m-button-small') == 6
    assert f'href="{reverse("inbox")}"' in said


def test_a_deputy_is_needed_only_while_the_other_is_away(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_OWNER, cast)
    people.set_absence(
        cast.bob, by=cast.bob, since=clock.now() - timedelta(hours=1), until=clock.now() + timedelta(days=1), deputy=cast.dan
    )
    assert len(everything_for(cast.dan)) == 1
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        assert everything_for(User.objects.get(pk=cast.dan.pk)) == []


def test_an_open_review_is_one_need_however_many_items(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    (need,) = everything_for(cast.rae)
    assert need.where == "2 items are undecided"
    assert f'href="{need.url}"' in home(cast.rae)
    assert "0 of 2 items decided" in text(signed_in(cast.sid).get("/"))
    assert everything_for(cast.bob) == []  # who owns the agent does not review it


def test_evidence_that_could_not_be_built_needs_who_asked_for_it(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    settings.PACK_DIR = tmp_path / "no-folder"
    settings.PACK_DIR.write_text("a file stands where the folder should be")
    today = clock.now().date()
    pack = packs.request("hipaa", since=today - timedelta(days=30), until=today, by=cast.cora)
    packs.build(pack)
    (need,) = everything_for(cast.cora)
    assert need.url == reverse("pack", args=[pack.uid])
    assert "failed" in home(cast.cora)
    assert everything_for(cast.ada) == []
    packs.request("hipaa", since=today - timedelta(days=30), until=today, by=cast.cora)
    assert everything_for(cast.cora) == []
