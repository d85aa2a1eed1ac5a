"""Everybody sees the places that are theirs, and how much waits there."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from agents.people.choices import Role
from agents.people.models import User
from portal import navigation
from portal.navigation import counted, sidebar
from portal.pages import why_not_see
from tests.people import Cast


@pytest.fixture
def request_of(rf: RequestFactory, cast: Cast):  # type: ignore[no-untyped-def]
    def made(name: str, path: str = "/") -> HttpRequest:
        request = rf.get(path)
        request.user = cast.everybody[name]
        return request

    return made


def labels(request: HttpRequest) -> list[str]:
    return [str(place["label"]) for group in sidebar(request) for place in group["places"]]


@pytest.mark.parametrize(
    ("name", "sees"), [("ada", True), ("sid", True), ("audrey", True), ("cora", False), ("ann", False), ("sam", False)]
)
def test_console_is_offered_to_its_roles(request_of, name: str, sees: bool) -> None:  # type: ignore[no-untyped-def]
    assert ("Console" in labels(request_of(name))) is sees


def test_somebody_who_left_sees_no_place(request_of, cast: Cast) -> None:  # type: ignore[no-untyped-def]
    User.objects.filter(pk=cast.ann.pk).update(is_active=False)
    cast.ann.refresh_from_db()
    assert labels(request_of("ann")) == []


def test_here_is_the_place_whose_address_it_is(request_of) -> None:  # type: ignore[no-untyped-def]
    here = [
        str(p["label"]) for group in sidebar(request_of("ada", "/console/people/user/")) for p in group["places"] if p["is_here"]
    ]
    assert here == ["Console"]


def test_a_place_shows_how_much_waits(request_of, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(navigation, "_counts", {})
    counted("admin:index")(lambda _user: 3)
    places = [place for group in sidebar(request_of("ada")) for place in group["places"]]
    assert [place["count"] for place in places if place["icon"] == "console"] == [3]


def test_page_of_a_role_says_whose_it_is(cast: Cast) -> None:
    assert why_not_see(cast.cora, Role.COMPLIANCE_OFFICER) is None
    sentence = why_not_see(cast.sam, Role.COMPLIANCE_OFFICER, Role.AUDITOR)
    assert sentence is not None
    assert "compliance officer or auditor" in sentence
