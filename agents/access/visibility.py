"""Reasons to see an agent that come from access."""

from typing import Any

from django.db.models import QuerySet

from agents.access.models import AccessRequest
from agents.access.querysets import deciding_as
from agents.people.models import User
from agents.registry.visible import contribute


@contribute
def asked_to_decide(user: User) -> QuerySet[Any]:
    """Whoever is, or was, asked to decide sees the agent the request is for."""
    asked = AccessRequest.objects.exclude(state="draft").filter(lines__stages__approver__in=deciding_as(user))
    return asked.values("agent_id")


@contribute
def asked_for(user: User) -> QuerySet[Any]:
    return AccessRequest.objects.filter(requested_by=user).values("agent_id")
