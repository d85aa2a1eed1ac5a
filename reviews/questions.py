"""When is it reviewed next? Asked for many agents at once, or for one."""

from datetime import date

from agents import clock
from agents.registry.models import Agent
from agents.registry.querysets import AgentQuerySet
from reviews.models import Cadence, Item


def next_reviews(agents: AgentQuerySet) -> dict[int, date]:
    """Agent id → the day its next review ends (one is open) or begins. Three queries, however many agents.

    Agents that have not begun to work, and retired ones, have none and are left out.
    """
    pending = dict(
        Item.objects.in_open_campaigns()
        .undecided()
        .filter(kind=Item.Kind.AGENT, agent__in=agents)
        .order_by("-campaign__due_at")
        .values_list("agent_id", "campaign__due_at")
    )
    begins = {cadence.tier: _next_begin(cadence) for cadence in Cadence.objects.all()}
    found: dict[int, date] = {}
    for pk, tier in agents.in_service().filter(activated_at__isnull=False).values_list("pk", "risk_tier"):
        due_at = pending.get(pk)
        if due_at is not None:
            found[pk] = due_at.date()
        elif tier in begins:
            found[pk] = begins[tier]
    return found


def next_review_for(agent: Agent) -> date | None:
    """The day its next review ends or begins; None for an agent that is not at work."""
    return next_reviews(Agent.objects.filter(pk=agent.pk)).get(agent.pk)


def _next_begin(cadence: Cadence) -> date:
    """Today while this period's campaign has not opened yet, else the next period's first day."""
    return cadence.period.ends_on if cadence.has_begun else clock.now().date()
