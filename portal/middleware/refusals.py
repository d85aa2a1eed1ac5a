"""A refusal by an action becomes the page that tells it: who (403), when (409), what (400), not now (503).

So does a database that cannot do its part: a change whose trail event cannot be written does not happen (503).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from agents.audit.errors import Closed, IllegalMove, NotAllowed
from portal.errors import answer, unwritten

logger = logging.getLogger(__name__)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


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
        if isinstance(exception, Closed):
            return read_only(request, exception.sentence)
        if isinstance(exception, DatabaseError | InterfaceError):
            return _unwritten(request, exception)
        return None


def read_only(request: HttpRequest, sentence: str) -> HttpResponse:
    """Nobody may write now; programs are told when to ask again."""
    response = answer(request, 503, _("Mandate is read-only"), [sentence])
    response["Retry-After"] = "300"
    return response


def _unwritten(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also for pages that only read: some of them tell the trail who took what, and hand out nothing without it."""
    logger.error("the database could not do its part", exc_info=exception)
    if request.method in SAFE_METHODS:
        what = _("What this page needs could not be read from the database, or not be written down. Nothing was changed.")
    else:
        what = _("It could not be written down, so it was not done. Nothing was changed.")
    return unwritten(request, [what, _("Try once more in a minute. If it stays, give this number to your administrator.")])
