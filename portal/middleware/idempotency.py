"""`Idempotency-Key`: a POST that names one is done once, and a repetition gets the same answer.

Innermost, so that what it sees is what the view said: refusals are answers too, and cookies are set outside.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from agents.audit import idempotency
from agents.audit.idempotency import Answer, Claim, InFlight, Lost, OtherCall
from agents.people.models import User
from portal.errors import answer

HEADERS = ("Content-Type", "Location")


class IdempotencyMiddleware:
    """Keys belong to a person: another's equal key is another call. Nobody signed in is served as if there were no key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None:
            return self.get_response(request)
        if not idempotency.is_key(key):
            said = _("An Idempotency-Key has 1 to %(n)s printable characters.") % {"n": idempotency.LONGEST_KEY}
            return answer(request, 400, _("That did not fit"), [said, _("Nothing was changed.")])
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        asked = idempotency.fingerprint(request.method, request.get_full_path(), request.body)
        try:
            begun = idempotency.begin(f"person:{user.uid}", key, asked)
        except InFlight:
            return _under_way(request)
        except OtherCall:
            said = _("This Idempotency-Key was used for another call. Take a new key for each new call.")
            return answer(request, 422, _("This key is taken"), [said, _("Nothing was changed.")])
        return _again(request, begun) if isinstance(begun, Answer) else self._once(request, begun)

    def _once(self, request: HttpRequest, claim: Claim) -> HttpResponseBase:
        """What the call does and its answer are stored together, or neither is."""
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if response.status_code < 500:
                    idempotency.keep(claim, _to_keep(response))
                else:
                    transaction.set_rollback(True)
        except Lost:
            return _under_way(request)
        except Exception:
            _free(claim)
            raise
        if response.status_code >= 500:
            _free(claim)
        return response


def _free(claim: Claim) -> None:
    """Where the database cannot do even that, the claim runs out by itself."""
    with suppress(DatabaseError):
        idempotency.free(claim)


def _to_keep(response: HttpResponseBase) -> Answer:
    """Without cookies and messages. What must not be stored anywhere is not stored here."""
    is_whole = isinstance(response, HttpResponse) and "no-store" not in response.get("Cache-Control", "")
    headers = {name: response[name] for name in HEADERS if name in response}
    return Answer(response.status_code, headers, bytes(response.content) if is_whole else None)  # type: ignore[attr-defined]


def _again(request: HttpRequest, kept: Answer) -> HttpResponse:
    if kept.body is None:
        sentences = [
            _("This call was done before, once, but its answer was too large or too secret to be kept."),
            _("Nothing was done now. Read how things stand instead."),
        ]
        response = answer(request, 409, _("Done already"), sentences)
    else:
        response = HttpResponse(kept.body, status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def _under_way(request: HttpRequest) -> HttpResponse:
    sentences = [_("The same call is under way."), _("Send it again in a moment; you get its answer then.")]
    response = answer(request, 409, _("Not finished yet"), sentences)
    response["Retry-After"] = "1"
    return response
