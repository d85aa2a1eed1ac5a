"""/agents/<slug>/: one agent, the five questions first; suspend, resume and retire it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agents.access.actions import registrations
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.access.permissions import why_not_end, why_not_restore
from agents.audit.models import TrailEvent
from agents.audit.states import StateChoices
from agents.people.models import User
from agents.registry import permissions
from agents.registry.actions import agents as registry
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from compliance.questions import five_for
from portal.pages import page, signed_in, viewer
from portal.shown import class_words, linked, state_of
from portal.timeline import story
from reviews.models import Item

SHOWN_EVENTS, MOST_EVENTS = 60, 1_000
SHOWN_GRANTS, SHOWN_ITEMS = 300, 40


@dataclass(frozen=True)
class GrantRow:
    """An access as the page shows it. why_denied: it looks in force, but is denied now; why_not_…: the sentence on the button."""

    grant: Grant
    state: StateChoices
    why_denied: str
    why_not_end: str | None
    can_undo: bool

    @property
    def is_not_yours(self) -> bool:
        """It could be ended now, by somebody else."""
        return self.state in (Grant.State.ACTIVE, Grant.State.SCHEDULED) and self.why_not_end is not None


@dataclass(frozen=True)
class Button:
    """Something one can do with the agent, or the sentence why one cannot."""

    verb: str
    label: str
    explains: str
    tone: str
    why_not: str | None


@signed_in
@require_safe
def agent(request: HttpRequest, slug: str) -> HttpResponse:
    user = viewer(request)
    shown = _visible(user, slug)
    rows, buttons = _grants(shown, user), _buttons(shown, user)
    events = TrailEvent.objects.filter(about=f"agent:{shown.uid}").order_by("-at", "-id")
    most = MOST_EVENTS if request.GET.get("story") == "all" else SHOWN_EVENTS
    told = list(events[: most + 1])
    context = page(
        request,
        shown.name,
        breadcrumbs=[(_("Agents"), reverse("agents"))],
        agent=shown,
        answers=linked(five_for(shown)),
        buttons=buttons,
        current=[row for row in rows if row.state in (Grant.State.ACTIVE, Grant.State.HELD, Grant.State.SCHEDULED)],
        not_yours=sorted({row.why_not_end for row in rows if row.is_not_yours and row.why_not_end}),
        ended=[row for row in rows if row.state in (Grant.State.REVOKED, Grant.State.EXPIRED)],
        first_button=next((button for button in buttons if button.why_not is None), None),
        waiting=_waiting(shown),
        systems=_reached_systems(shown, rows),
        data=_reached_data(shown, rows),
        items=Item.objects.for_agent(shown)[:SHOWN_ITEMS],
        aliases=shown.aliases.order_by("source", "native_id"),
        is_author=shown.registered_by_id == user.pk,
        steps=story(told[:most]),
        is_story_cut=len(told) > most,
    )
    return render(request, "agents/detail.html", context)


@signed_in
@require_POST
def agent_act(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """Suspend, resume or retire, with a reason. Whether one may is asked by the action."""
    user = viewer(request)
    act, said = _acts()[verb]
    changed = act(_visible(user, slug), by=user, reason=request.POST.get("reason", ""))
    messages.success(request, said % {"agent": changed})
    return redirect("agent", slug)


def _acts() -> dict[str, tuple[Callable[..., Agent], str]]:
    return {
        "suspend": (registry.suspend, _("%(agent)s is suspended. Every decision about it is no from now on.")),
        "resume": (registry.resume, _("%(agent)s works again, with what it still holds.")),
        "retire": (registrations.retire, _("%(agent)s is retired. It holds nothing any more, and its name stays taken.")),
    }


def _visible(user: User, slug: str) -> Agent:
    rows = Agent.objects.visible_to(user).select_related(
        "human_owner__deputy", "technical_owner", "legal_entity", "department", "registered_by"
    )
    return get_object_or_404(rows, slug=slug)


def _buttons(agent: Agent, user: User) -> list[Button]:
    """Suspending and resuming exclude each other, so one of them is there."""
    found = []
    if agent.state == Agent.State.SUSPENDED:
        explains = _("It works again at once with what it still holds. Tokens from before stay dead.")
        found.append(Button("resume", _("Resume"), explains, "", permissions.why_not_resume(user, agent)))
    elif agent.state == Agent.State.ACTIVE:
        explains = _("It is allowed nothing from this moment, until somebody resumes it.")
        found.append(Button("suspend", _("Suspend"), explains, "danger", permissions.why_not_suspend(user, agent)))
    if agent.state not in (Agent.State.RETIRED, Agent.State.DRAFT):
        explains = _("For good: everything it holds ends now, and its name is never used again. This cannot be undone.")
        found.append(Button("retire", _("Retire"), explains, "danger", permissions.why_not_retire(user, agent)))
    return found


def _grants(agent: Agent, user: User) -> list[GrantRow]:
    rows = list(
        Grant.objects.filter(agent=agent)
        .select_related("entitlement__system__owner", "request_line__decided_by", "held_by")
        .order_by("entitlement__system__name", "entitlement__name", "-id")[:SHOWN_GRANTS]
    )
    effective = set(Grant.objects.effective().filter(agent=agent).values_list("pk", flat=True))
    denied = [
        grant for grant in rows if grant.state == Grant.State.ACTIVE and not grant.is_discovered and grant.pk not in effective
    ]
    standing = [grant for grant in denied if state_of(grant) == Grant.State.ACTIVE]
    # What denies an access that stands in its time is the agent's, so one answer is everybody's.
    because = is_effective(agent, standing[0].entitlement).because if standing else ""
    found = []
    for grant in rows:
        grant.agent = agent
        found.append(
            GrantRow(
                grant,
                state_of(grant),
                because if grant in standing else "",
                why_not_end(user, grant),
                why_not_restore(user, grant) is None,
            )
        )
    return found


def _waiting(agent: Agent) -> list[RequestLine]:
    """Lines somebody has to decide, with whose turn it is."""
    lines = RequestLine.objects.filter(
        request__in=AccessRequest.objects.open().filter(agent=agent), state=RequestLine.State.PENDING
    )
    return list(lines.select_related("request__requested_by", "entitlement__system").prefetch_related("stages__approver__deputy"))


def _reached_systems(agent: Agent, rows: list[GrantRow]) -> list[tuple[object, int]]:
    """Systems it is connected to or holds access to, each with how many accesses stand now."""
    held: dict[int, int] = {}
    systems = {system.pk: system for system in agent.systems.all()}
    for row in rows:
        if row.state in (Grant.State.ACTIVE, Grant.State.HELD, Grant.State.SCHEDULED):
            system = row.grant.entitlement.system
            systems[system.pk] = system
            held[system.pk] = held.get(system.pk, 0) + 1
    return [(system, held.get(pk, 0)) for pk, system in sorted(systems.items(), key=lambda pair: pair[1].name)]


def _reached_data(agent: Agent, rows: list[GrantRow]) -> list[tuple[str, bool]]:
    """Data classes as words: those the registration names, then those its accesses lead to without having been named."""
    led_to: set[str] = set()
    for row in rows:
        if row.state in (Grant.State.ACTIVE, Grant.State.HELD, Grant.State.SCHEDULED):
            led_to.update(row.grant.entitlement.data_classes or row.grant.entitlement.system.data_classes)
    named = [(class_words([value]), True) for value in agent.data_classes]
    return named + [(class_words([value]), False) for value in sorted(led_to.difference(agent.data_classes))]


urlpatterns = [
    path("agents/<slug:slug>/suspend/", agent_act, {"verb": "suspend"}, name="agent_suspend"),
    path("agents/<slug:slug>/resume/", agent_act, {"verb": "resume"}, name="agent_resume"),
    path("agents/<slug:slug>/retire/", agent_act, {"verb": "retire"}, name="agent_retire"),
    path("agents/<slug:slug>/", agent, name="agent"),
]
