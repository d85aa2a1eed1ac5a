"""/grants/: who holds what, on whose word, until when; end an access, or undo that."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agents.access.actions import grants as actions
from agents.access.models import Grant
from agents.people.models import User
from portal.downloads import CHUNK, as_csv, moment
from portal.filters import GrantFilters
from portal.keyset import window
from portal.lists import list_answer, wants_csv
from portal.pages import signed_in, viewer
from portal.shown import class_words, state_of

JOINED = ("agent", "entitlement__system", "request_line__decided_by")


@signed_in
@require_safe
def grants(request: HttpRequest) -> HttpResponseBase:
    """Accesses of the agents one may see, newest first."""
    visible = Grant.objects.visible_to(viewer(request))
    filters = GrantFilters(request.GET, visible)
    if wants_csv(request):
        return as_csv("grants", _header(), _csv_rows(filters.rows))
    found = window(filters.rows.select_related(*JOINED), request, by=("-id",))
    rows = [(grant, state_of(grant)) for grant in found.rows]
    return list_answer(request, "grants", _("Grants"), filters=filters, window=found, rows=rows)


@signed_in
@require_POST
def grant_end(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Denied from now on; final after the undo window."""
    user = viewer(request)
    grant = actions.hold(_visible(user, uid), by=user, reason=request.POST.get("reason", ""))
    said = _("%(what)s is denied from now on. You can undo this for 10 minutes; then it is final.")
    messages.success(request, said % {"what": grant.entitlement})
    return _back(grant)


@signed_in
@require_POST
def grant_restore(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Works again, within its old end."""
    user = viewer(request)
    grant = actions.restore(_visible(user, uid), by=user, reason=request.POST.get("reason", ""))
    messages.success(request, _("%(what)s works again.") % {"what": grant.entitlement})
    return _back(grant)


def _visible(user: User, uid: UUID) -> Grant:
    return get_object_or_404(Grant.objects.visible_to(user), uid=uid)


def _back(grant: Grant) -> HttpResponse:
    return redirect(f"{reverse('agent', args=[grant.agent.slug])}#access")


def _header() -> list[str]:
    return [
        _("agent"),
        _("system"),
        _("permission"),
        _("what it lets an agent do"),
        _("privileged"),
        _("data classes"),
        _("origin"),
        _("approved by"),
        _("state"),
        _("from"),
        _("until"),
        _("ended"),
        _("last used"),
    ]


def _csv_rows(rows: QuerySet[Grant]) -> Iterator[list[object]]:
    for grant in rows.select_related(*JOINED).order_by("-id").iterator(CHUNK):
        what, line = grant.entitlement, grant.request_line
        yield [
            grant.agent.name,
            what.system.name,
            what.name,
            what.plain_effect,
            _("yes") if what.is_privileged else _("no"),
            class_words(what.data_classes or what.system.data_classes),
            grant.get_origin_display(),
            line.decided_by.name if line and line.decided_by else "",
            state_of(grant).label,
            moment(grant.not_before),
            moment(grant.expires_at),
            moment(grant.ended_at),
            moment(grant.last_used_at),
        ]


urlpatterns = [
    path("grants/", grants, name="grants"),
    path("grants/<uuid:uid>/end/", grant_end, name="grant_end"),
    path("grants/<uuid:uid>/restore/", grant_restore, name="grant_restore"),
]
