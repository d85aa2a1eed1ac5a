"""/restore/: a backup was restored; what is known to be missing, and the one decision an administrator takes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.audit import checkpoints
from agents.audit.models import Epoch, Rollback
from agents.people.actions import restores
from agents.people.choices import SEES_EVERYTHING
from agents.people.permissions import why_not_acknowledge_restore
from portal.pages import page, role_required, viewer


@role_required(*SEES_EVERYTHING)
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest) -> HttpResponse:
    """What was restored over what; the button is an administrator's."""
    user = viewer(request)
    if request.method == "POST":
        restores.acknowledge(by=user, reason=request.POST.get("reason", ""))
        checkpoints.run()
        messages.success(request, _("Mandate writes again. The trail tells what you acknowledged."))
        return redirect("restore")
    context = page(
        request,
        _("Restored backup"),
        waiting=Rollback.objects.filter(acknowledged_at__isnull=True).first(),
        past=Rollback.objects.filter(acknowledged_at__isnull=False).order_by("-id")[:50],
        epochs=Epoch.objects.order_by("-number")[:50],
        why_not=why_not_acknowledge_restore(user),
    )
    return render(request, "restore/page.html", context)


urlpatterns = [path("restore/", restore, name="restore")]
