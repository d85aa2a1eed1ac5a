"""/health/: how Mandate itself is doing, what to do next where it is not well, and the alarms of late."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.audit.health import Line, State, lines
from agents.audit.models import Alarm
from agents.people.choices import SEES_EVERYTHING
from portal.pages import page, role_required

MOST_ALARMS = 20
ORDER = {State.BAD: 0, State.WARN: 1, State.OK: 2}


@never_cache
@role_required(*SEES_EVERYTHING)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The worst first; otherwise in their usual order."""
    found = sorted(lines(), key=lambda line: ORDER[line.state])
    titles = {line.name: line.title for line in found}
    context = page(
        request,
        _("Health"),
        rows=[(line, _url(line)) for line in found],
        bad_count=sum(line.is_bad for line in found),
        warn_count=sum(line.state == State.WARN for line in found),
        alarms=[(alarm, titles.get(alarm.name, alarm.name)) for alarm in Alarm.objects.order_by("-id")[:MOST_ALARMS]],
    )
    return render(request, "health/health.html", context)


def _url(line: Line) -> str:
    """Empty while there is no such page."""
    try:
        return reverse(line.url_name) if line.url_name else ""
    except NoReverseMatch:
        return ""


urlpatterns = [path("", health, name="health")]
