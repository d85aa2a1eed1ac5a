"""/sinks/: where signed checkpoints go, what each place has taken, and what is wrong with it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.audit import delivery
from agents.audit.errors import NotAllowed
from agents.audit.models import CheckpointSink
from agents.people.actions import sinks as actions
from agents.people.choices import SEES_EVERYTHING
from agents.people.permissions import why_not_change_sinks
from portal.forms.sinks import SinkForm
from portal.pages import page, role_required, signed_in, viewer

MOST_SHOWN = 100


@role_required(*SEES_EVERYTHING)
@require_http_methods(["GET", "HEAD", "POST"])
def sinks(request: HttpRequest) -> HttpResponse:
    """The list, and for those who may a form for one more."""
    user = viewer(request)
    why_not = why_not_change_sinks(user)
    form = SinkForm(request.POST or None)
    if request.method == "POST":
        if why_not:
            raise NotAllowed(why_not)
        if form.is_valid() and (sink := _added(request, form)):
            messages.success(request, _("%(name)s is sent each checkpoint from now on.") % {"name": sink.name})
            return redirect("sinks")
    newest = delivery.newest()
    size = newest.size if newest else 0
    found = CheckpointSink.objects.order_by("-is_active", "name")[:MOST_SHOWN]
    rows = [(sink, max(0, size - sink.acknowledged_size)) for sink in found]
    context = page(request, _("Sinks"), rows=rows, newest=newest, form=form, why_not=why_not)
    return render(request, "sinks/list.html", context, status=400 if form.errors else 200)


@signed_in
@require_POST
def sink_pause(request: HttpRequest, uid: UUID) -> HttpResponse:
    sink = actions.pause(_sink(request, uid), by=viewer(request), reason=request.POST.get("reason", ""))
    messages.success(request, _("%(name)s is sent nothing until you resume it.") % {"name": sink.name})
    return redirect("sinks")


@signed_in
@require_POST
def sink_resume(request: HttpRequest, uid: UUID) -> HttpResponse:
    sink = actions.resume(_sink(request, uid), by=viewer(request))
    messages.success(request, _("%(name)s is sent the newest checkpoint now.") % {"name": sink.name})
    return redirect("sinks")


@signed_in
@require_POST
def sink_send(request: HttpRequest, uid: UUID) -> HttpResponse:
    sink = actions.send_now(_sink(request, uid), by=viewer(request))
    if sink.last_error:
        said = _("%(name)s did not take it: %(problem)s It is tried again by itself.")
        messages.error(request, said % {"name": sink.name, "problem": sink.last_error})
    else:
        receipt = sink.receipts.order_by("-id").values_list("receipt", flat=True).first() or ""
        messages.success(request, _("%(name)s took it. Its answer: %(receipt)s") % {"name": sink.name, "receipt": receipt})
    return redirect("sinks")


def _added(request: HttpRequest, form: SinkForm) -> CheckpointSink | None:
    """None when the action found fault with what the form let through, such as a name taken meanwhile."""
    try:
        return actions.add(**form.cleaned_data, by=viewer(request))
    except ValidationError as wrong:
        form.add_error(None, " ".join(wrong.messages))
        return None


def _sink(request: HttpRequest, uid: UUID) -> CheckpointSink:
    """To those who do not see the page there is no such sink."""
    if not viewer(request).has_role(*SEES_EVERYTHING):
        raise Http404
    return get_object_or_404(CheckpointSink, uid=uid)


urlpatterns = [
    path("", sinks, name="sinks"),
    path("<uuid:uid>/pause/", sink_pause, name="sink_pause"),
    path("<uuid:uid>/resume/", sink_resume, name="sink_resume"),
    path("<uuid:uid>/send/", sink_send, name="sink_send"),
]
