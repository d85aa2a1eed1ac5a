"""/trail/: every governance change there was, for those who see everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.audit import labels, proofs
from agents.audit.models import TrailEvent
from agents.people.choices import SEES_EVERYTHING
from agents.people.models import User
from agents.registry.models import Agent, System
from portal.downloads import CHUNK, as_csv, moment
from portal.filters import TrailFilters
from portal.keyset import window
from portal.lists import list_answer, wants_csv
from portal.pages import role_required
from portal.timeline import Change, changes_of, sentence_of


@dataclass(frozen=True)
class Told:
    """One event with its sentence, what changed, and the page of what it is about."""

    event: TrailEvent
    template: str
    changes: list[Change]
    about: str
    url: str


@role_required(*SEES_EVERYTHING)
@require_safe
def trail(request: HttpRequest) -> HttpResponseBase:
    filters = TrailFilters(request.GET, TrailEvent.objects.all())
    if wants_csv(request):
        return as_csv("trail", _header(), _csv_rows(filters.rows))
    found = window(filters.rows, request, by=("-at", "-id"))
    return list_answer(request, "trail", _("Trail"), filters=filters, window=found, rows=list(_told(found.rows)))


@role_required(*SEES_EVERYTHING)
@require_safe
def proof(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The event with its place in the signed trail, for `verify.pyz`. 409 while it is not signed yet."""
    event = get_object_or_404(TrailEvent, pk=pk)
    answer = JsonResponse(proofs.of_event(event), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="event-{pk}.json"'
    return answer


def _told(events: list[TrailEvent]) -> Iterator[Told]:
    places = _places({event.about for event in events})
    for event in labels.load(events):
        label, url = places.get(event.about, ("", ""))
        yield Told(event, sentence_of(event), changes_of(event), label, url)


def _places(abouts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What an event is about, by its name today: three queries for any number of events."""
    keys: dict[str, list[UUID]] = {"agent": [], "system": [], "person": []}
    for about in abouts:
        kind, _colon, key = about.partition(":")
        if kind in keys:
            keys[kind].append(UUID(key))
    found: dict[str, tuple[str, str]] = {}
    for agent in (
        Agent.objects.filter(uid__in=keys["agent"], slug__isnull=False).exclude(state="draft").only("uid", "slug", "name")
    ):
        found[f"agent:{agent.uid}"] = (agent.name, reverse("agent", args=[agent.slug]))
    for system in System.objects.filter(uid__in=keys["system"]).only("uid", "slug", "name"):
        found[f"system:{system.uid}"] = (system.name, reverse("system", args=[system.slug]))
    for person in User.objects.filter(uid__in=keys["person"]).only("uid", "name"):
        found[f"person:{person.uid}"] = (person.name, reverse("person", args=[person.uid]))
    return found


def _header() -> list[str]:
    return [
        _("time (UTC)"),
        _("event"),
        _("of"),
        _("about"),
        _("by"),
        _("reason"),
        _("what changed"),
        _("request"),
        _("address"),
        _("SHA-256"),
    ]


def _csv_rows(rows: QuerySet[TrailEvent]) -> Iterator[list[object]]:
    for event in labels.loaded(rows.order_by("-at", "-id").iterator(CHUNK)):
        changed = "; ".join(f"{change.label}: {change.old or '–'} → {change.new or '–'}" for change in changes_of(event))
        yield [
            moment(event.at),
            event.event,
            event.target_label,
            event.about,
            event.actor_label,
            event.reason,
            changed,
            event.request_id,
            event.address,
            bytes(event.digest).hex(),
        ]


urlpatterns = [path("trail/", trail, name="trail"), path("trail/<int:pk>/proof.json", proof, name="trail_proof")]
