"""Requests: where each line stands, who decides and why them, and withdrawing."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from agents import clock
from agents.access.actions import grants, lines
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.audit.models import TrailEvent
from agents.people.models import User
from agents.registry.actions import systems
from agents.registry.choices import VerbClass
from agents.registry.models import Agent
from portal.views.requests import standing
from tests.builders import agent_at, open_lines, request_of
from tests.people import TEST, Cast
from tests.test_portal.test_inbox import signed_in, text


def page_of(user: User, request: AccessRequest) -> str:
    return text(signed_in(user).get(reverse("request", args=[request.uid])))


def test_who_decides_and_why_them_is_told(cast: Cast) -> None:
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast))
    said = page_of(cast.ann, asked)
    assert "Waits for Cat (owns Patient records)" in said
    assert "Lets the agent read patient records." in said
    assert "it expires in" in said
    assert "Decide" not in said.split("What was asked for")[1].split("What happened")[0]


def test_a_line_that_nobody_can_approve_says_so(cast: Cast) -> None:
    ownerless = systems.ensure("Old archive", by=TEST)
    what = systems.ensure_entitlement(ownerless, "archive:read", by=TEST, verb_class=VerbClass.READ)
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={what: 30}))
    assert "Cannot be approved. Old archive has no owner, so nobody can approve this." in page_of(cast.ann, asked)
    (line,) = asked.lines.all()
    refused = signed_in(cast.sid).post(reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "30"})
    assert refused.status_code == 403
    assert "Old archive has no owner, so nobody can approve this." in text(refused)


def test_the_decision_its_reason_and_the_grant_are_told(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={cast.read_records: 30, cast.send_mail: 5})
    first, second = open_lines(agent)
    lines.approve(first, by=cast.cat)
    lines.deny(second, by=cast.cat, reason="Use the shared mailbox.")
    said = page_of(cast.ann, request_of(agent))
    assert "Approved by Cat" in said
    assert "Refused by Cat" in said
    assert "Use the shared mailbox." in said
    assert "in force" in said
    grants.revoke(Grant.objects.get(), by=cast.bob, reason="Not needed.")
    assert "ended" in page_of(cast.ann, request_of(agent))


def test_the_decider_is_led_to_the_decision(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    (line,) = open_lines(agent)
    page = signed_in(cast.cat).get(reverse("request", args=[request_of(agent).uid])).content.decode()
    assert f'href="{reverse("inbox_line", args=[line.uid])}"' in page


def test_the_requester_withdraws_with_one_button(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    asked = request_of(agent)
    response = signed_in(cast.ann).post(reverse("request", args=[asked.uid]), {"reason": "Not needed yet."}, follow=True)
    assert "Withdrawn. Nothing of it that was still open will be granted." in text(response)
    asked.refresh_from_db()
    agent.refresh_from_db()
    assert (asked.state, agent.state) == (AccessRequest.State.CANCELLED, Agent.State.DRAFT)


def test_nobody_else_withdraws_it(cast: Cast) -> None:
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast))
    events = TrailEvent.objects.count()
    for user in (cast.cat, cast.bob, cast.sid, cast.ada):
        refused = signed_in(user).post(reverse("request", args=[asked.uid]))
        assert refused.status_code == 403
        assert "Only Ann can withdraw this request." in text(refused)
    assert signed_in(cast.sam).post(reverse("request", args=[asked.uid])).status_code == 404
    asked.refresh_from_db()
    assert (asked.state, TrailEvent.objects.count()) == (AccessRequest.State.PENDING, events)


def test_what_was_decided_cannot_be_withdrawn(cast: Cast) -> None:
    asked = request_of(agent_at(Agent.State.ACTIVE, cast))
    assert "Withdraw" not in page_of(cast.ann, asked)
    assert signed_in(cast.ann).post(reverse("request", args=[asked.uid])).status_code == 409
    assert Grant.objects.get().state == Grant.State.ACTIVE


def test_drafts_and_what_one_may_not_see_are_not_there(cast: Cast) -> None:
    draft = request_of(agent_at(Agent.State.DRAFT, cast, name="Unsent"))
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast))
    assert signed_in(cast.ann).get(reverse("request", args=[draft.uid])).status_code == 404
    assert signed_in(cast.sam).get(reverse("request", args=[asked.uid])).status_code == 404
    assert signed_in(cast.ada).get(reverse("request", args=[uuid4()])).status_code == 404
    assert "Discharge summariser" not in text(signed_in(cast.sam).get(reverse("requests")))


@pytest.mark.parametrize(
    ("who", "query", "seen"),
    [
        ("ann", "", True),
        ("ann", "?show=mine", True),
        ("cat", "", True),
        ("cat", "?show=mine", False),
        ("cat", "?show=open", True),
        ("audrey", "", True),
        ("ann", "?q=discharge", True),
        ("ann", "?q=payroll", False),
        ("ann", "?show=nonsense&page=99", True),
        ("sam", "", False),
    ],
)
def test_the_list_is_narrowed_to_what_was_asked_for(cast: Cast, who: str, query: str, seen: bool) -> None:
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast))
    page = signed_in(cast.everybody[who]).get(reverse("requests") + query).content.decode()
    assert (reverse("request", args=[asked.uid]) in page) is seen


def test_waiting_ends_with_time_alone(cast: Cast) -> None:
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast))
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        page = signed_in(cast.ann).get(reverse("requests") + "?show=open").content.decode()
        assert reverse("request", args=[asked.uid]) not in page
        said = page_of(cast.ann, asked)
    assert "nothing was granted" in said
    assert asked.lines.get().state == RequestLine.State.PENDING


def test_an_agent_that_still_needs_an_owner_is_shown_above_the_list(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_OWNER, cast)
    said = text(signed_in(cast.ann).get(reverse("requests")))
    assert "What it asks for goes on when Bob accepts to own it." in said


def test_strangers_are_asked_to_sign_in(cast: Cast) -> None:
    asked = request_of(agent_at(Agent.State.PENDING_APPROVAL, cast))
    for address in (reverse("requests"), reverse("request", args=[asked.uid])):
        assert Client().get(address).status_code == 302


def test_the_outcome_is_drawn_from_the_lines(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={cast.read_records: 30, cast.send_mail: 5})
    asked = request_of(agent)
    first, second = open_lines(agent)
    assert standing(asked).text == "waiting for a decision"
    lines.approve(first, by=cast.cat)
    lines.deny(second, by=cast.cat, reason="Not needed.")
    asked.refresh_from_db()
    assert (standing(asked).text, standing(asked).tone) == ("partly approved", "warn")
    assert standing(request_of(agent_at(Agent.State.ACTIVE, cast, name="Whole"))).text == "approved"
    refused = agent_at(Agent.State.PENDING_APPROVAL, cast, name="Refused")
    lines.deny(open_lines(refused)[0], by=cast.cat, reason="No.")
    assert standing(request_of(refused)).text == "refused"
