"""/compliance/: the frameworks, what each control asks in our own words, and whether our data can answer it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compliance.frameworks import frameworks
from compliance.models import Pack
from compliance.permissions import why_not_request
from compliance.querysets import READERS
from portal.pages import page, role_required, viewer


@role_required(*READERS)
@require_safe
def compliance(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    ready = Pack.objects.visible_to(user).filter(state=Pack.State.READY).order_by("-ended_at")
    rows = [
        (found, sum(not control.not_tested for control in found.controls), ready.filter(framework=key).first())
        for key, found in frameworks().items()
    ]
    context = page(request, _("Compliance"), rows=rows, why_not=why_not_request(user))
    return render(request, "compliance/list.html", context)


urlpatterns = [path("", compliance, name="compliance")]
