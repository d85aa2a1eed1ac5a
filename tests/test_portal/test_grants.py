"""/grants/: who holds what, on whose word, until when."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from agents import clock
from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.people.models import User
from tests.builders import discovered, grant_at
from tests.people import Cast
from tests.test_portal.questions import asked_by

pytestmark = pytest.mark.django_db


def held(client: Client, person: User, **filters: str) -> list[tuple[str, str]]:
    client.force_login(person)
    return [(grant.agent.name, str(state)) for grant, state in client.get("/grants/", filters).context["rows"]]


def test_one_sees_accesses_of_agents_one_may_see(cast: Cast, client: Client) -> None:
    grant_at(Grant.State.ACTIVE, cast)
    assert held(client, cast.bob) == [("Discharge summariser", "active")]
    assert held(client, cast.audrey) == [("Discharge summariser", "active")]
    assert held(client, cast.sam) == []
    assert "No access yet" in client.get("/grants/").content.decode()


def test_each_filter_narrows_the_list(cast: Cast, client: Client) -> None:
    grant_at(Grant.State.ACTIVE, cast)
    grant_at(Grant.State.HELD, cast, name="Rota helper")
    grant_at(Grant.State.REVOKED, cast, name="Old helper")
    discovered(cast)
    found = ("etl-runner", "active")
    active, stopped, ended = ("Discharge summariser", "active"), ("Rota helper", "held"), ("Old helper", "revoked")
    assert held(client, cast.sid) == [found, stopped, active]
    assert held(client, cast.sid, origin="discovered") == [found]
    assert held(client, cast.sid, origin="requested") == [stopped, active]
    assert held(client, cast.sid, state="revoked") == [ended]
    assert held(client, cast.sid, state="all") == [found, ended, stopped, active]
    assert held(client, cast.sid, agent="rota-helper") == [stopped]
    assert held(client, cast.sid, system="patient-records", state="held") == [stopped]
    assert held(client, cast.sid, system="staff mail") == []
    assert held(client, cast.sid, ends="never") == [found]
    assert held(client, cast.sid, ends="week") == []
    assert held(client, cast.sid, q="read patient") == [found, stopped, active]
    assert held(client, cast.sid, entity=cast.hospital.slug, q="rota") == [stopped]


def test_time_ends_an_access_whatever_its_row_says(cast: Cast, client: Client) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    with time_machine.travel(clock.now() + timedelta(days=31)):
        assert held(client, cast.sid) == []
        assert held(client, cast.sid, state="active") == []
        assert held(client, cast.sid, state="expired") == [("Discharge summariser", "expired")]
    grant.refresh_from_db()
    assert grant.state == Grant.State.ACTIVE  # no job ran


def test_who_may_see_but_not_end_is_refused_and_who_may_not_see_finds_nothing(cast: Cast, client: Client) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    written = TrailEvent.objects.count()
    for person, status in ((cast.audrey, 403), (cast.ada, 403), (cast.sam, 404)):
        client.force_login(person)
        assert client.post(f"/grants/{grant.uid}/end/", {"reason": "I want it."}).status_code == status
        assert client.post(f"/grants/{grant.uid}/restore/").status_code == status
    grant.refresh_from_db()
    assert grant.state == Grant.State.ACTIVE
    assert TrailEvent.objects.count() == written


def test_ending_twice_is_a_conflict_and_without_reason_refused(cast: Cast, client: Client) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    client.force_login(cast.cat)
    assert client.post(f"/grants/{grant.uid}/end/", {"reason": " "}).status_code == 400
    assert client.post(f"/grants/{grant.uid}/end/", {"reason": "Not needed."}).status_code == 302
    assert client.post(f"/grants/{grant.uid}/end/", {"reason": "Not needed."}).status_code == 409
    assert client.get(f"/grants/{grant.uid}/end/").status_code == 405


def test_csv_tells_who_approved(cast: Cast, client: Client) -> None:
    grant_at(Grant.State.ACTIVE, cast)
    discovered(cast)
    client.force_login(cast.sid)
    text = b"".join(client.get("/grants/?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
    _header, found, approved = text.splitlines()
    assert found.startswith("etl-runner,Patient records,records:read,")
    assert ",discovered,," in found
    assert ",requested,Cat,in force," in approved


def test_the_list_costs_the_same_for_more_accesses(cast: Cast, client: Client) -> None:
    grant_at(Grant.State.ACTIVE, cast)
    client.force_login(cast.sid)
    asked = asked_by(client, "/grants/")
    for number in range(20):
        discovered(cast, name=f"runner-{number}")
    assert asked_by(client, "/grants/") == asked
