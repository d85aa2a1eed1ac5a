"""The seam through which every floor says which agents a person has a reason to see.

`visible_to(user)` is the union of the contributions, read afresh each time: nothing is synchronised, so
nothing can be stale, and what ends by time ends here too.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from agents.people.models import User

Contribution = Callable[[User], QuerySet[Any]]
_contributions: list[Contribution] = []


def contribute(question: Contribution) -> Contribution:
    """Register a queryset of agent ids for a user. Use as a decorator, from `AppConfig.ready()`."""
    _contributions.append(question)
    return question


def contributions() -> list[Contribution]:
    return list(_contributions)
