"""Reasons to see an agent that come from reviews."""

from typing import Any

from django.db.models import QuerySet

from agents.people.models import User
from agents.registry.visible import contribute
from reviews.models import Item


@contribute
def to_review(user: User) -> QuerySet[Any]:
    """Reviewers see the agents of an open campaign that they may review."""
    return Item.objects.in_open_campaigns().reviewable_by(user).values("agent_id")
