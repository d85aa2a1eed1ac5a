"""Every trail event names the request it came from."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from agents.audit.context import coming_from


class RequestContextMiddleware:
    """Inside, `audit.context.origin()` holds the request's id (the one in the logs) and the caller's address.

    The address is the peer's: a header could be anybody's claim.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = structlog.contextvars.get_contextvars().get("request_id") or str(uuid4())
        with coming_from(str(request_id), str(request.META.get("REMOTE_ADDR") or "")):
            response = self.get_response(request)
            response["X-Request-ID"] = str(request_id)
            return response
