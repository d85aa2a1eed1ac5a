"""Agents that come into a tier while its review is open join that review, once, until it is due (ADR 7).

Any number of processes may do it at once, and any may be killed: each chunk is one transaction under the campaign's lock,
with its items, its numbers and its event, and an agent that has its item is no newcomer any more.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from agents import clock
from agents.audit.events import Event
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.registry.choices import TIER_ORDER
from agents.registry.models import Agent
from reviews import snapshots
from reviews.actions.campaigns import CHUNK, SCHEDULER, population
from reviews.models import Campaign, Item


def admit(*, chunk: int = CHUNK) -> int:
    """Every open campaign has all agents that are in its tier now. How many joined."""
    joined = 0
    for campaign in Campaign.objects.open():
        while newcomers(campaign).exists() and (count := _join(campaign, chunk)):
            joined += count
    return joined


def newcomers(campaign: Campaign) -> QuerySet[Agent]:
    """Agents of the tier that are not in the campaign; one whose tier was lowered stays in the stricter review it is in."""
    here = Item.objects.filter(campaign=campaign, kind=Item.Kind.AGENT, agent=OuterRef("pk"))
    stricter = TIER_ORDER[TIER_ORDER.index(campaign.tier) + 1 :]
    there = Item.objects.in_open_campaigns().filter(campaign__tier__in=stricter, kind=Item.Kind.AGENT, agent=OuterRef("pk"))
    return population(campaign.tier).exclude(Exists(here)).exclude(Exists(there))


@transaction.atomic
def _join(campaign: Campaign, chunk: int) -> int:
    """The next newcomers have their items; 0 when there are none any more, or the campaign is over. Writes campaign.extended."""
    fresh = locked(Campaign, campaign.pk)
    if not fresh.is_open:
        return 0
    agents = list(
        newcomers(fresh)
        .order_by("pk")
        .select_related("human_owner", "technical_owner", "legal_entity", "department")
        .prefetch_related("systems", "aliases")[:chunk]
    )
    if not agents:
        return 0
    at = _moment(agents)
    grants = snapshots.grants_at(at, [agent.pk for agent in agents]).select_related(
        "agent", "entitlement__system", "request_line__request__requested_by", "request_line__decided_by"
    )
    accesses = snapshots.grant_items(fresh, grants.order_by("agent_id", "pk"), at)
    items = [*snapshots.agent_items(fresh, agents, at), *accesses]
    for item in items:
        item.joined_at = at
    Item.objects.bulk_create(items, batch_size=1000)
    Campaign.objects.filter(pk=fresh.pk).update(
        joined_count=F("joined_count") + len(agents), joined_item_count=F("joined_item_count") + len(items)
    )
    record(
        Event.CAMPAIGN_EXTENDED,
        fresh,
        by=SCHEDULER,
        before={"joined_count": fresh.joined_count},
        after={
            "joined_count": fresh.joined_count + len(agents),
            "agents": [str(agent) for agent in agents],
            "accesses": len(accesses),
        },
    )
    return len(agents)


def _moment(agents: Sequence[Agent]) -> datetime:
    """Now, and not before what they were given as they began to work: another machine's clock may be a little ahead."""
    return max(clock.now(), *(agent.activated_at for agent in agents if agent.activated_at))
