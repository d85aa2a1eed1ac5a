"""Decisions of a campaign: what takes effect, who may, and who was faster."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from agents import clock
from agents.access.actions import grants
from agents.access.models import Grant
from agents.audit import due
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import TrailEvent
from agents.people.actions import roles
from agents.people.choices import Role
from agents.people.models import User
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from reviews import permissions
from reviews.actions import campaigns, items
from reviews.models import Campaign, Item, ReviewDecision
from tests.builders import agent_at, discovered
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def campaign_of(agent: Agent) -> Campaign:
    """The campaign of this period that the agent stands in, opened by the due job."""
    campaigns.open_due()
    return Campaign.objects.get(items__agent=agent, items__kind="agent")


def grant_item(agent: Agent) -> Item:
    return Item.objects.get(campaign=campaign_of(agent), agent=agent, kind="grant")


def agent_item(agent: Agent) -> Item:
    return Item.objects.get(campaign=campaign_of(agent), agent=agent, kind="agent")


def afresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def agent(cast: Cast) -> Agent:
    return agent_at(Agent.State.ACTIVE, cast)


def test_ending_an_access_denies_it_from_that_moment(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed for letters.")
    assert not is_effective(agent, cast.read_records).allowed
    assert (item.state, item.choice, item.version) == ("executing", "end", 1)
    assert item.grant is not None
    grant = Grant.objects.get(pk=item.grant.pk)
    assert (grant.state, grant.held_by, grant.hold_reason) == ("held", cast.rae, "Not needed for letters.")
    story = list(TrailEvent.objects.about(f"agent:{agent.uid}").values_list("event", flat=True)[:2])
    assert story == ["grant.held", "item.decided"]


def test_after_the_undo_window_it_is_over_and_the_item_says_so(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed.")
    with time_machine.travel(clock.now() + grants.UNDO, tick=False):
        due.run_all()
        item.refresh_from_db()
        assert item.state == "done"
        assert item.grant is not None
        assert item.grant.state == "revoked"
        with pytest.raises(IllegalMove, match="ended for good"):
            items.decide(item, "keep", by=cast.rae)


def test_taking_back_within_the_window_restores_the_access_and_opens_the_item(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed.")
    item = items.take_back(item, by=cast.rae)
    assert is_effective(agent, cast.read_records).allowed
    assert (item.state, item.choice, item.decided_by, item.version) == ("undecided", "", None, 2)
    assert [d.choice for d in item.decisions.all()] == ["end", "withdrawn"]


def test_a_changed_mind_keeps_the_access_and_every_version(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed.")
    item = items.decide(item, "keep", by=cast.rae, reason="It is needed.")
    assert is_effective(agent, cast.read_records).allowed
    assert (item.state, item.choice) == ("decided", "keep")
    told = [(d.version, d.choice, d.reason, d.by) for d in item.decisions.all()]
    assert told == [(1, "end", "Not needed.", cast.rae), (2, "keep", "It is needed.", cast.rae)]


def test_after_the_window_nothing_can_be_taken_back(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed.")
    with time_machine.travel(clock.now() + grants.UNDO, tick=False):
        with pytest.raises(NotAllowed, match="time to undo this is over"):
            items.take_back(item, by=cast.rae)
        with pytest.raises(NotAllowed, match="time to undo this is over"):
            items.decide(item, "keep", by=cast.rae)
    assert ReviewDecision.objects.filter(item=item).count() == 1


def test_another_reviewer_cannot_undo_what_rae_stopped(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed.")
    with pytest.raises(NotAllowed, match="Only Rae, who stopped it"):
        items.take_back(item, by=cast.sid)


def test_restoring_from_the_access_page_opens_the_item_again(cast: Cast, agent: Agent) -> None:
    item = items.decide(grant_item(agent), "end", by=cast.rae, reason="Not needed.")
    assert item.grant is not None
    grants.restore(item.grant, by=cast.rae)
    assert items.finish_executions() == 1
    item.refresh_from_db()
    assert (item.state, item.choice, item.version) == ("undecided", "", 2)


def test_ending_what_its_owner_stopped_makes_it_final(cast: Cast, agent: Agent) -> None:
    item = grant_item(agent)
    assert item.grant is not None
    grants.hold(item.grant, by=cast.bob, reason="Looks odd.")
    item = items.decide(item, "end", by=cast.rae, reason="Agreed.")
    assert item.state == "done"
    assert item.grant is not None
    assert Grant.objects.get(pk=item.grant.pk).state == "revoked"


def test_an_access_that_does_not_work_any_more_cannot_be_kept(cast: Cast, agent: Agent) -> None:
    item = grant_item(agent)
    assert item.grant is not None
    grants.revoke(item.grant, by=cast.bob, reason="Over.")
    with pytest.raises(IllegalMove, match="nothing to keep"):
        items.decide(item, "keep", by=cast.rae)
    item.refresh_from_db()
    assert (item.state, item.version) == ("undecided", 0)
    assert items.decide(item, "end", by=cast.rae, reason="It is over.").state == "done"


def test_keeping_an_agent_extends_its_eligibility(cast: Cast, agent: Agent) -> None:
    item = agent_item(agent)
    before = agent.eligible_until
    assert before is not None
    with time_machine.travel(clock.now() + timedelta(days=7), tick=False):
        items.decide(item, "keep", by=cast.rae)
    agent.refresh_from_db()
    assert agent.eligible_until is not None
    assert (agent.eligible_until - before).days in (6, 7)


def test_change_needed_has_no_silent_effect(cast: Cast, agent: Agent) -> None:
    before = agent.eligible_until
    item = items.decide(agent_item(agent), "change_needed", by=cast.rae, reason="Its purpose is another now.")
    agent.refresh_from_db()
    assert (agent.state, agent.eligible_until, item.state) == ("active", before, "decided")
    assert is_effective(agent, cast.read_records).allowed
    assert items.take_back(item, by=cast.rae).state == "undecided"


@pytest.mark.parametrize("choice", ["end", "change_needed"])
def test_narrowing_needs_a_reason(cast: Cast, agent: Agent, choice: str) -> None:
    item = grant_item(agent) if choice == "end" else agent_item(agent)
    written = TrailEvent.objects.count()
    with pytest.raises(ValidationError, match="Give a reason"):
        items.decide(item, choice, by=cast.rae, reason="  ")
    assert is_effective(agent, cast.read_records).allowed
    assert (TrailEvent.objects.count(), ReviewDecision.objects.count()) == (written, 0)


@pytest.mark.parametrize(
    ("kind", "choice"), [("grant", "change_needed"), ("agent", "end"), ("grant", "withdrawn"), ("agent", "no")]
)
def test_only_the_choices_of_its_kind_are_taken(cast: Cast, agent: Agent, kind: str, choice: str) -> None:
    item = grant_item(agent) if kind == "grant" else agent_item(agent)
    with pytest.raises(ValidationError, match="Choose keep or"):
        items.decide(item, choice, by=cast.rae, reason="Because.")


def test_the_slower_of_two_reviewers_reads_the_name_of_the_faster(cast: Cast, agent: Agent) -> None:
    item = grant_item(agent)
    items.decide(item, "keep", by=cast.rae, version=0)
    written = TrailEvent.objects.count()
    with pytest.raises(IllegalMove, match="Rae was faster: “keep” at"):
        items.decide(item, "end", by=cast.sid, reason="No.", version=0)
    assert TrailEvent.objects.count() == written
    assert is_effective(agent, cast.read_records).allowed


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("bob", "You own this agent"),
        ("ann", "You run this agent"),
        ("cat", "You approved this access"),
    ],
)
def test_nobody_reviews_what_is_their_own(cast: Cast, agent: Agent, who: str, sentence: str) -> None:
    person: User = getattr(cast, who)
    roles.assign(person, Role.REVIEWER, by=TEST)
    item = grant_item(agent)
    written = TrailEvent.objects.count()
    with pytest.raises(NotAllowed, match=sentence):
        items.decide(item, "end", by=afresh(person), reason="Mine.")
    assert not Item.objects.reviewable_by(afresh(person)).filter(pk=item.pk).exists()
    assert TrailEvent.objects.count() == written


def test_who_asked_for_the_access_does_not_review_it(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast, by=cast.sam)
    roles.assign(cast.sam, Role.REVIEWER, by=TEST)
    sam = afresh(cast.sam)
    assert permissions.why_not_decide(sam, grant_item(agent)) == "You asked for this access, so somebody else has to review it."
    assert permissions.why_not_decide(sam, agent_item(agent)) == "You registered this agent, so somebody else has to review it."
    assert not Item.objects.waiting_for(sam).exists()


def test_strangers_and_auditors_only_read(cast: Cast, agent: Agent) -> None:
    item = grant_item(agent)
    for person in (cast.sam, cast.audrey, cast.cora, cast.ada):
        with pytest.raises(NotAllowed, match="Reviewers and security administrators decide"):
            items.decide(item, "keep", by=person)


def test_an_item_nobody_may_review_says_so(cast: Cast, agent: Agent) -> None:
    item = grant_item(agent)
    assert not permissions.is_for_nobody(item, [cast.rae, cast.bob])
    assert permissions.is_for_nobody(item, [cast.bob, cast.cat])


def test_both_sides_of_the_permission_agree(cast: Cast, agent: Agent) -> None:
    discovered(cast)
    campaigns.open_due()
    for person in cast.everybody.values():
        fresh = afresh(person)
        allowed = {item.pk for item in Item.objects.all() if permissions.why_not_decide(fresh, item) is None}
        assert set(Item.objects.reviewable_by(fresh).values_list("pk", flat=True)) == allowed


def test_a_reviewer_sees_the_agents_of_an_open_campaign(cast: Cast, agent: Agent) -> None:
    assert not Agent.objects.visible_to(cast.rae).exists()
    campaign = campaign_of(agent)
    assert list(Agent.objects.visible_to(cast.rae)) == [agent]
    assert not Agent.objects.visible_to(cast.sam).exists()
    assert campaign.due_at is not None
    with time_machine.travel(campaign.due_at, tick=False):
        assert not Agent.objects.visible_to(cast.rae).exists()


def test_when_it_is_over_nothing_is_decided_and_open_stays_open(cast: Cast, agent: Agent) -> None:
    item = grant_item(agent)
    campaign = campaign_of(agent)
    assert campaign.due_at is not None
    with time_machine.travel(campaign.due_at, tick=False):  # before any job has run
        with pytest.raises(IllegalMove, match="is over"):
            items.decide(item, "keep", by=cast.rae)
        assert campaigns.close_overdue() == 1
        assert campaigns.close_overdue() == 0
        with pytest.raises(IllegalMove, match="is over"):
            items.decide(item, "end", by=cast.rae, reason="Late.")
        assert list(Item.objects.not_reviewed()) == list(Item.objects.all())
    closed = TrailEvent.objects.get(event="campaign.closed")
    assert closed.after["undecided"] == 2
    assert closed.actor_label == "Mandate (scheduler)"
