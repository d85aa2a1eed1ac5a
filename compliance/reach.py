"""Which agents and permissions reach which data: what is declared, and what the live accesses lead to."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from agents.access.models import Grant
from agents.registry.models import Agent, Entitlement


def holding_class(classes: Collection[str]) -> Q:
    """Agents that declare one of these data classes, or hold live access to it."""
    live = Grant.objects.unexpired().filter(entitlement__in=entitlements_with(classes)).values("agent")
    return Q(pk__in=declaring(classes)) | Q(pk__in=live)


def declaring(classes: Collection[str]) -> QuerySet[Any]:
    """Ids of agents whose registration names one of these classes."""
    return Agent.objects.alias(said=Cast("data_classes", TextField())).filter(_any_of("said", classes)).values("pk")


def entitlements_with(classes: Collection[str]) -> QuerySet[Any]:
    """Ids of permissions that reach one of these classes: their own statement first, their system's where they make none."""
    return (
        Entitlement.objects.alias(said=Cast("data_classes", TextField()), inherited=Cast("system__data_classes", TextField()))
        .filter(_any_of("said", classes) | (Q(data_classes=[]) & _any_of("inherited", classes)))
        .values("pk")
    )


def _any_of(column: str, classes: Collection[str]) -> Q:
    """A JSON list as text contains the quoted word, on PostgreSQL and SQLite alike."""
    wanted = Q(pk__in=[])
    for value in classes:
        wanted |= Q(**{f"{column}__contains": f'"{value}"'})
    return wanted
