"""A campaign opens exactly once, with everybody in it, whoever is killed on the way."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from agents import clock
from agents.access.actions import grants, registrations
from agents.access.models import Grant
from agents.audit import due
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import TrailEvent
from agents.registry.actions import agents as registry
from agents.registry.models import Agent
from reviews import questions
from reviews.actions import campaigns, items
from reviews.models import Cadence, Campaign, Item, ReviewDecision
from reviews.querysets import STALE_AFTER
from tests.builders import agent_at, discovered
from tests.database import TestDatabase
from tests.people import Cast, assemble

on_time = datetime(2026, 11, 2, 8, tzinfo=UTC)
in_november = pytest.mark.usefixtures("november")


@pytest.fixture
def november() -> Iterator[None]:
    """The cast assembles on the second of November."""
    with time_machine.travel(on_time, tick=False):
        yield


def staff(cast: Cast, count: int) -> list[Agent]:
    """So many active agents of tier high with two accesses each."""
    wanted = {cast.read_records: 30, cast.send_mail: 30}
    return [agent_at(Agent.State.ACTIVE, cast, name=f"Helper {n:03}", wanted=wanted) for n in range(count)]


@pytest.mark.django_db
def test_each_tier_has_its_cadence_after_migrate() -> None:
    assert list(Cadence.objects.values_list("tier", "every", "open_days")) == [
        ("critical", "month", 14),
        ("high", "month", 14),
        ("medium", "quarter", 14),
        ("low", "year", 14),
    ]


@in_november
@pytest.mark.django_db
def test_the_due_job_opens_this_months_campaign_once(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    found = discovered(cast)
    due.run_all()
    due.run_all()
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.tier, campaign.period_key, campaign.state) == (
        "November 2026, high tier",
        "high",
        "2026-11",
        "open",
    )
    assert (campaign.population_count, campaign.item_count, campaign.is_late) == (2, 4, False)
    assert (campaign.frozen_at, campaign.opened_at, campaign.due_at) == (on_time, on_time, on_time + timedelta(days=14))
    assert sorted(Item.objects.values_list("kind", "agent_id")) == sorted(
        [("agent", agent.pk), ("agent", found.pk), ("grant", agent.pk), ("grant", found.pk)]
    )
    told = TrailEvent.objects.get(event="campaign.opened")
    assert told.actor_label == "Mandate (scheduler)"
    assert (told.after["agents"], told.after["accesses"], told.after["period"]) == (2, 2, "2026-11")


@in_november
@pytest.mark.django_db
def test_the_next_period_has_its_own_and_says_what_changed(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    items.decide(Item.objects.get(kind="agent"), "keep", by=cast.rae)
    items.decide(Item.objects.get(kind="grant"), "keep", by=cast.rae, reason="Daily use.")
    Agent.objects.filter(pk=agent.pk).update(platform="Another model")
    with time_machine.travel(datetime(2026, 12, 1, 0, 0, 5, tzinfo=UTC), tick=False):
        assert campaigns.open_due() == 1
    second = Campaign.objects.get(period_key="2026-12")
    item = Item.objects.get(campaign=second, kind="agent")
    assert item.snapshot["changed"] == [{"what": "model or platform", "from": "Claude on Bedrock", "to": "Another model"}]
    assert item.because == ["changed since the last review: model or platform"]
    again = Item.objects.get(campaign=second, kind="grant").snapshot["last_review"]
    assert (again["choice"], again["by"], again["campaign"]) == ("keep", "Rae", "November 2026, high tier")


@pytest.mark.django_db
def test_an_item_keeps_what_the_reviewer_saw(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast, wanted={cast.export_records: 30})
    campaigns.open_due()
    registry_name = Item.objects.get(kind="agent").snapshot["human_owner"]
    Agent.objects.filter(pk=agent.pk).update(human_owner=cast.dan)
    seen = Item.objects.get(kind="grant").snapshot
    assert registry_name == "Bob"
    assert seen["effect"] == "Lets the agent take copies of patient records out of the system."
    assert (seen["is_privileged"], seen["origin"], seen["requested_by"], seen["approved_by"]) == (True, "requested", "Ann", "Cat")
    assert seen["data_classes"] == ["health records (ePHI)"]
    assert seen["approved_at"] is not None


@in_november
@pytest.mark.django_db
def test_a_campaign_that_opens_late_says_so(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False):
        agent_at(Agent.State.ACTIVE, cast)
        campaigns.open_due()
    assert Campaign.objects.get().is_late


@pytest.mark.django_db
def test_nobody_to_review_opens_nothing_and_is_tried_again(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_APPROVAL, cast)
    assert campaigns.open_due() == 0
    assert not Campaign.objects.exists()
    agent_at(Agent.State.ACTIVE, cast, name="Second")
    assert campaigns.open_due() == 1
    assert list(Item.objects.filter(kind="agent").values_list("agent__name", flat=True)) == ["Second"]


@pytest.mark.django_db
def test_what_is_over_is_not_in_the_population_and_what_is_stopped_is(cast: Cast) -> None:
    agent_at(Agent.State.RETIRED, cast, name="Gone")
    suspended = agent_at(Agent.State.SUSPENDED, cast, name="Paused", wanted={cast.read_records: 30, cast.send_mail: 30})
    over, stopped = Grant.objects.filter(agent=suspended).order_by("pk")
    grants.revoke(over, by=cast.bob, reason="Over.")
    grants.hold(stopped, by=cast.bob, reason="Odd.")
    campaigns.open_due()
    assert list(Item.objects.values_list("agent__name", "grant")) == [("Paused", None), ("Paused", stopped.pk)]
    assert Item.objects.get(kind="grant").because[0] == "somebody stopped it already"


@pytest.mark.django_db
def test_the_database_refuses_a_second_campaign_or_item(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    campaign = Campaign.objects.get()
    for row in (campaign, Item.objects.get(kind="agent"), Item.objects.get(kind="grant")):
        row.pk = None
        row.uid = "6d1f8f5e-0000-4000-8000-000000000000"
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


@pytest.mark.django_db
def test_a_worker_that_dies_half_way_is_continued_and_nothing_is_doubled(cast: Cast) -> None:
    staff(cast, 5)
    campaigns.schedule(Cadence.objects.get(tier="high"))
    campaign = Campaign.objects.get()
    claim = campaigns._claim(campaign)
    assert claim is not None
    campaigns._freeze(campaign, claim)
    campaigns._write_chunk(campaign, claim, 2)
    assert (Item.objects.filter(kind="grant").count(), Campaign.objects.get().state) == (4, "generating")
    assert campaigns.open_due() == 0  # it may still be at work
    with time_machine.travel(clock.now() + STALE_AFTER, tick=False):
        assert campaigns.open_due() == 1
        with pytest.raises(campaigns.Superseded):
            campaigns._write_chunk(campaign, claim, 2)
    assert (Item.objects.filter(kind="agent").count(), Item.objects.filter(kind="grant").count()) == (5, 10)
    assert TrailEvent.objects.filter(event="campaign.opened").count() == 1


@pytest.mark.django_db
def test_the_population_is_that_of_the_freeze_also_when_it_is_continued_later(cast: Cast) -> None:
    first, second = staff(cast, 2)
    campaigns.schedule(Cadence.objects.get(tier="high"))
    campaign = Campaign.objects.get()
    claim = campaigns._claim(campaign)
    assert claim is not None
    campaigns._freeze(campaign, claim)
    with time_machine.travel(clock.now() + STALE_AFTER, tick=False):
        registrations.retire(second, by=cast.sid, reason="Over.")
        agent_at(Agent.State.ACTIVE, cast, name="Later")
        assert campaigns.open_due() == 1
    assert set(Item.objects.values_list("agent__name", flat=True)) == {first.name, second.name}
    assert Item.objects.filter(agent=second, kind="grant").count() == 2


@pytest.mark.django_db
def test_an_incomplete_campaign_does_not_open(cast: Cast) -> None:
    staff(cast, 2)
    campaigns.schedule(Cadence.objects.get(tier="high"))
    campaign = Campaign.objects.get()
    claim = campaigns._claim(campaign)
    assert claim is not None
    campaigns._freeze(campaign, claim)
    assert not campaigns._open(campaign, claim)
    assert not TrailEvent.objects.filter(event="campaign.opened").exists()
    assert campaigns.open_due() == 1
    assert Campaign.objects.get().item_count == 6


def at_once(what: Callable[[], object], times: int) -> list[object]:
    """The same call from several threads that begin together."""
    gate = threading.Barrier(times)

    def run() -> object:
        gate.wait()
        try:
            return what()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(run) for _n in range(times)]]


def test_four_workers_at_once_open_one_campaign(own_database: TestDatabase) -> None:
    staff(assemble(), 12)
    opened = at_once(campaigns.open_due, 4)
    assert sorted(opened) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert (Campaign.objects.get().item_count, Item.objects.count()) == (36, 36)
    assert TrailEvent.objects.filter(event="campaign.opened").count() == 1


def test_two_beats_in_two_processes_open_one_campaign(own_database: TestDatabase) -> None:
    staff(assemble(), 12)
    done = at_once(lambda: own_database.command("run_due").returncode, 2)
    assert done == [0, 0]
    assert (Campaign.objects.get().state, Item.objects.count()) == ("open", 36)
    assert TrailEvent.objects.filter(event="campaign.opened").count() == 1


def test_two_reviewers_at_once_on_one_item(own_database: TestDatabase) -> None:
    cast = assemble()
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    item = Item.objects.get(kind="grant")
    turn = iter([cast.rae, cast.sid])

    def decide() -> str:
        by = next(turn)
        try:
            items.decide(Item.objects.get(pk=item.pk), "end", by=by, reason=by.name, version=0)
        except IllegalMove as refusal:
            return refusal.sentence
        return by.name

    said = [str(answer) for answer in at_once(decide, 2)]
    [decision] = ReviewDecision.objects.filter(item=item)
    assert sorted(answer.split(":")[0] for answer in said) == [decision.by.name, f"{decision.by.name} was faster"]
    assert Grant.objects.get().held_by == decision.by


@pytest.mark.django_db
def test_a_security_administrator_closes_when_everything_is_decided(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    campaign = Campaign.objects.get()
    with pytest.raises(NotAllowed, match="2 items are undecided"):
        campaigns.close(campaign, by=cast.sid)
    for item in Item.objects.all():
        items.decide(item, "keep", by=cast.rae)
    with pytest.raises(NotAllowed, match="closes by itself"):
        campaigns.close(campaign, by=cast.rae)
    campaign = campaigns.close(campaign, by=cast.sid)
    assert (campaign.state, campaign.closed_by) == ("closed", "Sid")
    with pytest.raises(IllegalMove, match="This review is closed"):
        campaigns.close(campaign, by=cast.sid)


@pytest.mark.django_db
def test_cancelling_leaves_the_decisions(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    items.decide(Item.objects.get(kind="grant"), "end", by=cast.rae, reason="No.")
    with pytest.raises(NotAllowed, match="Only a security administrator"):
        campaigns.cancel(Campaign.objects.get(), by=cast.rae, reason="Wrong.")
    campaigns.cancel(Campaign.objects.get(), by=cast.sid, reason="Opened for the wrong tier.")
    assert Campaign.objects.get().state == "cancelled"
    assert Grant.objects.get().state == "held"
    assert campaigns.open_due() == 0


@in_november
@pytest.mark.django_db
def test_next_review_of_each_agent(cast: Cast) -> None:
    high = agent_at(Agent.State.ACTIVE, cast)
    low = agent_at(Agent.State.ACTIVE, cast, name="Low", wanted={cast.send_mail: 30}, data_classes=["public"])
    draft = agent_at(Agent.State.DRAFT, cast, name="Draft")
    Agent.objects.filter(pk=low.pk).update(risk_tier="low")
    assert questions.next_reviews(Agent.objects.all()) == {high.pk: date(2026, 11, 2), low.pk: date(2026, 11, 2)}
    campaigns.open_due()
    assert questions.next_review_for(high) == date(2026, 11, 16)
    assert questions.next_review_for(draft) is None
    for item in Item.objects.all():
        items.decide(item, "keep", by=cast.rae)
    assert questions.next_reviews(Agent.objects.all()) == {high.pk: date(2026, 12, 1), low.pk: date(2027, 1, 1)}


@in_november
@pytest.mark.django_db
def test_campaigns_covering_a_period(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    with time_machine.travel(on_time + timedelta(days=14), tick=False):
        campaigns.close_overdue()
    day = timedelta(days=1)
    assert Campaign.objects.covering(on_time - day, on_time + day).count() == 1
    assert Campaign.objects.covering(on_time + 14 * day, on_time + 20 * day).count() == 1
    assert not Campaign.objects.covering(on_time + 15 * day, on_time + 20 * day).exists()
    assert not Campaign.objects.covering(on_time - 9 * day, on_time).exists()


@in_november
@pytest.mark.django_db
def test_items_of_an_agent_newest_campaign_first(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    campaigns.open_due()
    registry.extend_lease(agent, by=cast.sid, reason="For the test.")
    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False):
        campaigns.open_due()
    found = [(item.campaign.period_key, item.kind) for item in Item.objects.for_agent(agent)]
    assert found == [("2026-12", "agent"), ("2026-12", "grant"), ("2026-11", "agent"), ("2026-11", "grant")]
