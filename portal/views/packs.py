"""/packs/: evidence packs, asked for, watched while they are built, handed out."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from agents.audit.errors import NotAllowed
from agents.audit.models import TrailEvent
from compliance import files
from compliance.actions import packs as actions
from compliance.frameworks import framework
from compliance.models import Pack
from compliance.permissions import why_not_request
from compliance.preflight import preflight
from compliance.querysets import READERS
from compliance.scope import scope_of
from portal.errors import answer
from portal.forms.packs import PackForm, usual
from portal.keyset import window
from portal.pages import page, role_required, viewer
from portal.shown import address_of

MOST_EVENTS = 50


@role_required(*READERS)
@require_safe
def packs(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    found = window(seen(request).select_related("legal_entity"), request, by=("-id",))
    context = page(request, _("Evidence"), window=found, packs=found.rows, why_not=why_not_request(user))
    return render(request, "packs/list.html", context)


@role_required(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def pack_new(request: HttpRequest) -> HttpResponse:
    """What, over which period, and what to mend before. The address holds the choice, so it can be checked often."""
    user = viewer(request)
    if why_not := why_not_request(user):
        raise NotAllowed(why_not)
    form = PackForm(request.POST if request.method == "POST" else {**usual(), **request.GET.dict()})
    checked = None
    if form.is_valid():
        chosen = form.cleaned_data
        if request.method == "POST":
            pack = actions.request(
                chosen["framework"], since=chosen["since"], until=chosen["until"], legal_entity=chosen["legal_entity"], by=user
            )
            return redirect("pack", uid=pack.uid)
        found = preflight(scope_of(framework(chosen["framework"]), chosen["since"], chosen["until"], chosen["legal_entity"]))
        checked = (found, [(check, address_of(check.where)) for check in found.checks])
    context = {"form": form, "checked": checked, "chosen": {bound.name: bound.value() or "" for bound in form}}
    if is_part(request):
        return part(render(request, "packs/_preflight.html", context))
    way = [(_("Evidence"), reverse("packs"))]
    status = 400 if request.method == "POST" else 200
    return render(request, "packs/new.html", page(request, _("New evidence pack"), breadcrumbs=way, **context), status=status)


@role_required(*READERS)
@require_safe
def pack(request: HttpRequest, uid: UUID) -> HttpResponse:
    """While it is built: how far it is. After that: its fingerprint, its file, and who took it."""
    found = get_object_or_404(seen(request).select_related("legal_entity", "requested_by"), uid=uid)
    if is_part(request):
        done = HttpResponse(headers={"HX-Refresh": "true"})  # the whole page is another one now
        return part(render(request, "packs/_progress.html", {"pack": found}) if found.is_on_its_way else done)
    context = page(
        request,
        str(found),
        breadcrumbs=[(_("Evidence"), reverse("packs"))],
        pack=found,
        is_there=files.is_there(found),
        again=f"{reverse('pack_new')}?{urlencode(_choice(found))}" if why_not_request(viewer(request)) is None else "",
        events=TrailEvent.objects.about(f"pack:{found.uid}")[:MOST_EVENTS],
    )
    return render(request, "packs/pack.html", context)


@role_required(*READERS)
@require_GET
def pack_pdf(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The bytes that were released, or none (410): never others."""
    found = get_object_or_404(seen(request), uid=uid)
    try:
        content = actions.download(found, by=viewer(request))
    except files.FileLost as lost:
        return answer(request, 410, _("The file is gone"), [lost.sentence, _("Nothing was handed out.")])
    name = f"mandate-{found.framework}-{found.since:%Y-%m-%d}-{found.until:%Y-%m-%d}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def is_part(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def part(answered: HttpResponse) -> HttpResponse:
    """The browser must not show the part as the page."""
    patch_vary_headers(answered, ["HX-Request"])
    return answered


def seen(request: HttpRequest) -> QuerySet[Pack]:
    return Pack.objects.visible_to(viewer(request))


def _choice(found: Pack) -> dict[str, str]:
    entity = found.legal_entity
    return {
        "framework": found.framework,
        "legal_entity": entity.slug if entity else "",
        "since": str(found.since),
        "until": str(found.until),
    }


urlpatterns = [
    path("", packs, name="packs"),
    path("new/", pack_new, name="pack_new"),
    path("<uuid:uid>/", pack, name="pack"),
    path("<uuid:uid>/pdf/", pack_pdf, name="pack_pdf"),
]
