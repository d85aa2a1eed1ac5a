"""The inbox: what waits for whom, what is read before a decision, and what each button does."""

import re
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from agents import clock
from agents.access.actions import lines, registrations
from agents.access.models import Grant, RequestLine
from agents.audit.models import TrailEvent
from agents.people.actions import people, roles
from agents.people.choices import Role
from agents.people.models import User
from agents.registry.choices import Environment
from agents.registry.models import Agent
from portal.waiting import decisions_waiting, inbox_of
from tests.builders import agent_at, open_lines
from tests.database import TestDatabase
from tests.people import TEST, Cast, assemble


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: object) -> str:
    """What the page says, without its markup."""
    content = response.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content))


def test_the_proposed_owner_finds_the_agent_in_the_inbox(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    assert [need.key for need in inbox_of(cast.bob)] == [agent.uid]
    assert decisions_waiting(cast.bob) == 1
    said = text(signed_in(cast.bob).get(reverse("inbox")))
    assert "Writes first drafts of discharge letters for a doctor to check." in said
    assert "Accepting ownership approves no access" in said
    assert "Lets the agent read patient records." in said


def test_accepting_ownership_goes_on_to_the_next_decision(cast: Cast) -> None:
    first = agent_at(Agent.State.PENDING_OWNER, cast)
    second = agent_at(Agent.State.PENDING_OWNER, cast, name="Second one")
    response = signed_in(cast.bob).post(reverse("inbox_agent", args=[first.uid]), {"answer": "accept"}, follow=True)
    assert response.redirect_chain == [(reverse("inbox_agent", args=[second.uid]), 302)]
    assert "You are the owner of Discharge summariser now." in text(response)
    first.refresh_from_db()
    assert first.state == Agent.State.PENDING_APPROVAL
    assert not Grant.objects.exists()


def test_refusing_ownership_needs_a_reason(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    events = TrailEvent.objects.count()
    bob = signed_in(cast.bob)
    refused = bob.post(reverse("inbox_agent", args=[agent.uid]), {"answer": "refuse", "reason": "  "})
    assert refused.status_code == 400
    assert "Give a reason. Whoever asked will read it." in text(refused)
    agent.refresh_from_db()
    assert (agent.state, TrailEvent.objects.count()) == (Agent.State.PENDING_OWNER, events)
    bob.post(reverse("inbox_agent", args=[agent.uid]), {"answer": "refuse", "reason": "Not my department."})
    agent.refresh_from_db()
    assert (agent.state, agent.state_reason) == (Agent.State.DRAFT, "Not my department.")


def test_the_system_owner_reads_the_consequence_before_the_button(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_APPROVAL, cast)
    said = text(signed_in(cast.cat).get(reverse("inbox")))
    assert said.index("Lets the agent read patient records.") < said.index("Approve for 30 days")
    assert "Asked by Ann" in said
    assert "If you do nothing it expires" in said
    assert "never asked before for this agent" in said
    assert "reaches health records (ePHI) (HIPAA 45 CFR 164.306)" in said


def test_an_approved_line_is_granted_for_the_days_asked(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    (line,) = open_lines(agent)
    response = signed_in(cast.cat).post(reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "30"}, follow=True)
    grant = Grant.objects.get(request_line=line)
    assert grant.expires_at == grant.not_before + timedelta(days=30)
    assert "Approved: Discharge summariser holds Patient records: records:read until" in text(response)
    assert "Nothing needs you" in text(response)


def test_an_approval_can_be_shortened_but_not_lengthened(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    cat = signed_in(cast.cat)
    longer = cat.post(reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "31"})
    assert longer.status_code == 400
    assert not Grant.objects.exists()
    cat.post(reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "7", "reason": "Trial first."})
    line.refresh_from_db()
    assert line.decision_reason == "Trial first."
    assert Grant.objects.get().expires_at == Grant.objects.get().not_before + timedelta(days=7)


def test_a_refusal_needs_a_reason_and_grants_nothing(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    cat = signed_in(cast.cat)
    assert cat.post(reverse("inbox_line", args=[line.uid]), {"answer": "refuse"}).status_code == 400
    cat.post(reverse("inbox_line", args=[line.uid]), {"answer": "refuse", "reason": "Too broad."})
    line.refresh_from_db()
    assert (line.state, line.decision_reason, line.decided_by) == (RequestLine.State.DENIED, "Too broad.", cast.cat)
    assert not Grant.objects.exists()


@pytest.mark.parametrize("data", [{}, {"answer": "maybe"}])
def test_an_unclear_answer_decides_nothing(cast: Cast, data: dict[str, str]) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    assert signed_in(cast.cat).post(reverse("inbox_line", args=[line.uid]), data).status_code == 400
    line.refresh_from_db()
    assert line.state == RequestLine.State.PENDING


def test_nobody_decides_by_get(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    for query in ("?answer=approve&days=30", "?answer=refuse&reason=x"):
        assert signed_in(cast.cat).get(reverse("inbox_line", args=[line.uid]) + query).status_code == 200
    line.refresh_from_db()
    assert line.state == RequestLine.State.PENDING


def test_who_sees_a_line_but_does_not_decide_it_reads_why_and_gets_403(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    address = reverse("inbox_line", args=[line.uid])
    for user, why in (
        (cast.ann, "You asked for this, so somebody else has to decide."),
        (cast.bob, "Cat decides this: owns Patient records."),
        (cast.sid, "Cat decides this: owns Patient records."),
    ):
        assert why in text(signed_in(user).get(address))
        refused = signed_in(user).post(address, {"answer": "approve", "days": "30"})
        assert refused.status_code == 403
        assert why in text(refused)
    line.refresh_from_db()
    assert line.state == RequestLine.State.PENDING


def test_what_one_may_not_see_is_not_there(cast: Cast) -> None:
    waiting = agent_at(Agent.State.PENDING_OWNER, cast, name="Another")
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    draft = agent_at(Agent.State.DRAFT, cast, name="Third")
    sam = signed_in(cast.sam)
    for address in (
        reverse("inbox_line", args=[line.uid]),
        reverse("inbox_agent", args=[waiting.uid]),
        reverse("inbox_line", args=[uuid4()]),
        reverse("inbox_agent", args=[uuid4()]),
    ):
        assert sam.get(address).status_code == 404
        assert sam.post(address, {"answer": "accept"}).status_code == 404
    # A draft is nobody's decision yet, not even its author's.
    (unsent,) = RequestLine.objects.filter(request__agent=draft)
    assert signed_in(cast.ann).get(reverse("inbox_line", args=[unsent.uid])).status_code == 404
    assert signed_in(cast.ann).get(reverse("inbox_agent", args=[draft.uid])).status_code == 404


def test_the_slower_of_two_reads_who_was_faster(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    people.set_absence(
        cast.cat, by=cast.cat, since=clock.now() - timedelta(days=1), until=clock.now() + timedelta(days=1), deputy=cast.dan
    )
    lines.approve(line, by=cast.dan)
    slower = signed_in(cast.cat).post(reverse("inbox_line", args=[line.uid]), {"answer": "refuse", "reason": "No."})
    assert slower.status_code == 409
    assert "Dan was faster: this was approved at" in text(slower)
    after = text(signed_in(cast.cat).get(reverse("inbox_line", args=[line.uid])))
    assert "Decided: approved by Dan" in after
    assert "Refuse with reason…" not in after


def test_a_deputy_decides_while_the_owner_is_away(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    people.set_absence(
        cast.bob, by=cast.bob, since=clock.now() - timedelta(hours=1), until=clock.now() + timedelta(days=3), deputy=cast.dan
    )
    assert [need.key for need in inbox_of(cast.dan)] == [agent.uid]
    assert "you stand in as deputy" in text(signed_in(cast.dan).get(reverse("inbox_agent", args=[agent.uid])))


def test_a_request_that_ran_out_waits_for_nobody_without_any_job(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        assert inbox_of(cast.cat) == []
        cat = signed_in(cast.cat)
        assert "This is over without a decision" in text(cat.get(reverse("inbox_line", args=[line.uid])))
        late = cat.post(reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "30"})
        assert late.status_code == 409
        assert "nothing was granted" in text(late)


def test_the_last_decision_on_the_same_thing_is_told(cast: Cast) -> None:
    wanted = {cast.read_records: 30, cast.send_mail: 30}
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted=wanted)
    for line in open_lines(agent):
        lines.deny(line, by=cast.cat, reason=f"No consent for {line.entitlement.name}.")
    again = Agent.objects.get(pk=agent.pk)
    assert again.state == Agent.State.DRAFT
    said = _submitted_again(again, cast)
    assert "No consent for" in said
    assert "never asked before" not in said


def _submitted_again(agent: Agent, cast: Cast) -> str:
    registrations.save_draft(agent, by=cast.ann, wanted={cast.read_records: 10})
    registrations.submit(agent, by=cast.ann)
    registrations.accept(agent, by=cast.bob)
    return text(signed_in(cast.cat).get(reverse("inbox")))


def test_attention_is_drawn_to_what_does_not_fit(cast: Cast) -> None:
    agent_at(
        Agent.State.PENDING_APPROVAL,
        cast,
        environment=Environment.TEST,
        data_classes=["internal"],
        wanted={cast.export_records: 5},
    )
    said = text(signed_in(cast.cat).get(reverse("inbox")))
    assert "It reaches health records (ePHI); the registration does not name that." in said
    assert "A test agent would reach a production system." in said
    assert "Privileged: it can change or take out what others rely on." in said


def test_most_dangerous_first_then_the_one_that_waited_longest(cast: Cast) -> None:
    with time_machine.travel(clock.now() - timedelta(days=3), tick=False):
        low = agent_at(
            Agent.State.PENDING_OWNER,
            cast,
            name="Low",
            data_classes=["public"],
            environment=Environment.TEST,
            wanted={cast.send_mail: 5},
        )
    with time_machine.travel(clock.now() - timedelta(days=2), tick=False):
        older = agent_at(Agent.State.PENDING_OWNER, cast, name="Older")
    newer = agent_at(Agent.State.PENDING_OWNER, cast, name="Newer")
    assert [need.key for need in inbox_of(cast.bob)] == [older.uid, newer.uid, low.uid]


def test_an_empty_inbox_says_what_would_be_here(cast: Cast) -> None:
    said = text(signed_in(cast.sam).get(reverse("inbox")))
    assert "Agents you are to own and accesses you are to decide appear here" in said


def test_user_text_is_shown_as_text(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_OWNER, cast, name="<script>alert(1)</script>", purpose="<img src=x onerror=alert(1)>")
    page = signed_in(cast.bob).get(reverse("inbox")).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_two_clickers_on_one_approval_one_wins(own_database: TestDatabase) -> None:
    cast = assemble()
    people.set_absence(
        cast.cat, by=cast.cat, since=clock.now() - timedelta(days=1), until=clock.now() + timedelta(days=1), deputy=cast.dan
    )
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    clients = {"Cat": signed_in(cast.cat), "Dan": signed_in(cast.dan)}
    answers: dict[str, tuple[int, str]] = {}
    start = Barrier(2)

    def click(name: str) -> None:
        start.wait()
        response = clients[name].post(reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "30"})
        answers[name] = (response.status_code, text(response))
        connection.close()

    threads = [Thread(target=click, args=[name]) for name in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _said in answers.values()) == [302, 409]
    winner = next(name for name, (status, _said) in answers.items() if status == 302)
    loser = answers["Dan" if winner == "Cat" else "Cat"][1]
    assert f"{winner} was faster: this was approved at" in loser
    assert Grant.objects.filter(request_line=line).count() == 1
    line.refresh_from_db()
    assert line.decided_by is not None
    assert line.decided_by.name == winner


def test_a_person_who_left_sees_no_inbox(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_OWNER, cast)
    client = signed_in(cast.bob)
    people.leave(cast.bob, by=TEST)
    assert client.get(reverse("inbox")).status_code in (302, 403)


def test_a_new_role_does_not_let_the_requester_decide(cast: Cast) -> None:
    (line,) = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    roles.assign(cast.ann, Role.SYSTEM_OWNER, by=TEST)
    refused = signed_in(User.objects.get(pk=cast.ann.pk)).post(
        reverse("inbox_line", args=[line.uid]), {"answer": "approve", "days": "30"}
    )
    assert refused.status_code == 403
