"""Lines: who decides, until when, and what follows."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from agents import clock
from agents.access.actions import lines, registrations, requests
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.audit.errors import IllegalMove, NotAllowed
from agents.people.actions import people
from agents.registry.models import Agent
from tests.builders import agent_at, draft, open_lines, request_of
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def test_an_approver_may_shorten_but_not_lengthen(cast: Cast) -> None:
    [line] = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    for days in (0, 31):
        with pytest.raises(ValidationError):
            lines.approve(line, by=cast.cat, days=days)
    lines.approve(line, by=cast.cat, days=7)
    grant = Grant.objects.get()
    assert grant.expires_at == grant.not_before + timedelta(days=7)


def test_the_owners_own_request_goes_to_their_manager(cast: Cast) -> None:
    agent = registrations.submit(draft(cast, by=cast.cat), by=cast.cat)
    [line] = open_lines(registrations.accept(agent, by=cast.bob))
    assert line.stages.get().approver == cast.dan
    with pytest.raises(NotAllowed, match="You asked for this"):
        lines.approve(line, by=cast.cat)
    lines.approve(line, by=cast.dan)


def test_a_deputy_decides_only_while_the_owner_is_away(cast: Cast) -> None:
    [line] = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    with pytest.raises(NotAllowed, match="Cat decides this"):
        lines.approve(line, by=cast.dan)
    now = clock.now()
    people.set_absence(cast.cat, by=cast.cat, since=now - timedelta(hours=1), until=now + timedelta(days=2), deputy=cast.dan)
    assert list(RequestLine.objects.waiting_for(cast.dan)) == [line]
    fresh = RequestLine.objects.get(pk=line.pk)
    with time_machine.travel(now + timedelta(days=3)):
        assert not RequestLine.objects.waiting_for(cast.dan).exists()
    assert lines.approve(fresh, by=cast.dan).decided_by == cast.dan


def test_a_deputy_who_asked_cannot_decide_either(cast: Cast) -> None:
    [line] = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    now = clock.now()
    people.set_absence(cast.cat, by=cast.cat, since=now - timedelta(hours=1), until=now + timedelta(days=2), deputy=cast.ann)
    assert not RequestLine.objects.waiting_for(cast.ann).exists()
    with pytest.raises(NotAllowed, match="You asked for this"):
        lines.approve(RequestLine.objects.get(pk=line.pk), by=cast.ann)


def test_after_its_end_a_request_cannot_be_approved_whether_or_not_a_job_ran(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    [line] = open_lines(agent)
    with time_machine.travel(clock.now() + registrations.OPEN_FOR + timedelta(minutes=1)):
        assert not RequestLine.objects.waiting_for(cast.cat).exists()
        with pytest.raises(IllegalMove, match="ran out"):
            lines.approve(line, by=cast.cat)
        assert requests.expire_overdue() == 1
        assert requests.expire_overdue() == 0
    agent.refresh_from_db()
    assert (agent.state, request_of(agent).state) == (Agent.State.DRAFT, AccessRequest.State.EXPIRED)
    assert not Grant.objects.exists()


def test_when_every_line_is_refused_the_agent_goes_back_to_its_author(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    [line] = open_lines(agent)
    lines.deny(line, by=cast.cat, reason="Not before the pilot.")
    agent.refresh_from_db()
    assert agent.state == Agent.State.DRAFT
    assert "No access was approved" in agent.state_reason


def test_a_refused_registration_is_not_submitted_again_unchanged(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    lines.deny(open_lines(agent)[0], by=cast.cat, reason="Too much.")
    with pytest.raises(ValidationError, match="at least one permission"):
        registrations.submit(agent, by=cast.ann)


def test_a_refused_registration_can_be_changed_and_submitted_again(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    lines.deny(open_lines(agent)[0], by=cast.cat, reason="Too much.")
    agent = registrations.save_draft(agent, by=cast.ann, wanted={cast.send_mail: 10}, systems=[cast.mail])
    agent = registrations.accept(registrations.submit(agent, by=cast.ann), by=cast.bob)
    [line] = open_lines(agent)
    lines.approve(line, by=cast.cat)
    agent.refresh_from_db()
    assert agent.state == Agent.State.ACTIVE


def test_somebody_who_left_decides_nothing(cast: Cast) -> None:
    [line] = open_lines(agent_at(Agent.State.PENDING_APPROVAL, cast))
    people.leave(cast.cat, by=TEST)
    cast.cat.refresh_from_db()
    with pytest.raises(NotAllowed, match="left the organisation"):
        lines.approve(line, by=cast.cat)


def test_a_draft_is_discarded_not_withdrawn(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    with pytest.raises(IllegalMove, match="not submitted yet"):
        requests.cancel(request_of(agent), by=cast.ann)
    assert registrations.accept(agent, by=cast.bob).state == Agent.State.PENDING_APPROVAL


def test_withdrawing_ends_the_request_and_sends_the_agent_back(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    with pytest.raises(NotAllowed, match="Only Ann"):
        requests.cancel(request_of(agent), by=cast.cat)
    requests.cancel(request_of(agent), by=cast.ann)
    agent.refresh_from_db()
    assert agent.state == Agent.State.DRAFT
    assert not RequestLine.objects.filter(state=RequestLine.State.PENDING).exists()
