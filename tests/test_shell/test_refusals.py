"""A refusal is told in the same words everywhere: page, part of a page, or problem+json; and nobody reads a stack trace."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from agents.audit.context import origin
from agents.audit.errors import IllegalMove, NotAllowed
from agents.people.models import User
from portal.errors import server_error
from portal.middleware.context import RequestContextMiddleware
from portal.middleware.refusals import RefusalMiddleware
from portal.middleware.zone import TimeZoneMiddleware
from tests.people import Cast

Told = Callable[..., HttpResponse]


@pytest.fixture
def told(rf: RequestFactory, cast: Cast) -> Told:
    """What Sam reads after an action raised this."""

    def answer(exception: Exception, path: str = "/grants/", **headers: str) -> HttpResponse:
        request = rf.post(path, headers=headers or None)
        request.user = cast.sam
        found = RefusalMiddleware(lambda _request: HttpResponse()).process_exception(request, exception)
        assert found is not None
        return found

    return answer


REFUSALS = [
    (NotAllowed("You asked for this yourself. Somebody else must approve it."), 403),
    (IllegalMove("Bob refused this line. Nothing was changed."), 409),
    (ValidationError("Write why, in 1 to 500 characters."), 400),
]


@pytest.mark.parametrize(("exception", "status"), REFUSALS)
def test_page_says_the_sentence(told: Told, exception: Any, status: int) -> None:
    page = told(exception)
    assert page.status_code == status
    assert getattr(exception, "sentence", None) or exception.messages[0] in page.content.decode()
    assert "m-side" in page.content.decode()


@pytest.mark.parametrize(("exception", "status"), REFUSALS)
@pytest.mark.parametrize(("path", "accept"), [("/api/v1/grants/", "*/*"), ("/grants/", "application/json")])
def test_program_gets_a_problem(told: Told, exception: Exception, status: int, path: str, accept: str) -> None:
    answer = told(exception, path, Accept=accept)
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["status"] == answer.status_code == status
    assert (getattr(exception, "sentence", "") or "Write why") in problem["detail"]


def test_part_of_a_page_gets_a_line(told: Told) -> None:
    line = told(REFUSALS[0][0], **{"HX-Request": "true"}).content.decode()
    assert 'role="alert"' in line
    assert "<html" not in line


def test_sentence_is_only_ever_text(told: Told) -> None:
    assert "<script>" not in told(NotAllowed("<script>alert(1)</script>")).content.decode()


def test_other_exceptions_are_not_hidden(rf: RequestFactory) -> None:
    assert RefusalMiddleware(lambda _request: HttpResponse()).process_exception(rf.get("/"), ZeroDivisionError()) is None


def test_broken_page_asks_nothing_of_the_database(rf: RequestFactory) -> None:
    page = server_error(rf.get("/"))
    assert page.status_code == 500
    assert "nothing was half done" in page.content.decode()
    assert json.loads(server_error(rf.get("/api/v1/")).content)["status"] == 500


@pytest.mark.parametrize("name", ["", "sam"])
def test_missing_page_is_told_in_our_look(client: Client, cast: Cast, name: str) -> None:
    if name:
        client.force_login(cast.everybody[name])
    page = client.get("/no/such/page/")
    assert page.status_code == 404
    assert "There is nothing here for you" in page.content.decode()
    assert client.get("/api/nothing").headers["Content-Type"] == "application/problem+json"


def test_untrusted_form_changes_nothing_and_says_so(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.post("/accounts/login/", {"login": cast.ann.email, "password": "x"})
    assert page.status_code == 403
    assert "open for too long" in page.content.decode()


def test_origin_is_the_peer_and_the_number_in_the_logs(rf: RequestFactory) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(origin())
        return HttpResponse()

    request = rf.get("/", REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": "203.0.113.1"})
    answer = RequestContextMiddleware(view)(request)
    assert seen[0].address == "192.0.2.7"
    assert seen[0].request_id == answer["X-Request-ID"]
    assert origin().address == ""


@pytest.mark.parametrize(("zone", "expected"), [("Europe/Berlin", "Europe/Berlin"), ("Mars/Olympus", "UTC"), ("", "UTC")])
def test_dates_are_shown_where_the_reader_is(rf: RequestFactory, zone: str, expected: str) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse()

    for user in (User(time_zone=zone), AnonymousUser()):
        request = rf.get("/")
        request.user = user
        TimeZoneMiddleware(view)(request)
    assert seen == [expected, "UTC"]
