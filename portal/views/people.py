"""/people/: colleagues, what they hold and own; one's own absence and deputy."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.audit.errors import NotAllowed
from agents.people.actions import people as actions
from agents.people.models import RoleAssignment, User
from agents.registry.models import Agent, System
from portal.downloads import CHUNK, as_csv, moment
from portal.filters import PersonFilters
from portal.forms.choosing import MOST_OFFERED, people_like, spelled
from portal.forms.people import AbsenceForm
from portal.keyset import window
from portal.lists import list_answer, wants_csv
from portal.pages import page, signed_in, viewer
from portal.views.agents import registered_for

SHOWN = 30  # agents, systems and reports on a person's page; the lists hold the rest


@signed_in
@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """The directory. Who has left is found when asked for."""
    user = viewer(request)
    filters = PersonFilters(request.GET, User.objects.visible_to(user))
    if wants_csv(request):
        return as_csv("people", _header(), _csv_rows(filters.rows))
    rows = filters.rows.select_related("legal_entity", "department", "manager", "deputy")
    rows = rows.prefetch_related(_roles_now()).annotate(agent_count=_agent_count(user))
    return list_answer(request, "people", _("People"), filters=filters, window=window(rows, request))


@signed_in
@require_safe
def people_find(request: HttpRequest) -> HttpResponse:
    """People who work here and whose name or address holds the text, for fields that ask for a person."""
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    found = people_like(text)[:MOST_OFFERED] if text else []
    return JsonResponse({"found": [{"value": spelled(one), "name": one.name, "hint": _hint(one)} for one in found]})


@signed_in
@require_safe
def person(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _person_page(request, _visible(request, uid))


@signed_in
@require_http_methods(["POST"])
def person_absence(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One's own absence. The deputy stands in between the two days, by the clock alone."""
    user = _oneself(request, uid)
    form = AbsenceForm(request.POST, user=user)
    if not form.is_valid():
        return _person_page(request, user, form)
    try:
        actions.set_absence(user, by=user, since=form.since, until=form.until, deputy=form.cleaned_data["deputy"])
    except ValidationError as wrong:
        form.add_error(None, wrong.messages)
        return _person_page(request, user, form)
    messages.success(request, _("Your absence is set. It begins and ends by itself."))
    return redirect("person", user.uid)


@signed_in
@require_POST
def person_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The absence is over, now; the deputy stays named for the next one."""
    user = _oneself(request, uid)
    actions.set_absence(user, by=user, since=None, until=None, deputy=user.deputy)
    messages.success(request, _("You are back. What waits comes to you again."))
    return redirect("person", user.uid)


def _oneself(request: HttpRequest, uid: UUID) -> User:
    user = viewer(request)
    if _visible(request, uid).pk != user.pk:
        raise NotAllowed(_("Everybody sets their own absence."))
    return user


def _visible(request: HttpRequest, uid: UUID) -> User:
    rows = User.objects.visible_to(viewer(request))
    return get_object_or_404(rows.select_related("legal_entity", "department", "manager", "deputy"), uid=uid)


def _person_page(request: HttpRequest, shown: User, form: AbsenceForm | None = None) -> HttpResponse:
    user = viewer(request)
    is_self = shown.pk == user.pk
    owned = registered_for(user).filter(human_owner=shown).exclude(state=Agent.State.RETIRED)
    run = registered_for(user).filter(technical_owner=shown).exclude(state=Agent.State.RETIRED)
    context = page(
        request,
        shown.name,
        breadcrumbs=[(_("People"), reverse("people"))],
        person_shown=shown,
        is_self=is_self,
        roles=RoleAssignment.objects.effective().filter(person=shown).order_by("role"),
        owned=owned.order_by("name", "id")[: SHOWN + 1],
        run=run.order_by("name", "id")[: SHOWN + 1],
        shown_most=SHOWN,
        systems=System.objects.visible_to(user).filter(owner=shown).order_by("name")[:SHOWN],
        reports=User.objects.present().filter(manager=shown).order_by("name", "id")[:SHOWN],
        stands_in_for=User.objects.absent_now().filter(deputy=shown).order_by("name", "id")[:SHOWN],
        form=(form or AbsenceForm(user=shown)) if is_self else None,
    )
    return render(request, "people/detail.html", context, status=400 if form else 200)


def _roles_now() -> Prefetch[str, QuerySet[RoleAssignment], str]:
    return Prefetch("role_assignments", RoleAssignment.objects.effective().order_by("role"), to_attr="roles_held")


def _agent_count(user: User) -> Coalesce:
    owned = registered_for(user).filter(human_owner=OuterRef("pk")).exclude(state=Agent.State.RETIRED).order_by()
    return Coalesce(Subquery(owned.values("human_owner").annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def _hint(one: User) -> str:
    return " · ".join(str(part) for part in (one.email, one.job_title, one.department) if part)


def _header() -> list[str]:
    return [
        _("name"),
        _("e-mail"),
        _("job title"),
        _("legal entity"),
        _("department"),
        _("manager"),
        _("location"),
        _("roles now"),
        _("left"),
    ]


def _csv_rows(rows: QuerySet[User]) -> Iterator[list[object]]:
    rows = rows.select_related("legal_entity", "department", "manager").prefetch_related(_roles_now())
    for one in rows.order_by("name", "id").iterator(CHUNK):
        roles = ", ".join(held.get_role_display() for held in getattr(one, "roles_held", ()))
        yield [
            one.name,
            one.email,
            one.job_title,
            one.legal_entity or "",
            one.department or "",
            one.manager.email if one.manager else "",
            one.location,
            roles,
            moment(one.left_at),
        ]


urlpatterns = [
    path("people/", people, name="people"),
    path("people/find/", people_find, name="people_find"),
    path("people/<uuid:uid>/", person, name="person"),
    path("people/<uuid:uid>/absence/", person_absence, name="person_absence"),
    path("people/<uuid:uid>/back/", person_back, name="person_back"),
]
