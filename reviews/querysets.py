"""Named questions about campaigns and items."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, F, Q

from agents import clock
from agents.people.choices import SEES_EVERYTHING, Role
from agents.people.models import User
from agents.registry.models import Agent
from reviews.rules import SHORT_NOTICE

if TYPE_CHECKING:
    from reviews.models.campaign import Campaign  # noqa: F401  (named in a base class)
    from reviews.models.item import Item  # noqa: F401  (named in a base class)

REVIEWERS = (Role.REVIEWER, Role.SECURITY_ADMINISTRATOR)
STALE_AFTER = timedelta(seconds=60)  # a worker that prepares a campaign writes its heartbeat far more often


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Reviewers and those who see everything; a campaign that is being prepared is nobody's yet."""
        if not isinstance(user, User) or not user.has_role(*REVIEWERS, *SEES_EVERYTHING):
            return self.none()
        return self.exclude(state__in=("scheduled", "generating"))

    def open(self) -> Self:
        """Decisions are taken. The end that has passed needs no job to count."""
        return self.filter(state="open", due_at__gt=clock.now())

    def to_prepare(self) -> Self:
        """Not begun, or begun by a worker that is silent for too long."""
        stale = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lte=clock.now() - STALE_AFTER)
        return self.filter(Q(state="scheduled") | Q(state="generating") & stale)

    def overdue(self) -> Self:
        """Open on paper, but their time is over."""
        return self.filter(state="open", due_at__lte=clock.now())

    def covering(self, since: datetime, until: datetime) -> Self:
        """Reviews that people could work on at some moment of [since, until)."""
        return self.filter(state__in=("open", "closed", "cancelled"), opened_at__lt=until).filter(
            Q(closed_at__isnull=True) | Q(closed_at__gte=since)
        )

    def with_progress(self) -> Self:
        """Each with `decided_count`, `undecided_count` and `ended_count`."""
        return self.annotate(
            undecided_count=Count("items", filter=Q(items__state="undecided")),
            decided_count=Count("items", filter=~Q(items__state="undecided")),
            ended_count=Count("items", filter=Q(items__choice="end")),
        )


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Items of the campaigns this person may see."""
        if not isinstance(user, User) or not user.has_role(*REVIEWERS, *SEES_EVERYTHING):
            return self.none()
        return self.exclude(campaign__state__in=("scheduled", "generating"))

    def for_agent(self, agent: Agent) -> Self:
        """Every item about this agent and its accesses, newest campaign first."""
        return (
            self.filter(agent=agent)
            .exclude(campaign__state__in=("scheduled", "generating"))
            .select_related("campaign", "agent", "grant__entitlement__system", "decided_by")
            .order_by("-campaign_id", "id")
        )

    def in_open_campaigns(self) -> Self:
        return self.filter(campaign__state="open", campaign__due_at__gt=clock.now())

    def undecided(self) -> Self:
        return self.filter(state="undecided")

    def not_reviewed(self) -> Self:
        """Nobody decided in time. Not reviewed is not kept."""
        return self.undecided().filter(Q(campaign__state="closed") | Q(campaign__state="open", campaign__due_at__lte=clock.now()))

    def missed(self) -> Self:
        """Not reviewed although there was time for it: what joined shortly before the end is asked again in the next review."""
        return self.not_reviewed().exclude(joined_at__gt=F("campaign__due_at") - SHORT_NOTICE)

    def reviewable_by(self, user: User) -> Self:
        """Items this person may decide: `permissions.why_not_decide`, as a set."""
        if not user.has_role(*REVIEWERS):
            return self.none()
        return self.exclude(
            Q(agent__human_owner=user)
            | Q(agent__technical_owner=user)
            | Q(kind="agent", agent__registered_by=user)
            | Q(grant__request_line__request__requested_by=user)
            | Q(grant__request_line__decided_by=user)
        )

    def waiting_for(self, user: User) -> Self:
        """Undecided items of open campaigns that this person may decide."""
        return self.in_open_campaigns().undecided().reviewable_by(user)

    def carried_out(self) -> Self:
        """To be ended, and the access is over: only the item does not say so yet."""
        return self.filter(state="executing", grant__state__in=("revoked", "expired"))

    def undone_elsewhere(self) -> Self:
        """To be ended, but who stopped the access let it work again from another page."""
        return self.filter(state="executing", grant__state__in=("scheduled", "active"))
