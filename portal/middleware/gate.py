"""While a restored backup waits to be acknowledged, pages can be read and nothing can be changed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from agents.audit import gate
from portal.middleware.refusals import SAFE_METHODS, read_only

# Signing in and out, and the page where an administrator opens the gate.
OPEN = ("/accounts/login/", "/accounts/logout/", "/accounts/2fa/", "/accounts/reauthenticate/", "/restore/")


class GateMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Whatever could change something is refused."""
        if request.method in SAFE_METHODS or request.path.startswith(OPEN):
            return None
        why = gate.why_closed()
        return read_only(request, why) if why else None
