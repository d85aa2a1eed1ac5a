"""/agents/: the register as a list."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from agents.people.models import User
from agents.registry.actions import agents as registry
from agents.registry.actions.discovery import Found, register_discovered
from agents.registry.choices import AgentKind, Environment
from agents.registry.models import Agent
from tests.builders import agent_at, discovered, draft
from tests.people import TEST, Cast
from tests.test_portal.questions import asked_by

pytestmark = pytest.mark.django_db


def page_of(client: Client, person: User, path: str = "/agents/", **filters: str) -> str:
    client.force_login(person)
    answer = client.get(path, filters)
    assert answer.status_code == 200
    return answer.content.decode()


def runner(name: str, native_id: str) -> Agent:
    return register_discovered(
        Found(source="aws:1", native_id=native_id, name=name, kind=AgentKind.WORKLOAD, environment=Environment.PRODUCTION),
        by=TEST,
    )[0]


def names_in(client: Client, person: User, **filters: str) -> list[str]:
    client.force_login(person)
    answer = client.get("/agents/", filters)
    return [agent.name for agent, _data in answer.context["rows"]]


def test_one_sees_what_one_has_a_reason_to_see(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    assert names_in(client, cast.bob) == ["Discharge summariser"]
    assert names_in(client, cast.audrey) == ["Discharge summariser"]
    assert names_in(client, cast.sam) == []
    assert "No agents yet" in page_of(client, cast.sam)


def test_drafts_stand_above_the_list_for_their_author_alone(cast: Cast, client: Client) -> None:
    begun = draft(cast)
    mine = page_of(client, cast.ann)
    assert "Your drafts" in mine
    assert reverse("agent_draft", args=[begun.uid]) in mine
    for other in (cast.bob, cast.ada, cast.sid):
        assert "Discharge summariser" not in page_of(client, other)


def test_each_filter_narrows_the_list(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    registry.suspend(agent_at(Agent.State.ACTIVE, cast, name="Rota helper"), by=cast.sid, reason="Odd.")
    discovered(cast, name="etl-runner")
    everything = ["Discharge summariser", "Rota helper", "etl-runner"]
    assert names_in(client, cast.sid) == everything
    assert names_in(client, cast.sid, state="suspended") == ["Rota helper"]
    assert names_in(client, cast.sid, state="in_service") == everything
    assert names_in(client, cast.sid, kind="workload") == ["etl-runner"]
    assert names_in(client, cast.sid, origin="discovered") == ["etl-runner"]
    assert names_in(client, cast.sid, owner="nobody") == ["etl-runner"]
    assert names_in(client, cast.sid, owner="bob@example.org") == ["Discharge summariser", "Rota helper"]
    assert names_in(client, cast.sid, owner=str(cast.bob.uid)) == ["Discharge summariser", "Rota helper"]
    assert names_in(client, cast.sid, tier="low") == []
    assert names_in(client, cast.sid, environment="test") == []
    assert names_in(client, cast.sid, entity=cast.hospital.slug) == everything
    assert names_in(client, cast.sid, data="ephi") == everything
    assert names_in(client, cast.sid, data="unknown") == []
    assert names_in(client, cast.sid, review="never") == everything
    assert names_in(client, cast.sid, system="staff mail") == []


@pytest.mark.parametrize("text", ["summar", "bob", "patient RECORDS", "discharge letters for a doctor"])
def test_search_looks_at_name_owner_system_and_purpose(cast: Cast, client: Client, text: str) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    assert names_in(client, cast.bob, q=text) == ["Discharge summariser"]
    assert names_in(client, cast.bob, q="nothing like it") == []
    assert "No agent fits these filters" in page_of(client, cast.bob, q="nothing like it")


def test_retired_agents_are_found_when_asked_for(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.RETIRED, cast)
    assert names_in(client, cast.bob) == []
    assert names_in(client, cast.bob, state="retired") == ["Discharge summariser"]
    assert names_in(client, cast.bob, state="all") == ["Discharge summariser"]


def test_windows_follow_each_other_and_lead_back(cast: Cast, client: Client) -> None:
    for number in range(120):
        runner(f"runner-{number // 2:03}", str(number))  # names in pairs: the id decides between them
    client.force_login(cast.sid)
    first = client.get("/agents/").context
    assert (first["window"].total, len(first["rows"]), first["window"].before) == (120, 50, "")
    second = client.get(f"/agents/?{first['window'].after}").context
    third = client.get(f"/agents/?{second['window'].after}").context
    seen = [agent.pk for context in (first, second, third) for agent, _data in context["rows"]]
    assert len(seen) == len(set(seen)) == 120
    assert third["window"].after == ""
    again = client.get(f"/agents/?{third['window'].before}").context
    assert [agent.pk for agent, _data in again["rows"]] == [agent.pk for agent, _data in second["rows"]]
    back = client.get(f"/agents/?{again['window'].before}").context
    assert [agent.pk for agent, _data in back["rows"]] == [agent.pk for agent, _data in first["rows"]]
    assert back["window"].before == ""


@pytest.mark.parametrize(
    "place", ["x", "W10", "WyJhIl0", "WyJhIiwiYiJd", "WyJcdWQ4MDAiLDFd", "bnVsbA", "A" * 2000, "WyJhIiwxZTk5OV0", "é"]
)
def test_a_place_that_is_none_shows_the_beginning(cast: Cast, client: Client, place: str) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    assert names_in(client, cast.bob, after=place) == ["Discharge summariser"]
    assert names_in(client, cast.bob, before=place) == ["Discharge summariser"]


def test_sixty_agents_cost_no_more_questions_than_three(cast: Cast, client: Client) -> None:
    for number in range(3):
        discovered(cast, name=f"early-{number}")
    client.force_login(cast.sid)
    asked = asked_by(client, "/agents/")
    for number in range(60):
        runner(f"late-{number}", str(number))
    assert asked_by(client, "/agents/") == asked


def test_the_rows_alone_come_for_htmx(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.bob)
    answer = client.get("/agents/", headers={"HX-Request": "true"})
    assert answer.content.decode().startswith('<div id="rows">')
    assert "HX-Request" in answer["Vary"]


def test_csv_holds_the_filtered_list_and_no_formula(cast: Cast, client: Client) -> None:
    discovered(cast, name='=HYPERLINK("http://x")')
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.sid)
    text = b"".join(client.get("/agents/", {"format": "csv", "origin": "discovered"}).streaming_content).decode()  # type: ignore[attr-defined]
    header, row, *rest = text.splitlines()
    assert header.startswith("name,address,kind")
    assert row.startswith("\"'=HYPERLINK(")
    assert rest == []
    client.force_login(cast.sam)
    assert len(b"".join(client.get("/agents/?format=csv").streaming_content).splitlines()) == 1  # type: ignore[attr-defined]


def test_a_name_of_one_hundred_and_twenty_characters_is_shown_whole_and_escaped(cast: Cast, client: Client) -> None:
    name = ("<script>alert(1)</script> " + "long " * 30)[:120].strip()
    discovered(cast, name=name)
    shown = page_of(client, cast.sid)
    assert "<script>alert(1)</script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_a_name_that_is_an_address_of_the_portal_is_refused_by_the_form(cast: Cast, client: Client) -> None:
    client.force_login(cast.ann)
    answer = client.post("/agents/new/", {"name": "Drafts", "kind": "ai_agent", "step": "save"})
    assert answer.status_code == 400
    assert not Agent.objects.exists()
    with pytest.raises(ValidationError):
        answer.context["form"].fields["name"].clean("=1+1")
