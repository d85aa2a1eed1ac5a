"""Named questions about agents, systems and permissions. Lists begin with `visible_to(user)`."""

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from agents import clock
from agents.people.choices import SEES_EVERYTHING
from agents.people.models import User
from agents.registry.visible import contributions

if TYPE_CHECKING:
    from agents.registry.models.agent import Agent  # noqa: F401  (named in a base class)
    from agents.registry.models.system import Entitlement, System  # noqa: F401  (named in a base class)


class AgentQuerySet(models.QuerySet["Agent"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Agents this person has a reason to see; the reasons are contributed (see `visible`)."""
        if not isinstance(user, User) or not user.is_present:
            return self.none()
        authors_drafts_only = self.filter(~Q(state="draft") | Q(registered_by=user))
        if user.has_role(*SEES_EVERYTHING):
            return authors_drafts_only
        seen = Q(pk__in=[])
        for contribution in contributions():
            seen |= Q(pk__in=contribution(user))
        return authors_drafts_only.filter(seen)

    def registered(self) -> Self:
        """Everything beyond a draft, retired ones included."""
        return self.exclude(state="draft")

    def in_service(self) -> Self:
        """Identities that work, or could again without being registered anew."""
        return self.filter(state__in=("active", "suspended", "quarantined"))

    def waiting_for_owner(self, user: User) -> Self:
        """Agents whose proposed owner this is, or whose absent owner they deputise for."""
        return self.filter(Q(human_owner=user) | Q(human_owner__in=standing_in_for(user)), state="pending_owner")

    def without_accountable_owner(self) -> Self:
        """Nobody accepted, or who did is no longer here."""
        gone = Q(human_owner__is_active=False) | Q(human_owner__left_at__lte=clock.now())
        return self.in_service().filter(gone | Q(human_owner__isnull=True) | Q(owner_accepted_at__isnull=True))


def standing_in_for(user: User) -> models.QuerySet[User]:
    """People who are absent now and named this person as deputy."""
    return User.objects.absent_now().filter(deputy=user)


class SystemQuerySet(models.QuerySet["System"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The catalogue is open to everybody who works here: one cannot ask for what one cannot find."""
        if not isinstance(user, User) or not user.is_present:
            return self.none()
        return self.all()

    def owned_by(self, user: User) -> Self:
        return self.filter(Q(owner=user) | Q(owner__in=standing_in_for(user)))


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def requestable(self) -> Self:
        """Permissions somebody could approve: their system has an owner."""
        return self.filter(system__owner__isnull=False)
