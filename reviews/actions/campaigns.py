"""A campaign is scheduled, prepared, opened and closed: exactly once for a cadence and a period.

Preparing may be killed at any moment and is continued by whoever calls `open_due` next: the claim on the row goes stale,
each chunk of items is a transaction of its own, and the unique constraints make it impossible to write an item twice.
"""

import logging
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.actors import Actor, System
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.people.models import User
from agents.registry.actions.agents import said
from agents.registry.choices import Tier
from agents.registry.models import Agent
from reviews import permissions, snapshots
from reviews.models import Cadence, Campaign, Item
from reviews.rules import is_late

logger = logging.getLogger(__name__)

SCHEDULER = System("scheduler")
CHUNK = 200  # agents whose accesses are written in one transaction


class Superseded(Exception):
    """Another worker took the campaign over; this one stops."""


def open_due() -> int:
    """Each cadence whose period has no campaign yet has one, open, with all its items. How many opened now."""
    for cadence in Cadence.objects.all():
        schedule(cadence)
    return sum(prepare(campaign) for campaign in Campaign.objects.to_prepare().select_related("cadence"))


def schedule(cadence: Cadence) -> None:
    """The campaign of the running period has its row, if there is somebody to review. Any number of callers make one."""
    period = cadence.period
    if cadence.has_begun or not population(cadence.tier).exists():
        return
    campaign = Campaign(
        cadence=cadence,
        name=_("%(period)s, %(tier)s tier") % {"period": period.label, "tier": Tier(cadence.tier).label},
        tier=cadence.tier,
        period_key=period.key,
        period_starts_on=period.starts_on,
        period_ends_on=period.ends_on,
        created_at=clock.now(),
    )
    Campaign.objects.bulk_create([campaign], ignore_conflicts=True)


def population(tier: str) -> QuerySet[Agent]:
    """Agents of the tier that work, or did and could again; one that was never approved has nothing to review."""
    return Agent.objects.in_service().filter(risk_tier=tier, activated_at__isnull=False)


def prepare(campaign: Campaign, *, chunk: int = CHUNK) -> bool:
    """The campaign is open with all its items, unless another worker is at it. Writes campaign.opened, once."""
    claim = _claim(campaign)
    if claim is None:
        return False
    try:
        _freeze(campaign, claim)
        while _write_chunk(campaign, claim, chunk):
            pass
        return _open(campaign, claim)
    except Superseded:
        logger.info("campaign taken over", extra={"campaign": str(campaign.uid)})
        return False


def _claim(campaign: Campaign) -> uuid.UUID | None:
    """A token for exactly one worker. A claim is no governance change: the trail hears of the campaign when it opens."""
    claim = uuid.uuid4()
    taken = Campaign.objects.to_prepare().filter(pk=campaign.pk, claim=campaign.claim)
    found = taken.update(state=Campaign.State.GENERATING.value, claim=claim, heartbeat_at=clock.now())
    return claim if found else None


def _held(campaign: Campaign, claim: uuid.UUID) -> Campaign:
    """The row under lock, while the claim is still ours. Raises Superseded."""
    fresh = locked(Campaign, campaign.pk)
    if fresh.claim != claim or fresh.state != Campaign.State.GENERATING:
        raise Superseded
    return fresh


@transaction.atomic
def _freeze(campaign: Campaign, claim: uuid.UUID) -> None:
    """Who is reviewed is settled: one question to the database, one item for each agent it named, one transaction."""
    fresh = _held(campaign, claim)
    if fresh.population_count is not None:
        return
    now = clock.now()
    named = list(population(fresh.tier).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(named), CHUNK):
        agents = (
            Agent.objects.filter(pk__in=named[start : start + CHUNK])
            .select_related("human_owner", "technical_owner", "legal_entity", "department")
            .prefetch_related("systems", "aliases")
        )
        Item.objects.bulk_create(snapshots.agent_items(fresh, list(agents), now), ignore_conflicts=True)
    Campaign.objects.filter(pk=fresh.pk).update(frozen_at=now, population_count=len(named), heartbeat_at=clock.now())


@transaction.atomic
def _write_chunk(campaign: Campaign, claim: uuid.UUID, chunk: int) -> bool:
    """The accesses of the next agents have their items; False when there are no more agents."""
    fresh = _held(campaign, claim)
    agents = list(
        Item.objects.filter(campaign=fresh, kind=Item.Kind.AGENT, agent_id__gt=fresh.cursor)
        .order_by("agent_id")
        .values_list("agent_id", flat=True)[:chunk]
    )
    if not agents or fresh.frozen_at is None:
        return False
    grants = snapshots.grants_at(fresh.frozen_at, agents).select_related(
        "agent", "entitlement__system", "request_line__request__requested_by", "request_line__decided_by"
    )
    items = snapshots.grant_items(fresh, grants.order_by("agent_id", "pk"), fresh.frozen_at)
    Item.objects.bulk_create(items, ignore_conflicts=True, batch_size=1000)
    Campaign.objects.filter(pk=fresh.pk).update(cursor=agents[-1], heartbeat_at=clock.now())
    return True


@transaction.atomic
def _open(campaign: Campaign, claim: uuid.UUID) -> bool:
    """Open when every agent and access of the frozen population has its item; otherwise the next run goes over it again."""
    fresh = _held(campaign, claim)
    items = Item.objects.filter(campaign=fresh)
    agents = items.filter(kind=Item.Kind.AGENT)
    expected = 0
    if fresh.frozen_at is not None:
        expected = snapshots.grants_at(fresh.frozen_at, agents.values("agent_id")).count()
    written = items.filter(kind=Item.Kind.GRANT).count()
    if agents.count() != fresh.population_count or written != expected:
        logger.error("campaign incomplete", extra={"campaign": str(fresh.uid), "written": written, "expected": expected})
        Campaign.objects.filter(pk=fresh.pk).update(cursor=0, heartbeat_at=None)
        return False
    now = clock.now()
    period = fresh.cadence.period
    late = fresh.period_key != period.key or is_late(period, now)
    item_count = expected + agents.count()
    move(
        fresh,
        Campaign.State.OPEN,
        by=SCHEDULER,
        event=Event.CAMPAIGN_OPENED,
        told={"tier": fresh.tier, "period": fresh.period_key, "agents": fresh.population_count, "accesses": expected},
        item_count=item_count,
        opened_at=now,
        due_at=now + timedelta(days=fresh.cadence.open_days),
        is_late=late,
    )
    return True


def close_overdue() -> int:
    """Campaigns whose time is over say so; what nobody decided stays undecided. How many closed now."""
    closed = 0
    for campaign in Campaign.objects.overdue():
        with transaction.atomic():
            fresh = locked(Campaign, campaign.pk)
            if fresh.state == Campaign.State.OPEN:
                _close(fresh, by=SCHEDULER, reason="")
                closed += 1
    return closed


@transaction.atomic
def close(campaign: Campaign, *, by: User, reason: str = "") -> Campaign:
    """No decision is taken or changed any more. Raises NotAllowed, IllegalMove. Writes campaign.closed."""
    fresh = locked(Campaign, campaign.pk)
    if why_not := permissions.why_not_close(by, fresh, Item.objects.filter(campaign=fresh).undecided().count()):
        raise NotAllowed(why_not)
    return _close(fresh, by=by, reason=reason.strip()[:500])


@transaction.atomic
def cancel(campaign: Campaign, *, by: User, reason: str) -> Campaign:
    """The review is over without a result; what was decided stays decided. Raises NotAllowed, IllegalMove.

    reason: 1–500 characters. Writes campaign.cancelled.
    """
    fresh = locked(Campaign, campaign.pk)
    if why_not := permissions.why_not_cancel(by, fresh):
        raise NotAllowed(why_not)
    return move(
        fresh,
        Campaign.State.CANCELLED,
        by=by,
        event=Event.CAMPAIGN_CANCELLED,
        reason=said(reason),
        closed_at=clock.now(),
        closed_by=by.actor_label,
    )


def _close(campaign: Campaign, *, by: Actor, reason: str) -> Campaign:
    if campaign.state != Campaign.State.OPEN:
        raise IllegalMove(_("This review is %(state)s.") % {"state": campaign.get_state_display()})
    items = Item.objects.filter(campaign=campaign)
    return move(
        campaign,
        Campaign.State.CLOSED,
        by=by,
        event=Event.CAMPAIGN_CLOSED,
        reason=reason,
        told={
            "items": campaign.item_count,
            "joined": campaign.joined_item_count,
            "undecided": items.undecided().count(),
            "ended": items.filter(choice="end").count(),
        },
        closed_at=clock.now(),
        closed_by=by.actor_label,
    )
