"""What ends, ends in time."""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from agents.access.models import Grant
from agents.registry.models import Agent
from compliance.controls.registry import answers
from compliance.questions import day
from compliance.scope import Scope
from compliance.verdicts import LISTED, Exceptional, Result, judge

WITHIN = timedelta(hours=24)  # our policy; the rule sets no number


@answers("hipaa", "164.308(a)(3)(ii)(C)")
def nothing_is_held_after_the_end(scope: Scope) -> Result:
    """Triggers: an identity was retired in the period, or its owner left in it and nobody took over."""
    agents = scope.agents()
    in_period = (scope.begins_at, scope.ends_at)
    retired = agents.filter(retired_at__gte=in_period[0], retired_at__lt=in_period[1])
    orphaned = agents.filter(human_owner__left_at__gte=in_period[0], human_owner__left_at__lt=in_period[1])
    late = [
        *_late(scope, retired, "agent__retired_at", _("its identity was retired")),
        *_late(scope, orphaned.exclude(pk__in=retired.values("pk")), "agent__human_owner__left_at", _("its owner left")),
    ]
    return judge(
        counted=_("accesses of identities that were retired or lost their owner in the period"),
        population=scope.grants().filter(Q(agent__in=retired.values("pk")) | Q(agent__in=orphaned.values("pk"))).count(),
        exceptions=late[:LISTED],
        exception_count=len(late),
        limits=_("Over means refused by this portal's decisions; whether the source let go as well is not read back yet."),
    )


def _late(scope: Scope, agents: QuerySet[Agent], trigger: str, because: str) -> list[Exceptional]:
    """Accesses that outlived their trigger by more than the policy allows, as far as that time is over."""
    limit = F(trigger) + WITHIN
    over_in_time = Q(held_at__lte=limit) | Q(revoked_at__lte=limit) | Q(expires_at__lte=limit)
    rows = (
        Grant.objects.filter(
            pk__in=scope.grants().values("pk"), agent__in=agents.values("pk"), **{f"{trigger}__lt": scope.as_of - WITHIN}
        )
        .exclude(pk__in=Grant.objects.filter(over_in_time, agent__in=agents.values("pk")).values("pk"))
        .annotate(triggered_at=F(trigger))
        .select_related("agent", "entitlement__system")
        .order_by("agent__name", "pk")
    )
    return [Exceptional(str(grant), _sentence(grant, getattr(grant, "triggered_at"), because), str(grant.uid)) for grant in rows]  # noqa: B009


def _sentence(grant: Grant, at: datetime, because: str) -> str:
    ended = grant.ended_at
    if ended is None:
        return _("On %(day)s %(because)s; the access was not ended.") % {"day": day(at), "because": because}
    return _("On %(day)s %(because)s; the access ended on %(end)s.") % {"day": day(at), "because": because, "end": day(ended)}
