"""One line in the log for each request: when it is over, with its id, who asked, and what came of it."""

from __future__ import annotations

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

RESET_KEY = "/accounts/password/reset/key/"


class RequestLog(RequestMiddleware):
    """Never what people typed: no query string, and no key that opens an account."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        path = f"{RESET_KEY}…" if request.path.startswith(RESET_KEY) else request.path
        return f"{request.method} {path}"
