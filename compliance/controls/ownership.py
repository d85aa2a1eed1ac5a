"""Somebody is accountable, and still here."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from agents.people.choices import Role
from agents.people.models import RoleAssignment
from agents.registry.models import Agent
from compliance.controls.registry import answers
from compliance.controls.rows import judge_agents
from compliance.questions import day
from compliance.scope import Scope
from compliance.verdicts import Exceptional, Result, judge


@answers("hipaa", "164.308(a)(2)")
def somebody_is_accountable(scope: Scope) -> Result:
    """One security administrator at the end of the period, and an owner who accepted for every identity."""
    agents = scope.agents()
    ownerless = agents.filter(
        Q(human_owner__isnull=True) | Q(owner_accepted_at__isnull=True) | Q(owner_accepted_at__gte=scope.ends_at)
    )
    owned = judge_agents(agents, ownerless, _no_owner)
    missing = []
    officials = RoleAssignment.objects.filter(role=Role.SECURITY_ADMINISTRATOR, starts_at__lt=scope.ends_at)
    if not officials.filter(Q(ends_at__isnull=True) | Q(ends_at__gte=scope.ends_at)).exists():
        missing = [Exceptional(_("The organisation"), _("Nobody held the role security administrator when the period ended."))]
    return judge(
        counted=_("identities in the period, and the role of security administrator"),
        population=owned.population + 1,
        exceptions=[*missing, *owned.exceptions],
        exception_count=len(missing) + owned.exception_count,
        limits=_("Owners are as they stand now; an identity that changed its owner is judged by the present one."),
    )


def _no_owner(agent: Agent) -> str:
    if agent.human_owner is None:
        return _("Nobody is named as its human owner.")
    return _("%(name)s is named as owner and had not accepted.") % {"name": agent.human_owner.name}


@answers("hipaa", "164.308(a)(3)(ii)(B)")
def owners_are_on_the_roster(scope: Scope) -> Result:
    """Owners of identities that were still at work when the period ended had not left by then."""
    at_work = scope.agents().filter(Q(retired_at__isnull=True) | Q(retired_at__gte=scope.ends_at))
    left = Q()
    for owner in ("human_owner", "technical_owner"):
        left |= Q(**{f"{owner}__left_at__lt": scope.ends_at}) | Q(
            **{f"{owner}__is_active": False, f"{owner}__left_at__isnull": True}
        )
    return judge_agents(
        at_work,
        at_work.filter(left),
        lambda agent: _who_left(agent, scope.ends_at),
        limits=_("Whether the owner is suitable for the task is a judgement that this portal does not make."),
    )


def _who_left(agent: Agent, end: datetime) -> str:
    said = []
    for owner in (agent.human_owner, agent.technical_owner):
        if owner is not None and owner.left_at is not None and owner.left_at < end:
            said.append(_("%(name)s left on %(day)s.") % {"name": owner.name, "day": day(owner.left_at)})
        elif owner is not None and owner.left_at is None and not owner.is_active:
            said.append(_("The account of %(name)s is closed.") % {"name": owner.name})
    return " ".join(said)
