"""Rows that do not hold, as lines of a result: the first of them by name, all of them counted."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents.access.models import Grant
from agents.registry.models import Agent
from compliance.verdicts import LISTED, Exceptional, Result, judge


def judge_grants(
    population: QuerySet[Grant],
    wrong: QuerySet[Grant],
    why: Callable[[Grant], str],
    *,
    counted: str = "",
    limits: str = "",
) -> Result:
    """wrong: the accesses of the population that do not hold; why: the sentence about one of them."""
    listed = wrong.select_related("agent", "entitlement__system", "request_line__decided_by").order_by("agent__name", "pk")
    return judge(
        counted=counted or _("accesses in the period"),
        population=population.count(),
        exceptions=[Exceptional(str(grant), why(grant), str(grant.uid)) for grant in listed[:LISTED]],
        exception_count=wrong.count(),
        limits=limits,
    )


def judge_agents(population: QuerySet[Agent], wrong: QuerySet[Agent], why: Callable[[Agent], str], *, limits: str = "") -> Result:
    listed = wrong.select_related("human_owner", "technical_owner").order_by("name", "pk")
    return judge(
        counted=_("identities in the period"),
        population=population.count(),
        exceptions=[Exceptional(str(agent), why(agent), str(agent.uid)) for agent in listed[:LISTED]],
        exception_count=wrong.count(),
        limits=limits,
    )
