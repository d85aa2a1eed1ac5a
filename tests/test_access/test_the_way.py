"""The mandate's way through the actions, without a browser."""

import pytest

from agents.access.actions import grants, lines, registrations
from agents.access.models import AccessRequest, Grant
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import TrailEvent
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from tests.builders import agent_at, draft, open_lines, request_of
from tests.people import Cast

pytestmark = pytest.mark.django_db


def test_one_line_is_approved_and_one_refused_and_the_agent_works(cast: Cast) -> None:
    agent = draft(cast, wanted={cast.read_records: 30, cast.export_records: 30})
    agent = registrations.submit(agent, by=cast.ann)
    assert agent.state == Agent.State.PENDING_OWNER
    assert agent.slug == "discharge-summariser"
    agent = registrations.accept(agent, by=cast.bob)
    read, export = open_lines(agent)
    lines.approve(read, by=cast.cat)
    assert not is_effective(agent, cast.read_records).allowed  # the request is not decided, the agent not active
    lines.deny(export, by=cast.cat, reason="Copies stay in the hospital.")
    agent.refresh_from_db()
    assert agent.state == Agent.State.ACTIVE
    assert request_of(agent).state == AccessRequest.State.DECIDED
    assert is_effective(agent, cast.read_records).allowed
    assert is_effective(agent, cast.export_records).because == "nobody granted this"


def test_the_trail_tells_each_step_with_its_person(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    story = [(e.event, e.actor_label) for e in reversed(TrailEvent.objects.about(f"agent:{agent.uid}"))]
    assert story == [
        ("agent.registered", "Ann"),
        ("agent.submitted", "Ann"),
        ("ownership.accepted", "Bob"),
        ("request.submitted", "Ann"),
        ("line.approved", "Cat"),
        ("grant.started", "Cat"),
        ("request.decided", "Cat"),
        ("agent.activated", "Cat"),
    ]


def test_a_held_grant_is_denied_at_once_and_can_be_restored(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    grant = grants.hold(Grant.objects.get(agent=agent), by=cast.bob, reason="Not sure.")
    assert is_effective(agent, cast.read_records).because == "the access is stopped"
    grants.restore(grant, by=cast.bob)
    assert is_effective(agent, cast.read_records).allowed


def test_requester_cannot_approve_own_request(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    [line] = open_lines(agent)
    written = TrailEvent.objects.count()
    with pytest.raises(NotAllowed, match="You asked for this"):
        lines.approve(line, by=cast.ann)
    assert TrailEvent.objects.count() == written
    assert not Grant.objects.exists()


def test_the_slower_of_two_approvers_reads_the_name_of_the_faster(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    [line] = open_lines(agent)
    lines.approve(line, by=cast.cat)
    with pytest.raises(IllegalMove, match="Cat was faster"):
        lines.deny(line, by=cast.cat, reason="Too late.")


def test_nobody_configured_means_it_cannot_be_approved(cast: Cast) -> None:
    type(cast.records).objects.filter(pk=cast.records.pk).update(owner=None)
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    agent = registrations.accept(agent, by=cast.bob)
    [line] = open_lines(agent)
    for anybody in cast.everybody.values():
        with pytest.raises(NotAllowed):
            lines.approve(line, by=anybody)
    assert line.stages.get().routed_because == "Patient records has no owner, so nobody can approve this."
