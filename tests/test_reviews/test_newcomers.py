"""Agents that come into a tier while its review is open join it: once, until it is due, and beside the frozen population."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from agents import clock
from agents.access.models import Grant
from agents.audit import due
from agents.audit.errors import NotAllowed
from agents.audit.models import TrailEvent
from agents.registry.actions.agents import LEASE
from agents.registry.choices import Tier
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from compliance.schedule import overdue
from reviews import questions
from reviews.actions import campaigns, items, newcomers
from reviews.models import Cadence, Campaign, Item
from reviews.rules import LATE_AFTER, SHORT_NOTICE
from tests.builders import agent_at, discovered
from tests.database import TestDatabase
from tests.people import Cast, assemble
from tests.test_reviews.test_campaigns import at_once

on_time = datetime(2026, 11, 2, 8, tzinfo=UTC)
one_day = timedelta(days=1)
in_november = pytest.mark.usefixtures("november")


@pytest.fixture
def november() -> Iterator[time_machine.Traveller]:
    """The cast assembles on the second of November."""
    with time_machine.travel(on_time, tick=False) as traveller:
        yield traveller


@pytest.fixture
def campaign(november: time_machine.Traveller, cast: Cast) -> Campaign:
    """November's review of high tier is open, with one agent that holds one access; a day has passed."""
    agent_at(Agent.State.ACTIVE, cast, name="First")
    due.run_all()
    november.move_to(on_time + one_day, tick=False)
    return Campaign.objects.get()


def extended() -> list[TrailEvent]:
    return list(TrailEvent.objects.filter(event="campaign.extended").order_by("id"))


def counts(campaign: Campaign) -> tuple[int | None, int, int | None, int]:
    campaign.refresh_from_db()
    return campaign.population_count, campaign.joined_count, campaign.item_count, campaign.joined_item_count


@in_november
@pytest.mark.django_db
def test_an_agent_that_begins_to_work_joins_the_open_review_once(cast: Cast, campaign: Campaign) -> None:
    later = agent_at(Agent.State.ACTIVE, cast, name="Later", wanted={cast.read_records: 30, cast.send_mail: 30})
    assert due.run_all()["reviews.admit_newcomers"] == 1
    assert due.run_all()["reviews.admit_newcomers"] == 0
    assert list(Item.objects.filter(agent=later).values_list("kind", "state", "joined_at")) == [
        ("agent", "undecided", clock.now()),
        ("grant", "undecided", clock.now()),
        ("grant", "undecided", clock.now()),
    ]
    assert counts(campaign) == (1, 1, 2, 3)
    assert (campaign.agent_count, campaign.all_items_count, Item.objects.count()) == (2, 5, 5)
    assert campaign.frozen_at == on_time
    [told] = extended()
    assert (told.actor_label, told.target_key) == ("Mandate (scheduler)", str(campaign.uid))
    assert (told.before, told.after) == ({"joined_count": 0}, {"joined_count": 1, "agents": ["Later"], "accesses": 2})
    assert questions.next_review_for(later) == date(2026, 11, 16)


@in_november
@pytest.mark.django_db
def test_its_facts_are_those_of_the_moment_it_joined(cast: Cast, campaign: Campaign) -> None:
    later = agent_at(Agent.State.ACTIVE, cast, name="Later")
    newcomers.admit()
    Agent.objects.filter(pk=later.pk).update(human_owner=cast.dan)
    seen = Item.objects.get(agent=later, kind="agent").snapshot
    assert (seen["human_owner"], seen["access_count"]) == ("Bob", 1)
    assert Item.objects.get(agent=later, kind="grant").snapshot["approved_by"] == "Cat"
    assert Item.objects.filter(joined_at__isnull=True).count() == 2


@in_november
@pytest.mark.django_db
def test_what_was_found_at_a_source_joins_with_its_access(cast: Cast, campaign: Campaign) -> None:
    found = discovered(cast)
    assert newcomers.admit() == 1
    assert list(Item.objects.filter(agent=found).values_list("kind", flat=True)) == ["agent", "grant"]


@in_november
@pytest.mark.django_db
def test_who_is_not_at_work_does_not_join(cast: Cast, campaign: Campaign) -> None:
    for state in (Agent.State.DRAFT, Agent.State.PENDING_OWNER, Agent.State.PENDING_APPROVAL, Agent.State.RETIRED):
        agent_at(state, cast, name=f"Is {state}")
    assert newcomers.admit() == 0
    assert (Item.objects.count(), extended()) == (2, [])
    assert counts(campaign) == (1, 0, 2, 0)


@in_november
@pytest.mark.django_db
def test_nobody_joins_a_review_that_is_due_closed_or_cancelled(
    cast: Cast, campaign: Campaign, november: time_machine.Traveller
) -> None:
    assert campaign.due_at is not None
    november.move_to(campaign.due_at, tick=False)
    later = agent_at(Agent.State.ACTIVE, cast, name="Later")
    assert (newcomers.admit(), newcomers._join(campaign, 200)) == (0, 0)
    campaigns.close_overdue()
    assert (newcomers.admit(), newcomers._join(campaign, 200)) == (0, 0)
    assert not Item.objects.filter(agent=later).exists()
    assert questions.next_review_for(later) == date(2026, 12, 1)


@in_november
@pytest.mark.django_db
def test_raised_into_a_tier_an_agent_joins_and_lowered_it_never_leaves(cast: Cast, campaign: Campaign) -> None:
    other = agent_at(Agent.State.ACTIVE, cast, name="Other")
    Agent.objects.filter(pk=other.pk).update(risk_tier=Tier.LOW)
    assert due.run_all()["reviews.open_campaigns"] == 1
    low = Campaign.objects.get(tier="low")
    Agent.objects.filter(pk=other.pk).update(risk_tier=Tier.HIGH)
    assert newcomers.admit() == 1
    assert set(Item.objects.filter(agent=other, kind="agent").values_list("campaign_id", flat=True)) == {low.pk, campaign.pk}
    first = Agent.objects.get(name="First")
    Agent.objects.filter(pk__in=(first.pk, other.pk)).update(risk_tier=Tier.LOW)
    assert newcomers.admit() == 0  # asked about in the stricter review, so not a second time beside it
    assert Item.objects.filter(campaign=campaign, agent=first).count() == 2
    assert questions.next_review_for(first) == date(2026, 11, 16)
    assert counts(campaign) == (1, 1, 2, 2)


@in_november
@pytest.mark.django_db
def test_the_reviewer_sees_who_joined_and_can_end_its_access(cast: Cast, campaign: Campaign) -> None:
    later = agent_at(Agent.State.ACTIVE, cast, name="Later")
    newcomers.admit()
    client = Client()
    client.force_login(cast.rae)
    said = client.get(reverse("review", args=[campaign.uid])).content.decode()
    assert said.count("joined later") == 1
    assert "1 joined since it opened" in said
    listed = client.get(reverse("reviews")).content.decode()
    assert "0 of 4 items decided" in listed
    assert "2 agents" in listed
    assert "1 joined since it opened" in listed
    assert "0 of 4 items decided" in client.get(reverse("home")).content.decode()
    item = Item.objects.get(agent=later, kind="grant")
    assert is_effective(later, cast.read_records).allowed
    items.decide(item, "end", by=cast.rae, reason="Not needed.")
    assert not is_effective(later, cast.read_records).allowed
    assert Grant.objects.get(agent=later).held_by == cast.rae


@in_november
@pytest.mark.django_db
def test_who_has_a_part_in_a_newcomer_does_not_review_it(cast: Cast, campaign: Campaign) -> None:
    later = agent_at(Agent.State.ACTIVE, cast, name="Later", technical_owner=cast.sid)
    newcomers.admit()
    assert not Item.objects.waiting_for(cast.sid).filter(agent=later).exists()
    assert Item.objects.waiting_for(cast.rae).filter(agent=later).count() == 2


@in_november
@pytest.mark.django_db
def test_closing_tells_both_numbers_and_waits_for_those_who_joined(cast: Cast, campaign: Campaign) -> None:
    agent_at(Agent.State.ACTIVE, cast, name="Later")
    newcomers.admit()
    for item in Item.objects.filter(joined_at__isnull=True):
        items.decide(item, "keep", by=cast.rae)
    with pytest.raises(NotAllowed, match="2 items are undecided"):
        campaigns.close(campaign, by=cast.sid)
    for item in Item.objects.undecided():
        items.decide(item, "keep", by=cast.rae)
    campaigns.close(campaign, by=cast.sid)
    told = TrailEvent.objects.get(event="campaign.closed").after
    assert (told["items"], told["joined"], told["undecided"]) == (2, 2, 0)


@in_november
@pytest.mark.django_db
def test_who_joined_on_short_notice_is_not_reviewed_but_not_late(
    cast: Cast, campaign: Campaign, november: time_machine.Traveller
) -> None:
    assert campaign.due_at is not None
    november.move_to(campaign.due_at - SHORT_NOTICE, tick=False)
    early = agent_at(Agent.State.ACTIVE, cast, name="In time")
    newcomers.admit()
    november.shift(timedelta(seconds=1))
    agent_at(Agent.State.ACTIVE, cast, name="At the end")
    newcomers.admit()
    november.move_to(campaign.due_at, tick=False)
    assert Item.objects.not_reviewed().filter(kind="agent").count() == 3
    assert set(Agent.objects.filter(overdue())) == {Agent.objects.get(name="First"), early}


@in_november
@pytest.mark.django_db
def test_many_join_in_chunks_and_a_chunk_that_fails_leaves_nothing(
    cast: Cast, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        agent_at(Agent.State.ACTIVE, cast, name=f"Helper {number}")
    assert newcomers._join(campaign, 2) == 2
    with monkeypatch.context() as broken:
        broken.setattr(newcomers, "record", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            newcomers.admit(chunk=2)
    assert counts(campaign) == (1, 2, 2, 4)
    assert Item.objects.count() == 6
    assert newcomers.admit(chunk=2) == 3
    assert counts(campaign) == (1, 5, 2, 10)
    assert [told.after["joined_count"] for told in extended()] == [2, 4, 5]


def test_two_processes_at_once_let_each_agent_join_once(own_database: TestDatabase) -> None:
    cast = assemble()
    agent_at(Agent.State.ACTIVE, cast, name="First")
    campaigns.open_due()
    for number in range(12):
        agent_at(Agent.State.ACTIVE, cast, name=f"Helper {number}")
    assert at_once(lambda: own_database.command("run_due").returncode, 2) == [0, 0]
    campaign = Campaign.objects.get()
    assert counts(campaign) == (1, 12, 2, 24)
    assert Item.objects.count() == 26
    assert [told.after["joined_count"] for told in extended()] == [12]


def test_four_threads_at_once_let_each_agent_join_once(own_database: TestDatabase) -> None:
    cast = assemble()
    agent_at(Agent.State.ACTIVE, cast, name="First")
    campaigns.open_due()
    for number in range(10):
        agent_at(Agent.State.ACTIVE, cast, name=f"Helper {number}")
    joined = at_once(lambda: newcomers.admit(chunk=3), 4)
    assert sum(joined) == 10  # type: ignore[arg-type]
    assert (Item.objects.count(), counts(Campaign.objects.get())) == (22, (1, 10, 2, 20))
    assert sum(len(told.after["agents"]) for told in extended()) == 10


@pytest.mark.django_db
@pytest.mark.parametrize("tier", Tier.values)
def test_a_lease_outlives_the_review_that_comes_next(tier: str) -> None:
    """Decided at any day of a review that opened in time, the lease reaches to the end of the next one that opens in time."""
    cadence = Cadence.objects.get(tier=tier)
    open_for = timedelta(days=cadence.open_days)
    for number in range(4 * 366):
        decided_at = datetime(2027, 1, 1, tzinfo=UTC) + number * one_day
        with time_machine.travel(decided_at, tick=False):
            next_opens = datetime.combine(cadence.period.ends_on, datetime.min.time(), UTC)
        assert decided_at + LEASE[Tier(tier)] >= next_opens + LATE_AFTER + open_for, (tier, decided_at)
