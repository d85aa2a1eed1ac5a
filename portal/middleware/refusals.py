"""A refusal by an action becomes the page that tells it: who (403), when (409), what (400)."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from agents.audit.errors import IllegalMove, NotAllowed
from portal.errors import answer


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nothing was changed: the action's transaction was undone when it raised."""
        if isinstance(exception, NotAllowed):
            return answer(request, 403, _("You may not do this"), [exception.sentence])
        if isinstance(exception, IllegalMove):
            return answer(request, 409, _("This has changed meanwhile"), [exception.sentence], reload=True)
        if isinstance(exception, ValidationError):
            return answer(request, 400, _("That did not fit"), [*exception.messages, _("Nothing was changed.")])
        return None
