"""What waits for one person, most dangerous and oldest first: the inbox, home's list, and the numbers in the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agents import clock
from agents.access.models import RequestLine
from agents.people.models import User
from agents.registry.choices import TIER_ORDER
from agents.registry.models import Agent
from compliance.models import Pack
from portal.navigation import counted
from reviews.models import Campaign, Item

PACK_NEWS = timedelta(days=7)


@dataclass(frozen=True)
class Need:
    """One thing that needs this person.

    key: the public id of what is decided; since: when it began to wait; due: when it ends by itself, or None.
    """

    key: UUID
    tier: str  # empty where no tier stands behind it
    verb: str | Promise
    what: str
    where: str
    url: str
    button: str | Promise
    since: datetime
    due: datetime | None = None
    due_word: str | Promise = ""


def inbox_of(user: User) -> list[Need]:
    """Agents to accept and accesses to decide, most dangerous first, then the one that waited longest."""
    return in_order([*_ownerships(user), *_lines(user)])


def everything_for(user: User) -> list[Need]:
    """All that needs this person, for the first screen."""
    return in_order([*_ownerships(user), *_lines(user), *_reviews(user), *_failed_packs(user), *returned_to(user)])


def in_order(needs: list[Need]) -> list[Need]:
    by_age = sorted(needs, key=attrgetter("since"))
    return sorted(by_age, key=lambda need: -TIER_ORDER.index(need.tier) if need.tier in TIER_ORDER else 1)


def returned_to(user: User) -> list[Need]:
    """Registrations that came back to their author with a reason."""
    drafts = Agent.objects.visible_to(user).filter(state=Agent.State.DRAFT, registered_by=user).exclude(state_reason="")
    return [
        Need(
            key=agent.uid,
            tier=agent.risk_tier,
            verb=_("Mend and submit again:"),
            what=str(agent),
            where=agent.state_reason,
            url=reverse("agent_draft", args=[agent.uid]),
            button=_("Open the draft"),
            since=agent.submitted_at or agent.created_at,
        )
        for agent in drafts
    ]


@counted("inbox")
def decisions_waiting(user: User) -> int:
    return Agent.objects.waiting_for_owner(user).count() + RequestLine.objects.waiting_for(user).count()


def _ownerships(user: User) -> list[Need]:
    return [
        Need(
            key=agent.uid,
            tier=agent.risk_tier,
            verb=_("Accept ownership:"),
            what=str(agent),
            where=_place(agent),
            url=reverse("inbox_agent", args=[agent.uid]),
            button=_("Decide"),
            since=agent.submitted_at or agent.created_at,
        )
        for agent in Agent.objects.waiting_for_owner(user).select_related("legal_entity")
    ]


def _lines(user: User) -> list[Need]:
    waiting = RequestLine.objects.waiting_for(user).select_related("request__agent__legal_entity", "entitlement__system")
    return [
        Need(
            key=line.uid,
            tier=line.request.agent.risk_tier,
            verb=_("Decide access:"),
            what=str(line.request.agent),
            where=f"{line.entitlement.system} · {line.entitlement.name}",
            url=reverse("inbox_line", args=[line.uid]),
            button=_("Decide"),
            since=line.request.submitted_at or clock.now(),
            due=line.request.expires_at,
            due_word=_("expires"),
        )
        for line in waiting
    ]


def _reviews(user: User) -> list[Need]:
    """Open reviews with items this person may decide; one need each, however many items."""
    counts = dict(Item.objects.waiting_for(user).order_by().values_list("campaign").annotate(n=Count("pk")))
    return [
        Need(
            key=campaign.uid,
            tier=campaign.tier,
            verb=_("Review:"),
            what=campaign.name,
            where=_undecided(counts[campaign.pk]),
            url=reverse("review", args=[campaign.uid]),
            button=_("Go on"),
            since=campaign.opened_at or campaign.created_at,
            due=campaign.due_at,
            due_word=_("due"),
        )
        for campaign in Campaign.objects.filter(pk__in=counts)
    ]


def _failed_packs(user: User) -> list[Need]:
    """Evidence this person asked for that could not be built, until it was asked for again or a week has passed."""
    failed = Pack.objects.visible_to(user).filter(
        requested_by=user, state=Pack.State.FAILED, ended_at__gt=clock.now() - PACK_NEWS
    )
    return [
        Need(
            key=pack.uid,
            tier="",
            verb=_("Could not be built:"),
            what=str(pack),
            where=pack.failed_reason,
            url=reverse("pack", args=[pack.uid]),
            button=_("See why"),
            since=pack.ended_at or pack.requested_at,
        )
        for pack in failed.select_related("legal_entity")
        if not _asked_again(pack)
    ]


def _asked_again(pack: Pack) -> bool:
    return Pack.objects.filter(
        framework=pack.framework,
        legal_entity=pack.legal_entity,
        since=pack.since,
        until=pack.until,
        requested_at__gt=pack.requested_at,
    ).exists()


def _undecided(count: int) -> str:
    return ngettext("%(n)d item is undecided", "%(n)d items are undecided", count) % {"n": count}


def _place(agent: Agent) -> str:
    """Where it works: legal entity and environment."""
    return " · ".join(str(part) for part in (agent.legal_entity, agent.get_environment_display()) if part)
