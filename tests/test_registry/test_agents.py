"""The registry: drafts, names, owners and who sees what."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from agents import clock
from agents.access.actions import registrations
from agents.audit.errors import NotAllowed
from agents.audit.models import TrailEvent
from agents.people.actions import people
from agents.registry.actions import agents, shares
from agents.registry.choices import Tier
from agents.registry.models import Agent
from tests.builders import agent_at, discovered, draft
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def test_a_draft_may_be_empty_and_reserves_no_name(cast: Cast) -> None:
    one = registrations.save_draft(None, by=cast.ann, name="Same name")
    two = registrations.save_draft(None, by=cast.sam, name="Same name")
    assert (one.state, one.slug, two.slug) == (Agent.State.DRAFT, None, None)


def test_a_name_is_taken_at_submission_and_stays_taken_after_retirement(cast: Cast) -> None:
    agent_at(Agent.State.RETIRED, cast, name="Discharge summariser")
    twin = draft(cast, name="Discharge  SUMMARISER")
    with pytest.raises(ValidationError, match="names are never reused"):
        registrations.submit(twin, by=cast.ann)


def test_submitting_an_incomplete_draft_names_every_missing_field(cast: Cast) -> None:
    agent = registrations.save_draft(None, by=cast.ann, wanted={cast.read_records: 30}, name="Half")
    with pytest.raises(ValidationError) as refused:
        registrations.submit(agent, by=cast.ann)
    assert set(refused.value.message_dict) == {
        "environment", "platform", "purpose", "region", "data_classes", "human_owner", "technical_owner"
    }  # fmt: skip
    agent.refresh_from_db()
    assert agent.state == Agent.State.DRAFT


def test_somebody_elses_draft_cannot_be_changed_or_submitted(cast: Cast) -> None:
    agent = draft(cast)
    with pytest.raises(NotAllowed):
        registrations.save_draft(agent, by=cast.sam, name="Mine now")
    with pytest.raises(NotAllowed):
        registrations.submit(agent, by=cast.sid)


def test_health_records_make_an_agent_high_and_say_why(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast, declared_tier=Tier.LOW)
    assert agent.risk_tier == Tier.HIGH  # declaring can only raise
    assert agent.tier_reasons == ["reaches health records (ePHI) (HIPAA 45 CFR 164.306)"]


def test_at_high_the_two_owners_are_different_people(cast: Cast) -> None:
    agent = draft(cast, human_owner=cast.ann, technical_owner=cast.ann)
    with pytest.raises(ValidationError, match="must be different people"):
        registrations.submit(agent, by=cast.ann)


def test_only_the_proposed_owner_accepts(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    for other in (cast.ann, cast.cat, cast.sid, cast.ada, cast.sam):
        with pytest.raises(NotAllowed, match="Only Bob can accept"):
            registrations.accept(agent, by=other)
    assert registrations.accept(agent, by=cast.bob).owner_accepted_at


def test_a_refusal_sends_it_back_with_the_reason(cast: Cast) -> None:
    agent = registrations.refuse(agent_at(Agent.State.PENDING_OWNER, cast), by=cast.bob, reason="Not my ward.")
    assert (agent.state, agent.state_reason) == (Agent.State.DRAFT, "Not my ward.")
    with pytest.raises(ValidationError):
        registrations.refuse(agent_at(Agent.State.PENDING_OWNER, cast, name="Other"), by=cast.bob, reason="  ")


def test_who_sees_an_agent(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    seers = {name for name, person in cast.everybody.items() if Agent.objects.visible_to(person).filter(pk=agent.pk).exists()}
    assert seers == {"ann", "bob", "cat", "sid", "cora", "ada", "audrey"}


def test_a_draft_is_seen_by_its_author_alone(cast: Cast) -> None:
    agent = draft(cast)
    seers = {name for name, person in cast.everybody.items() if Agent.objects.visible_to(person).filter(pk=agent.pk).exists()}
    assert seers == {"ann"}


def test_a_share_lets_somebody_see_until_its_end(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    with pytest.raises(NotAllowed):
        shares.give(agent, to=cast.sam, until=clock.now() + timedelta(days=1), by=cast.sam)
    shares.give(agent, to=cast.sam, until=clock.now() + timedelta(days=1), by=cast.bob)
    assert Agent.objects.visible_to(cast.sam).get() == agent
    with time_machine.travel(clock.now() + timedelta(days=1, seconds=1)):
        assert not Agent.objects.visible_to(cast.sam).exists()


def test_a_deputy_sees_and_accepts_while_the_owner_is_away(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    now = clock.now()
    people.set_absence(cast.bob, by=cast.bob, since=now - timedelta(hours=1), until=now + timedelta(days=1), deputy=cast.sam)
    assert Agent.objects.visible_to(cast.sam).get() == agent
    assert list(Agent.objects.waiting_for_owner(cast.sam)) == [agent]
    assert agents.accept_ownership(agent, by=cast.sam).state == Agent.State.PENDING_APPROVAL


def test_a_discovered_identity_keeps_its_true_kind_and_has_no_owner(cast: Cast) -> None:
    agent = discovered(cast)
    assert (agent.kind, agent.origin, agent.human_owner, agent.risk_tier) == ("workload", "discovered", None, Tier.HIGH)
    assert "no accountable owner" in agent.tier_reasons
    assert list(Agent.objects.without_accountable_owner()) == [agent]


def test_finding_the_same_identity_again_changes_nothing(cast: Cast) -> None:
    first = discovered(cast)
    written = TrailEvent.objects.count()
    assert discovered(cast) == first
    assert TrailEvent.objects.count() == written


def test_a_name_cannot_hide_behind_a_page_of_the_portal(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="a word of the portal"):
        registrations.submit(draft(cast, name="New"), by=cast.ann)


def test_an_owner_who_leaves_is_no_longer_accountable_from_that_day(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    people.leave(cast.bob, by=TEST, at=clock.now() + timedelta(days=1))
    assert not Agent.objects.without_accountable_owner().exists()
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert Agent.objects.without_accountable_owner().get() == agent
