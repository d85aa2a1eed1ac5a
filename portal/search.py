"""Search from anywhere (Ctrl+K): agents, systems and people, and the places of the portal; only what one may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.people.models import User
from agents.registry.models import Agent, System
from portal.navigation import sidebar
from portal.pages import page, signed_in, viewer

SHORTEST, LONGEST, MOST = 2, 100, 6


@dataclass(frozen=True)
class Hit:
    title: str
    hint: str
    url: str
    icon: str
    tier: str = ""
    state: Any = None


@dataclass(frozen=True)
class Found:
    """Hits of one kind; `more` says that the list was cut."""

    label: str | Promise
    hits: list[Hit] = field(default_factory=list)
    more: bool = False


def find(user: User, text: str) -> list[Found]:
    """At most six of each kind whose name, slug, owner or e-mail holds the text. text: 2–100 characters, else nothing."""
    text = text.strip()[:LONGEST].replace("\x00", "")
    if len(text) < SHORTEST:
        return []
    groups = [_agents(user, text), _systems(user, text), _people(user, text)]
    return [found for found in groups if found.hits]


@never_cache
@require_safe
@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """The list for the dialog; a whole page for whoever comes by address."""
    user, text = viewer(request), request.GET.get("q", "")
    wanted = text.strip().lower()
    places = [
        Hit(str(place["label"]), "", place["url"], place["icon"])
        for group in sidebar(request)
        for place in group["places"]
        if not wanted or wanted in str(place["label"]).lower()
    ]
    context: dict[str, Any] = {
        "found": find(user, text),
        "found_places": places,
        "text": text,
        "is_short": 0 < len(text.strip()) < SHORTEST,
    }
    if request.headers.get("HX-Request"):
        return render(request, "search/results.html", context)
    return render(request, "search/page.html", page(request, _("Search"), **context))


def _agents(user: User, text: str) -> Found:
    words = Q(name__icontains=text) | Q(slug__icontains=text) | Q(purpose__icontains=text) | Q(human_owner__name__icontains=text)
    rows = Agent.objects.visible_to(user).filter(words).order_by("name", "pk")
    return _found(_("Agents"), (_agent(agent) for agent in rows[: MOST + 1]))


def _agent(agent: Agent) -> Hit:
    hint = f"{agent.get_kind_display()} · {agent.get_environment_display() or _('environment unknown')}"
    is_draft = agent.state_enum is Agent.State.DRAFT
    url = reverse("agent_draft", args=[agent.uid]) if is_draft else reverse("agent", args=[agent.slug])
    return Hit(
        agent.name or str(_("Draft without a name")), hint, url, "agent", "" if is_draft else agent.risk_tier, agent.state_enum
    )


def _systems(user: User, text: str) -> Found:
    rows = System.objects.visible_to(user).filter(Q(name__icontains=text) | Q(slug__icontains=text)).order_by("name", "pk")
    return _found(
        _("Systems"),
        (Hit(row.name, str(row.get_kind_display()), reverse("system", args=[row.slug]), "system") for row in rows[: MOST + 1]),
    )


def _people(user: User, text: str) -> Found:
    words = Q(name__icontains=text) | Q(email__icontains=text) | Q(job_title__icontains=text)
    rows = User.objects.visible_to(user).filter(words).order_by("name", "pk")
    return _found(
        _("People"),
        (Hit(row.name, row.job_title or row.email, reverse("person", args=[row.uid]), "person") for row in rows[: MOST + 1]),
    )


def _found(label: str | Promise, hits: Iterable[Hit]) -> Found:
    listed = list(hits)
    return Found(label, listed[:MOST], len(listed) > MOST)
