"""/trail/keeping/: how long the trail is kept and why, legal holds, and what was removed when its time was over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents import clock
from agents.audit import removal, retention
from agents.audit.errors import NotAllowed
from agents.audit.models import LegalHold, RemovedSegment, Seal
from agents.people.actions import holds as actions
from agents.people.choices import SEES_EVERYTHING, Regulation
from agents.people.permissions import why_not_hold
from portal.downloads import as_csv
from portal.forms.keeping import HoldForm
from portal.lists import wants_csv
from portal.pages import page, role_required, signed_in, viewer

MOST_SHOWN = 200


@dataclass(frozen=True)
class Month:
    """The seals whose newest event is of one month. state: removed, held, kept or over; until: to when it must be kept."""

    first_day: date
    count: int
    seal_count: int
    first_seal: int
    last_seal: int
    state: str
    until: date
    hold: str


@dataclass(frozen=True)
class Rule:
    """One reason to keep a class. who: whom the rule is for, in words."""

    rule: retention.Rule
    who: str


@role_required(*SEES_EVERYTHING)
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest) -> HttpResponseBase:
    """What is kept, and for those who may a form for a legal hold."""
    user = viewer(request)
    why_not = why_not_hold(user)
    form = HoldForm(request.POST or None)
    if request.method == "POST":
        if why_not:
            raise NotAllowed(why_not)
        if form.is_valid() and (hold := _placed(request, form)):
            messages.success(request, _("%(name)s stands. Nothing from its days is removed.") % {"name": hold.name})
            return redirect("keeping")
    kept = retention.keeping()
    found = list(months(kept))
    if wants_csv(request):
        return as_csv("keeping", _header(), [_row(month) for month in found])
    context = page(
        request,
        _("Keeping"),
        breadcrumbs=[(_("Trail"), "/trail/")],
        months=found[:MOST_SHOWN],
        classes=[(each, [Rule(rule, _who(rule)) for rule in each.because]) for each in kept.values()],
        limit=retention.LIMIT,
        holds=LegalHold.objects.order_by("released_at", "-id")[:MOST_SHOWN],
        removed=RemovedSegment.objects.order_by("-first_seal")[:MOST_SHOWN],
        form=form,
        why_not=why_not,
    )
    return render(request, "keeping/list.html", context, status=400 if form.errors else 200)


@signed_in
@require_POST
def hold_release(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    user = viewer(request)
    if not user.has_role(*SEES_EVERYTHING):
        raise Http404
    hold = actions.release(get_object_or_404(LegalHold, uid=uid), by=user, reason=request.POST.get("reason", ""))
    messages.success(request, _("%(name)s is released. What its days hold may go when its time is over.") % {"name": hold.name})
    return redirect("keeping")


def months(kept: dict[retention.RecordClass, retention.Keeping]) -> Iterator[Month]:
    """The sealed trail by month, newest first. A month is told by its longest minimum."""
    longest = max(each.at_least for each in kept.values())
    gone = RemovedSegment.objects.aggregate(last=Max("last_seal"))["last"] or 0
    by_month = (
        Seal.objects.annotate(month=TruncMonth("last_at", tzinfo=UTC))
        .values("month")
        .annotate(events=Sum("count"), seals=Count("number"), first=Min("number"), last=Max("number"))
        .order_by("-month")
    )
    today = clock.now().date()
    for row in by_month:
        first_day: date = row["month"].date()
        next_month = retention.months_before(first_day, -1)
        until = retention.months_before(next_month, -longest)
        ends_at = datetime(next_month.year, next_month.month, 1, tzinfo=UTC) - datetime.resolution
        hold = removal.standing(datetime(first_day.year, first_day.month, 1, tzinfo=UTC), ends_at)
        state = "removed" if row["last"] <= gone else "held" if hold else "kept" if until > today else "over"
        yield Month(first_day, row["events"], row["seals"], row["first"], row["last"], state, until, hold.name if hold else "")


def _placed(request: HttpRequest, form: HoldForm) -> LegalHold | None:
    try:
        return actions.place(**form.cleaned_data, by=viewer(request))
    except ValidationError as wrong:
        form.add_error(None, " ".join(wrong.messages))
        return None


def _who(rule: retention.Rule) -> str:
    known = dict(Regulation.choices)
    return ", ".join(str(known.get(each, each)) for each in sorted(rule.regulations)) or _("everybody")


def _header() -> list[str]:
    return [_("month"), _("events"), _("seals"), _("first seal"), _("last seal"), _("state"), _("kept until"), _("legal hold")]


def _row(month: Month) -> list[object]:
    first = f"{month.first_day:%Y-%m}"
    return [
        first,
        month.count,
        month.seal_count,
        month.first_seal,
        month.last_seal,
        month.state,
        f"{month.until:%Y-%m-%d}",
        month.hold,
    ]


urlpatterns = [
    path("", keeping, name="keeping"),
    path("holds/<uuid:uid>/release/", hold_release, name="hold_release"),
]
