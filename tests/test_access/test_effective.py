"""Time decides, not jobs: what a decision allows, with nothing running (design invariant 3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from agents import clock
from agents.access.actions import grants
from agents.access.models import Grant
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import TrailEvent
from agents.people.actions import people
from agents.registry.actions import agents
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from tests.builders import agent_at, discovered, grant_at
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def answer(grant: Grant) -> str:
    return is_effective(grant.agent, grant.entitlement).because


def test_it_ends_at_the_second_its_end_says_without_any_job(cast: Cast) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    assert grant.expires_at
    with time_machine.travel(grant.expires_at - timedelta(seconds=1), tick=False):
        assert answer(grant) == "approved and in force"
    with time_machine.travel(grant.expires_at, tick=False):
        assert answer(grant) == "the access ran out"
        grant.refresh_from_db()
        assert grant.state == Grant.State.ACTIVE  # nobody tidied, and it was denied all the same
        assert grants.tidy() == 1
        assert grants.tidy() == 0
        grant.refresh_from_db()
        assert grant.state == Grant.State.EXPIRED


def test_it_has_not_begun_before_its_beginning(cast: Cast) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    assert not is_effective(grant.agent, grant.entitlement, at=grant.not_before - timedelta(seconds=1)).allowed


@pytest.mark.parametrize(
    ("happens", "because"),
    [
        (lambda cast, agent: agents.suspend(agent, by=cast.sid, reason="Odd."), "the agent is suspended"),
        (lambda cast, _agent: people.leave(cast.bob, by=TEST), "the agent has no accountable owner"),
        (
            lambda _cast, agent: Agent.objects.filter(pk=agent.pk).update(eligible_until=clock.now()),
            "the agent was not reviewed in time",
        ),
    ],
    ids=["suspended", "owner left", "lease over"],
)
def test_what_ends_the_agents_standing_ends_its_access(
    cast: Cast, happens: Callable[[Cast, Agent], object], because: str
) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    happens(cast, grant.agent)
    assert answer(grant) == because
    assert not Grant.objects.effective().exists()


def test_suspending_moves_the_epoch_on_and_resuming_does_not_move_it_back(cast: Cast) -> None:
    agent = agent_at(Agent.State.SUSPENDED, cast)
    assert agent.authority_epoch == 1
    agent = agents.resume(agent, by=cast.bob, reason="Explained.")
    assert (agent.state, agent.authority_epoch) == (Agent.State.ACTIVE, 1)


def test_discovered_access_is_held_and_counted_but_approved_by_nobody(cast: Cast) -> None:
    agent = discovered(cast)
    assert Grant.objects.live().filter(agent=agent).count() == 1
    assert Grant.objects.unapproved().filter(agent=agent).count() == 1
    assert is_effective(agent, cast.read_records).because == "found at its source; nobody approved it"


def test_the_undo_window_closes_by_time_and_then_the_access_is_over_for_good(cast: Cast) -> None:
    grant = grant_at(Grant.State.HELD, cast)
    with time_machine.travel(clock.now() + grants.UNDO + timedelta(seconds=1), tick=False):
        with pytest.raises(NotAllowed, match="time to undo this is over"):
            grants.restore(grant, by=cast.bob)
        assert grants.tidy() == 1
    grant.refresh_from_db()
    assert grant.state == Grant.State.REVOKED
    assert grant.held_at
    assert grant.revoked_at
    assert grant.ended_at == grant.held_at
    assert grant.revoke_reason == "Not needed."


def test_only_who_stopped_it_can_undo(cast: Cast) -> None:
    grant = grant_at(Grant.State.HELD, cast)
    with pytest.raises(NotAllowed, match="Only Bob, who stopped it"):
        grants.restore(grant, by=cast.cat)


def test_a_stranger_cannot_end_access_and_nothing_is_recorded(cast: Cast) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    written = TrailEvent.objects.count()
    for stranger in (cast.sam, cast.audrey, cast.cora, cast.rae, cast.ada):
        with pytest.raises(NotAllowed):
            grants.hold(grant, by=stranger, reason="No.")
    assert TrailEvent.objects.count() == written
    assert is_effective(grant.agent, grant.entitlement).allowed


def test_an_ended_access_cannot_be_ended_again(cast: Cast) -> None:
    grant = grant_at(Grant.State.REVOKED, cast)
    with pytest.raises(IllegalMove, match="is ended"):
        grants.revoke(grant, by=cast.bob, reason="Again.")
