"""Each identity is one, has its own name, and a tier with reasons."""

from datetime import timedelta

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from agents.registry.models import Agent, AgentAlias
from compliance.controls.registry import answers
from compliance.controls.rows import judge_agents
from compliance.questions import day
from compliance.scope import Scope
from compliance.verdicts import Result

TIER_HOLDS = timedelta(days=365)  # our policy; the rule sets no number


@answers("hipaa", "164.308(a)(1)(ii)(A)")
def tier_has_fresh_reasons(scope: Scope) -> Result:
    """The tier is computed when an identity is submitted or found; until it can be computed again, that is its date."""
    agents = scope.agents().annotate(tiered_at=Coalesce("submitted_at", "created_at"))
    stale = Q(tiered_at__lt=scope.ends_at - TIER_HOLDS)
    return judge_agents(
        agents,
        agents.filter(Q(tier_reasons=[]) | Q(risk_tier="") | stale),
        lambda agent: _("Its tier has no reasons.") if not agent.tier_reasons else _tiered(agent),
        limits=_(
            "The organisation's own risk analysis is not held here. A change of scope after the tier was computed is not tested."
        ),
    )


def _tiered(agent: Agent) -> str:
    return _("Its tier was computed on %(day)s.") % {"day": day(agent.submitted_at or agent.created_at)}


@answers("hipaa", "164.312(a)(2)(i)")
def names_are_unique(scope: Scope) -> Result:
    agents = scope.agents()
    shared = AgentAlias.objects.values("source", "native_id").annotate(n=Count("agent", distinct=True)).filter(n__gt=1)
    return judge_agents(
        agents,
        agents.filter(Q(slug__isnull=True) | Q(aliases__native_id__in=shared.values("native_id"))).distinct(),
        lambda agent: (
            _("It has no name of its own.") if not agent.slug else _("It shares its identity at the source with another.")
        ),
        limits=_("Credentials and calls are not recorded yet, so a key that two identities share cannot be seen."),
    )
