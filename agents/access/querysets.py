"""Named questions about requests, lines and grants."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from agents import clock
from agents.people.choices import SEES_EVERYTHING
from agents.people.models import User
from agents.registry.choices import Origin
from agents.registry.models import Agent
from agents.registry.querysets import standing_in_for

if TYPE_CHECKING:
    from agents.access.models.access_request import AccessRequest, RequestLine  # noqa: F401  (named in a base class)
    from agents.access.models.grant import Grant  # noqa: F401  (named in a base class)


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """What one asked for, what one decides, and what concerns an agent one may see; drafts are private."""
        if not isinstance(user, User) or not user.is_present:
            return self.none()
        mine = Q(requested_by=user)
        if user.has_role(*SEES_EVERYTHING):
            return self.filter(mine | ~Q(state="draft"))
        asked = self.model._default_manager.filter(lines__stages__approver__in=deciding_as(user)).values("pk")
        seen = Q(agent__in=Agent.objects.visible_to(user)) | Q(pk__in=asked)
        return self.filter(mine | (seen & ~Q(state="draft")))

    def open(self) -> Self:
        """Submitted and not over; an end that has passed needs no job to count."""
        return self.filter(state__in=("pending", "needs_information"), expires_at__gt=clock.now())


class RequestLineQuerySet(models.QuerySet["RequestLine"]):
    def waiting_for(self, user: User) -> Self:
        """Lines this person can decide now: asked, or standing in, and not their own request."""
        return (
            self.filter(
                state="pending",
                request__state="pending",
                request__expires_at__gt=clock.now(),
                stages__state="waiting",
                stages__approver__in=deciding_as(user),
            )
            .exclude(request__requested_by=user)
            .distinct()
        )


class GrantQuerySet(models.QuerySet["Grant"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Accesses of agents this person may see."""
        if not isinstance(user, User) or not user.is_present:
            return self.none()
        if user.has_role(*SEES_EVERYTHING):
            return self.all()
        return self.filter(Q(agent__in=Agent.objects.visible_to(user)))

    def live(self) -> Self:
        """Held by the agent: begun or to begin, stopped for now, not over."""
        return self.filter(state__in=("scheduled", "active", "held"))

    def unexpired(self, at: datetime | None = None) -> Self:
        """Live, and not past an end that a job has yet to tidy."""
        at = at or clock.now()
        return self.live().filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))

    def effective(self, at: datetime | None = None) -> Self:
        """Approved access that works at this moment (invariant 3). Time decides: no job, queue or cache takes part.

        Agent active, its owner accepted and present, its lease running, the grant in force and within its time.
        """
        at = at or clock.now()
        return self.filter(
            Q(agent__human_owner__left_at__isnull=True) | Q(agent__human_owner__left_at__gt=at),
            state="active",
            origin=Origin.REQUESTED,
            not_before__lte=at,
            expires_at__gt=at,
            agent__state="active",
            agent__eligible_until__gt=at,
            agent__owner_accepted_at__isnull=False,
            agent__human_owner__is_active=True,
        )

    def unapproved(self) -> Self:
        """Access nobody approved: found at its source."""
        return self.live().filter(origin=Origin.DISCOVERED)

    def due_to_end(self) -> Self:
        """Stopped, and the time to change one's mind is over."""
        return self.filter(state="held", revoke_due_at__lte=clock.now())

    def run_out(self) -> Self:
        return self.filter(state__in=("scheduled", "active"), expires_at__lte=clock.now())


def deciding_as(user: User) -> models.QuerySet[User]:
    """The people this person decides for: themselves, and those absent who named them deputy."""
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=standing_in_for(user)))
