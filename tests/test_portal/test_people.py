"""/people/: colleagues, and when one is away oneself."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from agents import clock
from agents.audit.models import TrailEvent
from agents.people.actions import people
from agents.people.models import User
from agents.registry.models import Agent
from tests.builders import agent_at
from tests.people import TEST, Cast, person
from tests.test_portal.questions import asked_by

pytestmark = pytest.mark.django_db


def test_colleagues_are_no_secret(cast: Cast, client: Client) -> None:
    client.force_login(cast.sam)
    assert [one.name for one in client.get("/people/").context["window"].rows] == sorted(p.name for p in cast.everybody.values())


def test_who_has_left_is_found_when_asked_for(cast: Cast, client: Client) -> None:
    people.leave(cast.dan, by=TEST)
    client.force_login(cast.sam)

    def names(**filters: str) -> list[str]:
        return [one.name for one in client.get("/people/", filters).context["window"].rows]

    assert "Dan" not in names()
    assert names(presence="left") == ["Dan"]
    assert "Dan" in names(presence="all")
    assert names(role="reviewer") == ["Rae"]
    assert names(q="ANN@example") == ["Ann"]
    assert names(entity="helene-hospitals", q="audrey") == []
    assert "This person has left." in client.get(reverse("person", args=[cast.dan.uid])).content.decode()


def test_a_persons_page_tells_roles_and_only_agents_one_may_see(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.sam)
    stranger = client.get(reverse("person", args=[cast.bob.uid])).content.decode()
    assert "Agent owner" in stranger
    assert "Discharge summariser" not in stranger
    assert [one.agent_count for one in client.get("/people/?q=bob").context["window"].rows] == [0]
    client.force_login(cast.bob)
    assert "Discharge summariser" in client.get(reverse("person", args=[cast.bob.uid])).content.decode()
    assert [one.agent_count for one in client.get("/people/?q=bob").context["window"].rows] == [1]


def absence(deputy: str = "dan@example.org", first: int = 0, last: int = 7) -> dict[str, str]:
    today = clock.now().date()
    return {"first_day": str(today + timedelta(days=first)), "last_day": str(today + timedelta(days=last)), "deputy": deputy}


def test_one_sets_ones_own_absence_and_deputy_and_ends_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.bob)
    client.post(reverse("person_absence", args=[cast.bob.uid]), absence())
    cast.bob.refresh_from_db()
    assert cast.bob.is_absent
    assert cast.bob.deputy == cast.dan
    assert cast.bob.absent_until is not None
    assert cast.bob.absent_until - clock.now() > timedelta(days=7)  # the last day counts
    shown = client.get(reverse("person", args=[cast.bob.uid])).content.decode()
    assert "Stands in:" in shown
    client.post(reverse("person_back", args=[cast.bob.uid]))
    back = User.objects.get(pk=cast.bob.pk)
    assert (back.is_absent, back.deputy) == (False, cast.dan)


@pytest.mark.parametrize("who", ["sam", "dan", "ada", "sid"])
def test_nobody_sets_somebody_elses_absence(cast: Cast, client: Client, who: str) -> None:
    written = TrailEvent.objects.count()
    client.force_login(cast.everybody[who])
    for name in ("person_absence", "person_back"):
        answer = client.post(reverse(name, args=[cast.bob.uid]), absence(deputy=f"{who}@example.org"))
        assert answer.status_code == 403
        assert "Everybody sets their own absence." in answer.content.decode()
    cast.bob.refresh_from_db()
    assert (cast.bob.absent_from, cast.bob.deputy) == (None, None)
    assert TrailEvent.objects.count() == written
    assert 'id="absence"' not in client.get(reverse("person", args=[cast.bob.uid])).content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (absence(deputy="bob@example.org"), "deputy"),
        (absence(first=3, last=1), "last_day"),
        (absence(first=-9, last=-2), "last_day"),
        (absence(first=0, last=900), "last_day"),
        (absence() | {"first_day": ""}, "first_day"),
        (absence() | {"last_day": "never"}, "last_day"),
    ],
)
def test_an_absence_that_cannot_be_is_told_at_its_field(cast: Cast, client: Client, sent: dict[str, str], field: str) -> None:
    client.force_login(cast.bob)
    answer = client.post(reverse("person_absence", args=[cast.bob.uid]), sent)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    cast.bob.refresh_from_db()
    assert cast.bob.absent_from is None


def test_finding_people_gives_eight_who_work_here(cast: Cast, client: Client) -> None:
    for number in range(12):
        person(f"Robin{number}")
    people.leave(cast.dan, by=TEST)
    client.force_login(cast.sam)
    assert len(client.get("/people/find/", {"q": "robin"}).json()["found"]) == 8
    assert client.get("/people/find/", {"q": "dan"}).json()["found"] == []
    assert client.get("/people/find/", {"q": "cat"}).json()["found"] == [
        {"value": "Cat <cat@example.org>", "name": "Cat", "hint": "cat@example.org"}
    ]
    assert client.get("/people/find/", {"q": "\x00"}).json()["found"] == []


def test_the_list_costs_the_same_for_more_people(cast: Cast, client: Client) -> None:
    client.force_login(cast.sam)
    asked = asked_by(client, "/people/")
    for number in range(20):
        person(f"Robin{number}", manager=cast.bob, entity=cast.hospital)
    assert asked_by(client, "/people/") == asked
