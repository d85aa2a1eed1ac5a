"""/agents/new/ and /agents/drafts/<uid>/: an agent is registered in one form that one may leave and come back to."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.access.actions import registrations
from agents.people.models import User
from agents.registry.models import Agent, System
from portal.forms.agents import RegistrationForm
from portal.pages import page, signed_in, viewer

MOST_FOUND = 8


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def agent_new(request: HttpRequest) -> HttpResponse:
    """An empty form; the first "Save draft" gives it an address to come back to."""
    return _answer(request, None)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def agent_draft(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One's own draft. Another person's is 404; one that was submitted meanwhile is on the agent's page."""
    user = viewer(request)
    agent = get_object_or_404(
        Agent.objects.select_related("legal_entity", "human_owner", "technical_owner"), uid=uid, registered_by=user
    )
    if agent.state != Agent.State.DRAFT and request.method != "POST":
        return redirect("agent", agent.slug) if agent.slug else redirect("agents")
    return _answer(request, agent)


@signed_in
@require_POST
def agent_parts(request: HttpRequest) -> HttpResponse:
    """What refreshes alone while one fills in the form: permissions of the chosen systems, the tier so far. Stores nothing."""
    form = RegistrationForm(request.POST, user=viewer(request))
    part = "agents/_tier.html" if request.POST.get("part") == "tier" else "agents/_parts.html"
    return render(request, part, {"form": form, "offers": list(form.offers()), "tier": form.tier()})


@signed_in
@require_safe
def agent_systems(request: HttpRequest) -> HttpResponse:
    """Systems whose name holds the text, for the field "Add a system"."""
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    like = System.objects.visible_to(viewer(request)).filter(name__icontains=text).select_related("owner").order_by("name")
    found = like[:MOST_FOUND] if text else []
    return JsonResponse(
        {"found": [{"value": one.name, "name": one.name, "hint": str(one.owner or _("no owner"))} for one in found]}
    )


@signed_in
@require_POST
def agent_discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The draft is over; the trail remembers that it was begun."""
    user = viewer(request)
    agent = get_object_or_404(Agent, uid=uid, registered_by=user, state=Agent.State.DRAFT)
    registrations.retire(agent, by=user, reason=_("The draft was discarded by its author."))
    messages.success(request, _("The draft “%(agent)s” is discarded.") % {"agent": agent})
    return redirect("agents")


def _answer(request: HttpRequest, agent: Agent | None) -> HttpResponse:
    user = viewer(request)
    if request.method != "POST":
        return _form_page(request, RegistrationForm(user=user, agent=agent))
    form = RegistrationForm(request.POST, user=user, agent=agent)
    step = request.POST.get("step")
    if step == "show" or not form.is_valid():
        return _form_page(request, form, status=200 if step == "show" else 400)
    try:
        with transaction.atomic():  # where the trail cannot take the submission, the draft stays as it was too
            agent = registrations.save_draft(agent, by=user, wanted=form.wanted, **form.fields_to_store)
            unfit = _submitted(agent, user) if step == "submit" else None
    except ValidationError as wrong:
        return _wrong(request, form, wrong)
    if step != "submit":
        messages.success(request, _("Saved as a draft. Nobody else sees it; come back whenever you like."))
        return redirect("agent_draft", agent.uid)
    agent.refresh_from_db()
    if unfit is not None:
        form.agent = agent
        return _wrong(request, form, unfit, is_saved=True)
    messages.success(
        request,
        _("Submitted. %(owner)s is asked to answer for %(agent)s; then each permission goes to the owner of its system.")
        % {"owner": agent.human_owner, "agent": agent},
    )
    return redirect("agent", agent.slug)


def _submitted(agent: Agent, user: User) -> ValidationError | None:
    """What is still missing, or None when it is on its way."""
    try:
        registrations.submit(agent, by=user)
    except ValidationError as unfit:
        return unfit
    return None


def _wrong(request: HttpRequest, form: RegistrationForm, wrong: ValidationError, *, is_saved: bool = False) -> HttpResponse:
    """What the action said, each sentence at its field."""
    for name, sentences in wrong.message_dict.items() if hasattr(wrong, "error_dict") else [("", wrong.messages)]:
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)
    return _form_page(request, form, status=400, is_saved=is_saved)


def _form_page(request: HttpRequest, form: RegistrationForm, *, status: int = 200, is_saved: bool = False) -> HttpResponse:
    agent = form.agent
    context = page(
        request,
        agent.name if agent and agent.name else _("Register an agent"),
        breadcrumbs=[(_("Agents"), reverse("agents"))],
        form=form,
        agent=agent,
        offers=list(form.offers()),
        tier=form.tier() if form.is_bound or agent else None,
        is_saved=is_saved,
        wrong=[bound for bound in form if bound.errors] if form.is_bound else [],
        action=reverse("agent_draft", args=[agent.uid]) if agent else reverse("agent_new"),
    )
    return render(request, "agents/form.html", context, status=status)


urlpatterns = [
    path("agents/new/", agent_new, name="agent_new"),
    path("agents/new/parts/", agent_parts, name="agent_parts"),
    path("agents/new/systems/", agent_systems, name="agent_systems"),
    path("agents/drafts/<uuid:uid>/", agent_draft, name="agent_draft"),
    path("agents/drafts/<uuid:uid>/discard/", agent_discard, name="agent_discard"),
]
