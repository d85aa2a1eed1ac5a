"""/systems/: what agents connect to, who owns it, and which of the agents one may see can reach it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.access.models import Grant
from agents.people.models import User
from agents.registry.models import Agent, Entitlement, System
from portal.downloads import CHUNK, as_csv
from portal.filters import SystemFilters
from portal.keyset import window
from portal.lists import list_answer, wants_csv
from portal.pages import page, signed_in, viewer
from portal.shown import class_words, state_of

SHOWN_GRANTS = 200


@signed_in
@require_safe
def systems(request: HttpRequest) -> HttpResponseBase:
    """The catalogue; the counts are of agents this person may see."""
    user = viewer(request)
    filters = SystemFilters(request.GET, System.objects.visible_to(user))
    if wants_csv(request):
        return as_csv("systems", _header(), _csv_rows(filters.rows))
    found = window(filters.rows.select_related("owner", "legal_entity").annotate(agent_count=_agent_count(user)), request)
    rows = [(system, class_words(system.data_classes, most=2)) for system in found.rows]
    return list_answer(request, "systems", _("Systems"), filters=filters, window=found, rows=rows)


@signed_in
@require_safe
def system(request: HttpRequest, slug: str) -> HttpResponse:
    """Its owner, its permissions in plain words, and who can reach it."""
    user = viewer(request)
    rows = System.objects.visible_to(user).select_related("owner", "legal_entity")
    shown = get_object_or_404(rows, slug=slug)
    live = Grant.objects.unexpired().visible_to(user).filter(entitlement__system=shown)
    holders = live.select_related("agent__human_owner", "entitlement__system", "request_line__decided_by")
    holders = holders.order_by("agent__name", "entitlement__name", "id")
    listed = list(holders[: SHOWN_GRANTS + 1])
    held = dict(live.order_by().values_list("entitlement").annotate(n=Count("agent", distinct=True)))
    permissions = Entitlement.objects.filter(system=shown).select_related("system").order_by("name")
    context = page(
        request,
        shown.name,
        breadcrumbs=[(_("Systems"), reverse("systems"))],
        system=shown,
        data=class_words(shown.data_classes),
        permissions=[(one, held.get(one.pk, 0), class_words(one.data_classes, most=2)) for one in permissions],
        holders=[(grant, state_of(grant)) for grant in listed[:SHOWN_GRANTS]],
        are_more=len(listed) > SHOWN_GRANTS,
        is_owner=shown.owner_id == user.pk,
    )
    return render(request, "systems/detail.html", context)


def _agent_count(user: User) -> Coalesce:
    """How many visible agents hold access to a system now."""
    holding = (
        Grant.objects.unexpired()
        .filter(entitlement__system=OuterRef("pk"), agent__in=Agent.objects.visible_to(user))
        .order_by()
        .values("entitlement__system")
        .annotate(n=Count("agent", distinct=True))
        .values("n")
    )
    return Coalesce(Subquery(holding, output_field=IntegerField()), 0)


def _header() -> list[str]:
    return [
        _("name"),
        _("kind"),
        _("owner"),
        _("environment"),
        _("region"),
        _("legal entity"),
        _("criticality"),
        _("mode"),
        _("data classes"),
    ]


def _csv_rows(rows: QuerySet[System]) -> Iterator[list[object]]:
    for one in rows.select_related("owner", "legal_entity").order_by("name", "id").iterator(CHUNK):
        yield [
            one.name,
            one.get_kind_display(),
            one.owner.email if one.owner else "",
            one.get_environment_display(),
            one.region,
            one.legal_entity or "",
            one.get_criticality_display(),
            one.get_mode_display(),
            class_words(one.data_classes),
        ]


urlpatterns = [
    path("systems/", systems, name="systems"),
    path("systems/<slug:slug>/", system, name="system"),
]
