"""The registry's own reasons to see an agent."""

from typing import Any

from django.db.models import Q, QuerySet

from agents import clock
from agents.people.models import User
from agents.registry.models import Agent, AgentShare
from agents.registry.querysets import standing_in_for
from agents.registry.visible import contribute


@contribute
def owned(user: User) -> QuerySet[Any]:
    """Its owners, their deputies while they stand in, and who registered it."""
    reasons = Q(human_owner=user) | Q(technical_owner=user) | Q(registered_by=user)
    for role in ("human_owner", "technical_owner"):
        reasons |= Q(**{f"{role}__in": standing_in_for(user)})
    return Agent.objects.filter(reasons).values("pk")


@contribute
def shared(user: User) -> QuerySet[Any]:
    """Deliberate shares, while they last."""
    now = clock.now()
    return AgentShare.objects.filter(user=user, starts_at__lte=now, ends_at__gt=now).values("content_object_id")


@contribute
def connected(user: User) -> QuerySet[Any]:
    """Owners of a system see the agents that connect to it, drafts excepted."""
    return Agent.objects.registered().filter(Q(systems__owner=user) | Q(systems__owner__in=standing_in_for(user))).values("pk")
