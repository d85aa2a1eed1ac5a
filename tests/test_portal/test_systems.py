"""/systems/: the catalogue, open to everybody; who can reach a system only as far as one may see them."""

import pytest
from django.test import Client

from agents.registry.actions import systems
from agents.registry.choices import VerbClass
from agents.registry.models import Agent
from tests.builders import agent_at, discovered
from tests.people import TEST, Cast
from tests.test_portal.questions import asked_by

pytestmark = pytest.mark.django_db


def test_everybody_sees_the_catalogue(cast: Cast, client: Client) -> None:
    client.force_login(cast.sam)
    shown = client.get("/systems/").content.decode()
    assert "Patient records" in shown
    assert "Staff mail" in shown
    assert "health records (ePHI)" in shown


def test_agents_are_counted_as_far_as_one_may_see_them(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    for person, count in ((cast.sam, 0), (cast.bob, 1), (cast.cat, 1), (cast.audrey, 1)):
        client.force_login(person)
        rows = {system.name: system.agent_count for system, _data in client.get("/systems/").context["rows"]}
        assert rows == {"Patient records": count, "Staff mail": 0}


def test_who_can_reach_it_is_told_to_those_who_may_see_the_agent(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.sam)
    stranger = client.get("/systems/patient-records/").content.decode()
    assert "Discharge summariser" not in stranger
    assert "No agent you may see can reach it" in stranger
    client.force_login(cast.cat)
    owner = client.get("/systems/patient-records/").content.decode()
    assert "Discharge summariser" in owner
    assert "Lets the agent read patient records." in owner


def test_permissions_stand_in_plain_words_or_say_that_nobody_wrote_any(cast: Cast, client: Client) -> None:
    systems.ensure_entitlement(cast.mail, "mail:purge", by=TEST, verb_class=VerbClass.DELETE)
    client.force_login(cast.sam)
    shown = client.get("/systems/staff-mail/").content.decode()
    assert "Nobody has described this permission." in shown
    assert "mail:purge" in shown


def test_discovered_access_is_named_as_such(cast: Cast, client: Client) -> None:
    discovered(cast)
    client.force_login(cast.cat)
    assert "nobody approved this" in client.get("/systems/patient-records/").content.decode()


def test_filters_and_an_unknown_system(cast: Cast, client: Client) -> None:
    client.force_login(cast.sam)

    def names(**filters: str) -> list[str]:
        return [system.name for system, _data in client.get("/systems/", filters).context["rows"]]

    assert names(q="cat") == ["Patient records", "Staff mail"]  # their owner
    assert names(kind="health") == ["Patient records"]
    assert names(data="ephi") == ["Patient records"]
    assert names(mode="observe") == ["Staff mail"]
    assert names(owner="nobody") == []
    assert names(q="zzz") == []
    assert client.get("/systems/zzz/").status_code == 404


def test_csv_lists_the_catalogue(cast: Cast, client: Client) -> None:
    client.force_login(cast.sam)
    text = b"".join(client.get("/systems/?format=csv&kind=health").streaming_content).decode()  # type: ignore[attr-defined]
    assert text.splitlines()[1].startswith("Patient records,health records,cat@example.org,production,US,Helene Hospitals")


def test_the_list_costs_the_same_for_more_systems(cast: Cast, client: Client) -> None:
    client.force_login(cast.cat)
    asked = asked_by(client, "/systems/")
    for number in range(20):
        systems.ensure(f"System {number}", by=TEST, owner=cast.cat)
    assert asked_by(client, "/systems/") == asked
