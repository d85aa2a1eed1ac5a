"""When agents are reviewed next, and which are late. Time decides: a lease that ran out is late, whatever was opened or not."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Max, OuterRef, Q

from agents import clock
from agents.registry.models import Agent
from agents.registry.querysets import AgentQuerySet
from reviews.models import Item
from reviews.querysets import ItemQuerySet
from reviews.questions import next_reviews


@dataclass(frozen=True)
class Schedule:
    """next_on: the earliest day a review ends or begins; next_count: agents due that day; overdue: agents whose review
    was not done in time; never: agents nobody has reviewed yet; last_on: of one agent."""

    next_on: date | None
    next_count: int = 0
    overdue: int = 0
    never: int = 0
    last_on: date | None = None


def schedule(agents: AgentQuerySet) -> Schedule:
    """For these agents as they are now."""
    days = sorted(next_reviews(agents).values())
    at_work = agents.filter(activated_at__isnull=False)
    return Schedule(
        next_on=days[0] if days else None,
        next_count=days.count(days[0]) if days else 0,
        overdue=at_work.filter(overdue()).count(),
        never=at_work.exclude(Exists(_items().filter(decided_at__isnull=False))).count(),
    )


def schedule_for(agent: Agent) -> Schedule:
    only = Agent.objects.filter(pk=agent.pk)
    found = schedule(only)
    last = Item.objects.filter(agent=agent, kind=Item.Kind.AGENT).aggregate(at=Max("decided_at"))["at"]
    return Schedule(found.next_on, found.next_count, found.overdue, found.never, last.date() if last else None)


def overdue() -> Q:
    """Agents whose lease ran out, or whose last review ended without a decision about them. Not reviewed is not kept."""
    reviewed_since = Item.objects.filter(
        agent=OuterRef("agent"), kind=Item.Kind.AGENT, decided_at__isnull=False, campaign__gt=OuterRef("campaign")
    )
    missed = _items().missed().exclude(Exists(reviewed_since))
    return Q(eligible_until__lte=clock.now()) | Q(Exists(missed))


def _items() -> ItemQuerySet:
    return Item.objects.filter(agent=OuterRef("pk"), kind=Item.Kind.AGENT)
