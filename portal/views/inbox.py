"""/inbox/: what waits for this person, one decision at a time. Nobody decides by GET."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from agents.access.actions import lines, registrations
from agents.access.models import AccessRequest, RequestLine
from agents.registry.models import Agent
from portal.cases import line_case, ownership_case
from portal.forms.inbox import ApprovalForm, RefusalForm
from portal.pages import page, signed_in, viewer
from portal.waiting import Need, inbox_of


@signed_in
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The most dangerous decision is open at once; the others stand beside it."""
    user = viewer(request)
    waiting = inbox_of(user)
    if not waiting:
        return render(request, "inbox/empty.html", page(request, _("Inbox")))
    first = waiting[0]
    line = RequestLine.objects.waiting_for(user).filter(uid=first.key).first()
    return _line_page(request, line, waiting) if line else _agent_page(request, Agent.objects.get(uid=first.key), waiting)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def inbox_line(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One access: read it, then approve, shorten or refuse."""
    user = viewer(request)
    seen = AccessRequest.objects.visible_to(user).exclude(state=AccessRequest.State.DRAFT)
    asked = RequestLine.objects.filter(request__in=seen)
    line = get_object_or_404(
        asked.select_related("request__agent__legal_entity", "request__requested_by", "entitlement__system", "decided_by"),
        uid=uid,
    )
    if request.method != "POST":
        return _line_page(request, line, inbox_of(user))
    match request.POST.get("answer"):
        case "approve":
            approval = ApprovalForm(request.POST, line=line)
            if not approval.is_valid():
                return _line_page(request, line, inbox_of(user), approval=approval)
            line = lines.approve(line, by=user, reason=approval.cleaned_data["reason"], days=approval.cleaned_data["days"])
            until = date_format(localtime(line.grant.expires_at), "j F Y")
            said = _("Approved: %(agent)s holds %(what)s until %(until)s.") % {
                "agent": line.request.agent,
                "what": line.entitlement,
                "until": until,
            }
        case "refuse":
            refusal = RefusalForm(request.POST)
            if not refusal.is_valid():
                return _line_page(request, line, inbox_of(user), refusal=refusal)
            line = lines.deny(line, by=user, reason=refusal.cleaned_data["reason"])
            said = _("Refused: %(agent)s does not get %(what)s. %(name)s will read your reason.") % {
                "agent": line.request.agent,
                "what": line.entitlement,
                "name": line.request.requested_by.name,
            }
        case _:
            raise BadRequest("answer is approve or refuse")
    return _next(request, said)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def inbox_agent(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One agent: read what it is for, then become accountable for it, or say why not."""
    user = viewer(request)
    visible = Agent.objects.visible_to(user).registered()
    agent = get_object_or_404(visible.select_related("legal_entity", "human_owner", "technical_owner", "registered_by"), uid=uid)
    if request.method != "POST":
        return _agent_page(request, agent, inbox_of(user))
    match request.POST.get("answer"):
        case "accept":
            agent = registrations.accept(agent, by=user)
            said = _("You are the owner of %(agent)s now. What it asks for went to those who decide that.") % {"agent": agent}
        case "refuse":
            refusal = RefusalForm(request.POST)
            if not refusal.is_valid():
                return _agent_page(request, agent, inbox_of(user), refusal=refusal)
            agent = registrations.refuse(agent, by=user, reason=refusal.cleaned_data["reason"])
            said = _("You do not own %(agent)s. Its registration went back with your reason.") % {"agent": agent}
        case _:
            raise BadRequest("answer is accept or refuse")
    return _next(request, said)


def _next(request: HttpRequest, said: str) -> HttpResponse:
    """What happened is told, and the next decision comes by itself."""
    waiting = inbox_of(viewer(request))
    more = ngettext("One more needs you.", "%(n)d more need you.", len(waiting)) % {"n": len(waiting)}
    messages.success(request, f"{said} {more if waiting else _('Nothing else needs you.')}")
    return redirect(waiting[0].url if waiting else "inbox")


def _line_page(
    request: HttpRequest,
    line: RequestLine,
    waiting: list[Need],
    *,
    approval: ApprovalForm | None = None,
    refusal: RefusalForm | None = None,
) -> HttpResponse:
    context = {
        "case": line_case(line, viewer(request)),
        "approval": approval or ApprovalForm(line=line),
        "refusal": refusal or RefusalForm(),
    }
    status = 400 if approval or refusal else 200
    return render(request, "inbox/line.html", _beside(request, line.uid, waiting, **context), status=status)


def _agent_page(request: HttpRequest, agent: Agent, waiting: list[Need], *, refusal: RefusalForm | None = None) -> HttpResponse:
    context = {"case": ownership_case(agent, viewer(request)), "refusal": refusal or RefusalForm()}
    return render(request, "inbox/agent.html", _beside(request, agent.uid, waiting, **context), status=400 if refusal else 200)


def _beside(request: HttpRequest, key: UUID, waiting: list[Need], **context: Any) -> dict[str, Any]:
    """The list, where this decision stands in it, and its neighbours; a decision that is not in the list stands before it."""
    at = next((index for index, need in enumerate(waiting) if need.key == key), None)
    previous = waiting[at - 1] if at else None
    following = waiting[at + 1 : at + 2] if at is not None else waiting[:1]
    return page(
        request,
        _("Inbox"),
        key=key,
        waiting=waiting,
        place=None if at is None else at + 1,
        previous=previous,
        following=following[0] if following else None,
        **context,
    )


urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/agents/<uuid:uid>/", inbox_agent, name="inbox_agent"),
    path("inbox/lines/<uuid:uid>/", inbox_line, name="inbox_line"),
]
