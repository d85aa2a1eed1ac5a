"""What a person or a program reads when something was refused or went wrong: what happened, what did not, what to do.

`portal/urls.py` names the four handlers; settings name `csrf_failed`.
"""

from __future__ import annotations

import sys
from typing import Any

from django.contrib import admin
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.utils.translation import gettext as _

from agents.audit.context import origin
from agents.people.models import User


def answer(request: HttpRequest, status: int, title: str, sentences: list[str], *, reload: bool = False) -> HttpResponse:
    """The refusal as a page, as a line for htmx, or as RFC 9457 for programs."""
    if wants_json(request):
        return _problem(status, title, sentences)
    context: dict[str, Any] = {
        "title": title,
        "sentences": sentences,
        "status": status,
        "request_id": origin().request_id,
        "reload": reload,
    }
    if request.headers.get("HX-Request"):
        return render(request, "errors/line.html", context, status=status)
    user = getattr(request, "user", None)
    inside = isinstance(user, User) and user.is_present
    template = "errors/inside.html" if inside else "errors/door.html"
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


def wants_json(request: HttpRequest) -> bool:
    machine_paths = ("/api/", "/access/", "/stores/", "/.well-known/")
    return (
        request.path.startswith(machine_paths)
        or request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(
        request,
        400,
        _("That did not fit"),
        [_("The request could not be read, so nothing was changed."), _("Go back and try once more.")],
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) or _("Your roles do not allow this. Nothing was changed.")
    return answer(request, 403, _("You may not do this"), [sentence])


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(
        request,
        404,
        _("There is nothing here for you"),
        [
            _("Either nothing has this address, or it is not among what you may see."),
            _("Search with Ctrl+K, or start from home."),
        ],
    )


def no_page(request: HttpRequest) -> HttpResponse:
    """An address of a package that the portal does not offer."""
    raise Http404


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(
        request,
        403,
        _("This page was open for too long"),
        [_("Its form could not be trusted any more, so nothing was changed."), _("Open the page afresh and try once more.")],
        reload=True,
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database: it may be what is broken."""
    if isinstance(sys.exc_info()[1], DatabaseError):  # outside a view: a session could not be read, or not be written
        return unwritten(
            request,
            [
                _("What you asked for may not have been done; nothing was half done."),
                _("Try once more in a minute. If it stays, give this number to your administrator."),
            ],
        )
    return plain(
        request,
        500,
        _("Something broke on our side"),
        [
            _("What you asked for may not have been done; nothing was half done."),
            _("Try once more in a minute. If it stays, give this number to your administrator."),
        ],
    )


def unwritten(request: HttpRequest, sentences: list[str]) -> HttpResponse:
    """The database cannot do its part (503). Asks nothing of it."""
    response = plain(request, 503, _("Mandate cannot reach its records"), sentences)
    response["Retry-After"] = "30"
    return response


def plain(request: HttpRequest, status: int, title: str, sentences: list[str]) -> HttpResponse:
    """`answer()` without the database: no sidebar, no names."""
    if wants_json(request):
        return _problem(status, title, sentences)
    context = {"title": title, "sentences": sentences, "status": status, "request_id": origin().request_id}
    if request.headers.get("HX-Request"):
        return HttpResponse(loader.render_to_string("errors/line.html", context), status=status)
    shell = {"site_title": "Mandate", "styles": [static("portal/portal.css")]}
    return HttpResponse(loader.render_to_string("errors/door.html", {**context, **shell}), status=status)


def _problem(status: int, title: str, sentences: list[str]) -> JsonResponse:
    """RFC 9457."""
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": " ".join(sentences),
        "request_id": origin().request_id,
    }
    return JsonResponse(problem, status=status, content_type="application/problem+json")
