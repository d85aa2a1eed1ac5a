"""/agents/: every identity one may see, narrowed by the address."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.people.models import User
from agents.registry.models import Agent
from portal.downloads import CHUNK, as_csv, moment
from portal.filters import AgentFilters
from portal.keyset import window
from portal.lists import list_answer, wants_csv
from portal.pages import signed_in, viewer
from portal.shown import class_words

MOST_DRAFTS = 10


@signed_in
@require_safe
def agents(request: HttpRequest) -> HttpResponseBase:
    """The register; one's own drafts stand above it."""
    user = viewer(request)
    visible = registered_for(user)
    filters = AgentFilters(request.GET, visible)
    if wants_csv(request):
        return as_csv("agents", _header(), _csv_rows(filters.rows))
    found = window(filters.rows.select_related("human_owner", "legal_entity"), request)
    drafts = Agent.objects.filter(registered_by=user, state=Agent.State.DRAFT).order_by("-id")[:MOST_DRAFTS]
    rows = [(agent, class_words(agent.data_classes, most=2)) for agent in found.rows]
    return list_answer(request, "agents", _("Agents"), filters=filters, window=found, rows=rows, drafts=drafts)


def registered_for(user: User) -> QuerySet[Agent]:
    """Agents with a name of their own that this person may see; drafts are their author's."""
    return Agent.objects.visible_to(user).registered().filter(slug__isnull=False)


def _header() -> list[str]:
    return [
        _("name"),
        _("address"),
        _("kind"),
        _("risk tier"),
        _("state"),
        _("human owner"),
        _("technical owner"),
        _("environment"),
        _("region"),
        _("legal entity"),
        _("origin"),
        _("data classes"),
        _("purpose"),
        _("active since"),
        _("eligible until"),
    ]


def _csv_rows(rows: QuerySet[Agent]) -> Iterator[list[object]]:
    for agent in rows.select_related("human_owner", "technical_owner", "legal_entity").order_by("name", "id").iterator(CHUNK):
        yield [
            agent.name,
            agent.slug,
            agent.get_kind_display(),
            agent.get_risk_tier_display(),
            agent.get_state_display(),
            agent.human_owner.email if agent.human_owner else "",
            agent.technical_owner.email if agent.technical_owner else "",
            agent.get_environment_display(),
            agent.region,
            agent.legal_entity or "",
            agent.get_origin_display(),
            class_words(agent.data_classes),
            agent.purpose,
            moment(agent.activated_at),
            moment(agent.eligible_until),
        ]


urlpatterns = [path("agents/", agents, name="agents")]
