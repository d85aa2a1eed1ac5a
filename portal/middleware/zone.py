"""Dates are shown in the zone of the person who reads them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from agents.people.models import User


class TimeZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        with timezone.override(_zone(user) if isinstance(user, User) else None):
            return self.get_response(request)


def _zone(user: User) -> zoneinfo.ZoneInfo | None:
    """None, the portal's own zone, where a person's cannot be read any more."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
