"""/requests/: what was asked for, where it stands, who decides and why them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from agents import clock
from agents.access.actions import requests as actions
from agents.access.models import AccessRequest, ApprovalStage, Grant, RequestLine
from agents.access.permissions import why_not_cancel, why_not_decide
from agents.access.querysets import AccessRequestQuerySet
from agents.audit.models import TrailEvent
from agents.people.models import User
from agents.registry.models import Agent
from portal.pages import page, signed_in, viewer

SHOWS = {"all": gettext_lazy("All"), "open": gettext_lazy("Waiting"), "mine": gettext_lazy("Asked by me")}
OPEN = (AccessRequest.State.PENDING, AccessRequest.State.NEEDS_INFORMATION)
ROWS = 25


@dataclass(frozen=True)
class LineStory:
    """One line and how far it came. may_decide: the reader's turn."""

    line: RequestLine
    stage: ApprovalStage | None
    grant: Grant | None
    is_waiting: bool
    may_decide: bool


@dataclass(frozen=True)
class Standing:
    """How a request stands, in a word: the outcome is drawn from its lines, and time counts before any job does."""

    text: str
    tone: str
    icon: str


def standing(asked: AccessRequest) -> Standing:
    """asked: with its lines at hand."""
    if asked.state == AccessRequest.State.DECIDED:
        lines = [line.state for line in asked.lines.all()]
        approved = lines.count(RequestLine.State.APPROVED)
        if approved == len(lines):
            return Standing(_("approved"), "good", "check")
        return Standing(_("partly approved"), "warn", "check") if approved else Standing(_("refused"), "bad", "cross")
    if asked.state in OPEN and asked.expires_at is not None and asked.expires_at <= clock.now():
        return Standing(str(AccessRequest.State.EXPIRED.label), "bad", "clock")
    icon = {"wait": "clock", "warn": "info", "bad": "clock"}.get(asked.state_enum.tone, "strike")
    return Standing(asked.get_state_display(), asked.state_enum.tone, icon)


@signed_in
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    show = request.GET.get("show", "all")
    show = show if show in SHOWS else "all"
    wanted = request.GET.get("q", "").strip()[:100]
    found = _submitted(user)
    if wanted:
        found = found.filter(Q(agent__name__icontains=wanted) | Q(purpose__icontains=wanted) | Q(ticket__iexact=wanted))
    if show == "mine":
        found = found.filter(requested_by=user)
    elif show == "open":
        found = found.open()
    rows = found.select_related("agent", "requested_by").prefetch_related("lines").order_by("-submitted_at", "-id")
    shown = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = page(
        request,
        _("Requests"),
        rows=shown,
        table=[(row, standing(row)) for row in shown],
        show=show,
        shows=SHOWS,
        q=wanted,
        unowned=Agent.objects.visible_to(user).filter(state=Agent.State.PENDING_OWNER).select_related("human_owner")[:10],
    )
    return render(request, "requests/list.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def request_detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Where it stands, line by line; a POST withdraws it."""
    user = viewer(request)
    asked = get_object_or_404(_submitted(user).select_related("agent", "requested_by"), uid=uid)
    if request.method == "POST":
        actions.cancel(asked, by=user, reason=request.POST.get("reason", "").strip()[:500])
        messages.success(request, _("Withdrawn. Nothing of it that was still open will be granted."))
        return redirect("request", uid)
    is_running = AccessRequest.objects.open().filter(pk=asked.pk).exists()
    ran_out = not is_running and asked.state in (*OPEN, AccessRequest.State.EXPIRED)
    stories = [_story(line, user, is_running=is_running) for line in _lines(asked)]
    context = page(
        request,
        _("Access for %(agent)s") % {"agent": asked.agent},
        breadcrumbs=[(_("Requests"), "/requests/")],
        asked=asked,
        stories=stories,
        is_running=is_running,
        standing=standing(asked),
        ran_out=ran_out,
        is_mine=why_not_cancel(user, asked) is None,
        events=_told(asked, stories),
    )
    return render(request, "requests/detail.html", context)


def _submitted(user: User) -> AccessRequestQuerySet:
    """What this person may see, drafts left out: those belong to the registration's own page."""
    return AccessRequest.objects.visible_to(user).exclude(submitted_at=None)


def _lines(asked: AccessRequest) -> QuerySet[RequestLine]:
    stages = Prefetch("stages", ApprovalStage.objects.select_related("approver__deputy", "decided_by"))
    return (
        asked.lines.select_related("request", "entitlement__system", "decided_by", "grant")
        .prefetch_related(stages)
        .order_by("id")
    )


def _story(line: RequestLine, user: User, *, is_running: bool) -> LineStory:
    waiting = is_running and line.state == RequestLine.State.PENDING
    return LineStory(
        line=line,
        stage=next(iter(line.stages.all()), None),
        grant=getattr(line, "grant", None),
        is_waiting=waiting,
        may_decide=waiting and line.request.state == AccessRequest.State.PENDING and why_not_decide(user, line) is None,
    )


def _told(asked: AccessRequest, stories: list[LineStory]) -> QuerySet[TrailEvent]:
    """What the trail says of the request, its lines and what was granted; newest first."""
    lines = [str(story.line.uid) for story in stories]
    grants = [str(story.grant.uid) for story in stories if story.grant]
    of = (
        Q(target_kind="request", target_key=str(asked.uid))
        | Q(target_kind="line", target_key__in=lines)
        | Q(target_kind="grant", target_key__in=grants)
    )
    return TrailEvent.objects.filter(of).order_by("-at", "-id")[:100]


urlpatterns = [
    path("requests/", requests, name="requests"),
    path("requests/<uuid:uid>/", request_detail, name="request"),
]
