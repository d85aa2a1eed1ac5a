"""The first start: it founds an empty portal once, and is gone afterwards."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.people.choices import Regulation, Role
from agents.people.models import LegalEntity, Organisation, User
from tests.database import TestDatabase
from tests.people import Cast

GOOD = "quiet harbour 1843 lantern"


def answers(**changed: str) -> dict[str, Any]:
    given: dict[str, Any] = {
        "organisation": "Helene Group",
        "entity-TOTAL_FORMS": "2",
        "entity-INITIAL_FORMS": "0",
        "entity-0-name": "Helene Hospitals",
        "entity-0-country": "us",
        "entity-0-regulated_as": [Regulation.HIPAA_COVERED_ENTITY.value],
        "entity-1-name": "Thames Payments",
        "entity-1-country": "GB",
        "administrator-TOTAL_FORMS": "2",
        "administrator-INITIAL_FORMS": "0",
        "administrator-0-name": "Ada Moor",
        "administrator-0-email": "ada@example.org",
        "administrator-0-password": GOOD,
        "administrator-0-again": GOOD,
        "administrator-1-name": "Max Reed",
        "administrator-1-email": "max@example.org",
        "administrator-1-password": GOOD + "!",
        "administrator-1-again": GOOD + "!",
    }
    return given | changed


@pytest.fixture
def empty(db: None, settings: Settings) -> None:
    """A portal that was started with MANDATE_DEMO=0 and has nobody yet."""
    settings.MANDATE_DEMO = False


@pytest.mark.usefixtures("empty")
def test_an_empty_portal_leads_to_the_first_start() -> None:
    assert Client().get("/").headers["Location"] == reverse("start")
    assert Client().get(reverse("start")).status_code == 200


@pytest.mark.usefixtures("empty")
def test_the_first_start_founds_the_organisation() -> None:
    response = Client().post(reverse("start"), answers())
    assert response.headers["Location"] == reverse("account_login")
    assert Organisation.objects.get().name == "Helene Group"
    assert {(e.name, e.country, tuple(e.regulated_as)) for e in LegalEntity.objects.all()} == {
        ("Helene Hospitals", "US", ("hipaa_covered_entity",)),
        ("Thames Payments", "GB", ()),
    }
    assert {user.email for user in User.objects.holding(Role.ADMINISTRATOR)} == {"ada@example.org", "max@example.org"}
    assert Client().login(email="ada@example.org", password=GOOD)
    assert TrailEvent.objects.filter(event=Event.ORGANISATION_FOUNDED).count() == 1


@pytest.mark.usefixtures("empty")
def test_afterwards_the_page_is_gone() -> None:
    Client().post(reverse("start"), answers())
    assert Client().get(reverse("start")).headers["Location"] == reverse("home")
    again = Client().post(reverse("start"), answers(organisation="Other"))
    assert again.status_code == 409
    assert "This portal has been set up already. Sign in instead." in again.content.decode()
    assert Organisation.objects.get().name == "Helene Group"
    assert User.objects.count() == 2


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"organisation": " "}, "Fill this in."),
        ({"entity-0-country": "U1"}, "Two letters, like DE."),
        ({"entity-1-name": "helene hospitals"}, "Two legal entities cannot have the same name."),
        ({"entity-0-name": "", "entity-0-country": "", "entity-0-regulated_as": ""}, "Fill this in."),
        ({"administrator-1-email": "ADA@example.org"}, "The two administrators must be two people with two addresses."),
        ({"administrator-0-again": "something else 12"}, "The two passwords differ."),
        ({"administrator-0-password": "password1234", "administrator-0-again": "password1234"}, "This password is too common."),
        ({"administrator-0-password": "short", "administrator-0-again": "short"}, "at least 12 characters"),
        ({"administrator-TOTAL_FORMS": "1"}, "Name two administrators."),
        ({"administrator-TOTAL_FORMS": "1000000"}, "Name two administrators; they bring in the others."),
    ],
)
def test_what_does_not_fit_founds_nothing(changed: dict[str, str], sentence: str) -> None:
    response = Client().post(reverse("start"), answers(**changed))
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not Organisation.objects.exists()
    assert not User.objects.exists()
    assert not TrailEvent.objects.exists()


@pytest.mark.usefixtures("empty")
def test_passwords_are_never_sent_back() -> None:
    response = Client().post(reverse("start"), answers(organisation=""))
    assert GOOD not in response.content.decode()


@pytest.mark.usefixtures("empty")
def test_the_form_is_protected_against_other_sites() -> None:
    assert Client(enforce_csrf_checks=True).post(reverse("start"), answers()).status_code == 403
    assert not User.objects.exists()


def test_where_people_exist_nobody_can_found_another(cast: Cast, settings: Settings) -> None:
    settings.MANDATE_DEMO = False
    before = User.objects.count()
    assert Client().get(reverse("start")).headers["Location"] == reverse("home")
    assert Client().post(reverse("start"), answers()).status_code == 409
    assert User.objects.count() == before
    assert not Organisation.objects.exists()


@pytest.mark.django_db
def test_a_demo_that_is_still_empty_cannot_be_founded_by_whoever_comes_first() -> None:
    assert Client().get(reverse("start")).status_code == 404
    assert Client().post(reverse("start"), answers()).status_code == 404
    assert not User.objects.exists()


def test_of_two_founders_at_once_one_wins(own_database: TestDatabase, settings: Settings) -> None:
    settings.MANDATE_DEMO = False
    answered: dict[str, tuple[int, str]] = {}
    together = Barrier(2)

    def found(name: str) -> None:
        data = answers(organisation=name)
        data["administrator-0-email"] = f"{name.lower()}@example.org"
        together.wait()
        response = Client().post(reverse("start"), data)
        answered[name] = (response.status_code, response.content.decode())
        connection.close()

    threads = [Thread(target=found, args=[name]) for name in ("First", "Second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _page in answered.values()) == [302, 409]
    winner = next(name for name, (status, _page) in answered.items() if status == 302)
    assert Organisation.objects.get().name == winner
    assert User.objects.count() == 2
    assert "This portal has been set up already." in next(page for status, page in answered.values() if status == 409)
