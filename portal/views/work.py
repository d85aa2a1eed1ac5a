"""/work/: what the portal does by itself: what gave up, what is under way, how each job by the clock is doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from agents.audit.models import Reaction
from agents.people.actions import reactions as actions
from agents.people.models import User
from agents.people.permissions import why_not_retry
from portal.background import beat, dead, failing_count, jobs, under_way
from portal.downloads import CHUNK, as_csv, moment
from portal.keyset import window
from portal.lists import wants_csv
from portal.navigation import CONSOLE_ROLES, counted
from portal.pages import page, role_required, signed_in, viewer
from portal.views.packs import is_part, part


@counted("work")
def work_to_look_at(user: User) -> int:
    """What gave up, and jobs that fail."""
    return Reaction.objects.dead().count() + failing_count()


@role_required(*CONSOLE_ROLES)
@require_safe
def work(request: HttpRequest) -> HttpResponseBase:
    """It is shown afresh every few seconds."""
    user = viewer(request)
    if wants_csv(request):
        return as_csv("work", _header(), _csv_rows(user))
    found = window(Reaction.objects.dead(), request, by=("-id",), size=20)
    context: dict[str, Any] = {
        "beat": beat(),
        "window": found,
        "dead": list(dead(found.rows)),
        "why_not": why_not_retry(user),
        "under_way": list(under_way(user)),
        "jobs": list(jobs()),
    }
    if is_part(request):
        return part(render(request, "work/_now.html", context))
    return render(request, "work/work.html", page(request, _("Work"), **context))


@signed_in
@require_POST
def work_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """One that gave up waits for a worker again."""
    reaction = get_object_or_404(Reaction, pk=pk)
    actions.retry(reaction, by=viewer(request), reason=request.POST.get("reason", ""))
    messages.success(request, _("It is tried again now."))
    return redirect("work")


@signed_in
@require_POST
def work_retry_all(request: HttpRequest) -> HttpResponse:
    """Everything that gave up waits for a worker again."""
    count = actions.retry_all(by=viewer(request), reason=request.POST.get("reason", ""))
    told = ngettext("%(n)s is tried again now.", "%(n)s are tried again now.", count) % {"n": count}
    messages.success(request, told if count else _("Nothing had given up any more."))
    return redirect("work")


def _header() -> list[str]:
    return [_("what"), _("which"), _("state"), _("last heard of"), _("attempts"), _("done"), _("of"), _("next try"), _("error")]


def _csv_rows(user: User) -> Iterator[list[object]]:
    """Times in UTC."""
    for one in Reaction.objects.dead().order_by("-id").iterator(CHUNK):
        yield [_("gave up"), str(one), one.state, moment(one.next_try_at), one.attempts, "", "", "", one.last_error]
    for task in under_way(user):
        state = _("silent") if task.is_silent else _("under way")
        yield [_("long work"), task.name, state, moment(task.heartbeat_at), task.attempts, task.done, task.total, "", ""]
    for job in jobs():
        row = job.row
        counts = (row.failures, row.settled_count) if row else (0, 0)
        yield [
            _("by the clock"),
            job.name,
            job.state.text,
            moment(job.finished_at),
            counts[0],
            counts[1],
            "",
            moment(job.tries_again_at),
            row.last_error if row else "",
        ]


urlpatterns = [
    path("work/", work, name="work"),
    path("work/retry/", work_retry_all, name="work_retry_all"),
    path("work/<int:pk>/retry/", work_retry, name="work_retry"),
]
