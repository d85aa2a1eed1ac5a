"""The decision point's question: is this access effective at this moment?"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from agents import clock
from agents.access.models import Grant
from agents.audit import gate, timekeeping
from agents.registry.models import Agent, Entitlement


@dataclass(frozen=True)
class Answer:
    """allowed, and the reason in one sentence. Missing facts are a no."""

    allowed: bool
    because: str


def is_effective(agent: Agent, entitlement: Entitlement, *, at: datetime | None = None) -> Answer:
    """Whether the agent holds the entitlement, approved and in force, at that moment (now if None).

    "Now" is answered no while the clock is not to be believed (time decides, so a wrong time may not), and while a restored
    backup waits (what was ended after it looks alive again).

    One query on the primary database (design invariant 3); a second only to put a refusal into words.
    """
    if at is None and (why_not := timekeeping.why_not_trusted() or gate.why_closed()):
        return Answer(False, why_not)
    at = at or clock.now()
    if Grant.objects.effective(at).filter(agent=agent, entitlement=entitlement).exists():
        return Answer(True, _("approved and in force"))
    return Answer(False, _why_not(agent, entitlement, at))


def _why_not(  # noqa: PLR0911  (one reason a line)
    agent: Agent, entitlement: Entitlement, at: datetime
) -> str:
    fresh = Agent.objects.select_related("human_owner").get(pk=agent.pk)
    grant = Grant.objects.filter(agent=agent, entitlement=entitlement).order_by("-id").first()
    if grant is None:
        return _("nobody granted this")
    if fresh.state != Agent.State.ACTIVE:
        return _("the agent is %(state)s") % {"state": fresh.get_state_display()}
    if grant.is_discovered and grant.state == Grant.State.ACTIVE:
        return _("found at its source; nobody approved it")
    if grant.state != Grant.State.ACTIVE:
        return _("the access is %(state)s") % {"state": grant.get_state_display()}
    if grant.not_before > at:
        return _("the access has not begun")
    if grant.expires_at is not None and grant.expires_at <= at:
        return _("the access ran out")
    owner = fresh.human_owner
    if owner is None or fresh.owner_accepted_at is None or not owner.is_present:
        return _("the agent has no accountable owner")
    return _("the agent was not reviewed in time")
