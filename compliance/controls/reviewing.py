"""Access is reviewed in the rhythm of its tier, and what a review ended is over."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from agents.access.models import Grant
from compliance.controls.registry import answers
from compliance.controls.termination import WITHIN
from compliance.questions import day
from compliance.scope import Scope
from compliance.verdicts import LISTED, Exceptional, Result, judge
from reviews.models import Cadence, Item
from reviews.rules import Choice, Every

# A period's review counts until the next one has had its time; the days a review stays open are added.
SPANS = {Every.MONTH: timedelta(days=31), Every.QUARTER: timedelta(days=92), Every.YEAR: timedelta(days=366)}


@answers("hipaa", "164.308(a)(4)(ii)(C)")
def reviewed_and_carried_out(scope: Scope) -> Result:
    grants = scope.grants()
    unreviewed = Grant.objects.none()
    for cadence in Cadence.objects.all():
        unreviewed = unreviewed | _unreviewed(scope, cadence)
    not_ended = _not_ended(scope)
    rows = unreviewed.select_related("agent", "entitlement__system").order_by("agent__name", "pk")
    exceptions = [Exceptional(str(grant), _never(grant), str(grant.uid)) for grant in rows[:LISTED]]
    exceptions += [Exceptional(str(item), _still_there(item), str(item.uid)) for item in not_ended[:LISTED]]
    return judge(
        counted=_("accesses in the period"),
        population=grants.count(),
        exceptions=exceptions,
        exception_count=unreviewed.count() + not_ended.count(),
        limits=_("An access younger than one round of its tier's reviews is not expected to have been reviewed."),
    )


def _unreviewed(scope: Scope, cadence: Cadence) -> QuerySet[Grant]:
    """In force at the end, older than one round, and no decision about it in that round."""
    round_begins = scope.ends_at - SPANS[Every(cadence.every)] - timedelta(days=cadence.open_days)
    decided = Item.objects.filter(grant=OuterRef("pk"), decided_at__gte=round_begins, decided_at__lt=scope.ends_at)
    return Grant.objects.filter(
        Q(pk__in=_in_force_at(scope, scope.ends_at).values("pk")) & ~Q(Exists(decided)),
        agent__risk_tier=cadence.tier,
        not_before__lt=round_begins,
    )


def _in_force_at(scope: Scope, moment: datetime) -> QuerySet[Grant]:
    over = Q()
    for column in ("held_at", "revoked_at", "expires_at", "agent__retired_at"):
        over |= Q(**{f"{column}__lt": moment})
    return scope.grants().exclude(pk__in=Grant.objects.filter(over).values("pk"))


def _not_ended(scope: Scope) -> QuerySet[Item]:
    """Decided to end in the period, the time for it is over, and the access was not stopped."""
    limit = F("decided_at") + WITHIN
    ended = Q(grant__held_at__lte=limit) | Q(grant__revoked_at__lte=limit) | Q(grant__expires_at__lte=limit)
    decided = Item.objects.filter(
        choice=Choice.END,
        grant__in=scope.grants().values("pk"),
        decided_at__gte=scope.begins_at,
        decided_at__lt=min(scope.ends_at, scope.as_of - WITHIN),
    )
    return decided.exclude(pk__in=Item.objects.filter(ended).values("pk")).select_related("decided_by", "agent").order_by("pk")


def _never(grant: Grant) -> str:
    since = day(grant.not_before)
    return _("In force since %(day)s and not reviewed in the rhythm of tier %(tier)s.") % {
        "day": since,
        "tier": grant.agent.get_risk_tier_display(),
    }


def _still_there(item: Item) -> str:
    return _("%(name)s decided on %(day)s to end it; it was not stopped within a day.") % {
        "name": item.decided_by,
        "day": day(item.decided_at) if item.decided_at else "",
    }
