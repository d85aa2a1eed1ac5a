"""When agents are reviewed next, and which are late. Time decides: a lease that ran out is late, whatever was opened or not."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from agents import clock
from agents.registry.models import Agent


@dataclass(frozen=True)
class Schedule:
    """next_at: the earliest date still to come (for one agent: its date, also when past); next_count: agents due that day;
    overdue: agents whose date has passed; never: agents without any completed review; last_at: of one agent."""

    next_at: datetime | None
    next_count: int = 0
    overdue: int = 0
    never: int = 0
    last_at: datetime | None = None


def schedule(agents: QuerySet[Agent]) -> Schedule:
    """For these agents as they are now."""
    now = clock.now()
    dated = agents.filter(eligible_until__isnull=False)
    late, to_come = Q(eligible_until__lte=now), Q(eligible_until__gt=now)
    count = dated.aggregate(overdue=Count("pk", filter=late), next=Min("eligible_until", filter=to_come))
    due_then = dated.annotate(on=TruncDate("eligible_until")).filter(on=count["next"].date()).count() if count["next"] else 0
    return Schedule(next_at=count["next"], next_count=due_then, overdue=count["overdue"])


def schedule_for(agent: Agent) -> Schedule:
    overdue = agent.eligible_until is not None and agent.eligible_until <= clock.now()
    return Schedule(next_at=agent.eligible_until, next_count=1, overdue=int(overdue))
