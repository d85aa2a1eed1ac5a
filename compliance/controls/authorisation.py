"""Access was asked for with a reason, and approved by a person before it began."""

from django.db.models import F, Q
from django.utils.translation import gettext as _

from agents.access.models import Grant
from agents.registry.choices import Origin
from compliance.controls.registry import answers
from compliance.controls.rows import judge_grants
from compliance.questions import day
from compliance.scope import Scope
from compliance.verdicts import Result, Verdict


def _found(grant: Grant) -> str:
    source = grant.source or _("its source")
    return _("Found at %(source)s on %(day)s; nobody approved it.") % {"source": source, "day": day(grant.not_before)}


@answers("hipaa", "164.308(a)(3)(ii)(A)")
def approved_before_it_began(scope: Scope) -> Result:
    grants = scope.grants()
    decided_late = Q(request_line__decided_at__isnull=True) | Q(request_line__decided_at__gt=F("not_before"))
    return judge_grants(
        grants,
        grants.filter(Q(request_line__isnull=True) | decided_late),
        lambda grant: _found(grant) if grant.request_line is None else _("It began before a person approved it."),
    )


@answers("hipaa", "164.308(a)(4)(i)")
def asked_for_with_a_reason(scope: Scope) -> Result:
    grants = scope.grants()
    return judge_grants(
        grants,
        grants.filter(Q(request_line__isnull=True) | Q(request_line__request__purpose="")),
        lambda grant: _found(grant) if grant.request_line is None else _("It was asked for without a reason."),
        limits=_("Whether the access is wider than the purpose needs is for the reviewers; this test does not judge it."),
    )


@answers("hipaa", "164.308(a)(4)(ii)(B)")
def requested_and_decided(scope: Scope) -> Result:
    grants = scope.grants()
    undecided = Q(request_line__decided_by__isnull=True) | Q(request_line__decided_at__isnull=True)
    by_themselves = Q(request_line__decided_by=F("request_line__request__requested_by"))
    return judge_grants(
        grants,
        grants.filter(Q(request_line__isnull=True) | undecided | by_themselves),
        lambda grant: _found(grant) if grant.request_line is None else _("No other person is on record as having approved it."),
    )


@answers("hipaa", "164.312(a)(1)")
def nothing_unapproved(scope: Scope) -> Result:
    """Unapproved access is enough to see an exception; its absence is not enough to pass, since calls are not collected."""
    grants = scope.grants()
    found = judge_grants(
        grants,
        grants.filter(origin=Origin.DISCOVERED),
        _found,
        limits=_("What identities do in the systems is not collected yet, so calls without access cannot be seen."),
    )
    if found.verdict == Verdict.EXCEPTION:
        return found
    return Result(
        Verdict.NOT_TESTED,
        found.counted,
        found.population,
        _("No unapproved access is known. That alone does not show that nothing else got in: calls are not collected yet."),
        limits=found.limits,
    )
