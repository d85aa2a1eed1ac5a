"""/trail/: every change there was, for those who see everything."""

from datetime import timedelta

import pytest
from django.test import Client

from agents import clock
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.registry.models import Agent
from tests.builders import agent_at, discovered
from tests.people import Cast
from tests.test_portal.questions import asked_by

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", ["sid", "cora", "ada", "audrey"])
def test_those_who_see_everything_read_the_trail(cast: Cast, client: Client, who: str) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.everybody[who])
    shown = client.get("/trail/").content.decode()
    assert "Discharge summariser became active." in shown
    assert 'href="/agents/discharge-summariser/"' in shown


@pytest.mark.parametrize("who", ["ann", "bob", "cat", "rae", "sam"])
def test_others_are_told_who_it_is_for(cast: Cast, client: Client, who: str) -> None:
    client.force_login(cast.everybody[who])
    for path in ("/trail/", "/trail/?format=csv"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "This page is for people with the role" in answer.content.decode()


def test_each_filter_narrows_the_trail(cast: Cast, client: Client) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    discovered(cast)
    client.force_login(cast.audrey)

    def told(**filters: str) -> set[str]:
        return {row.event.event for row in client.get("/trail/", filters).context["rows"]}

    assert told(event="agent.activated") == {"agent.activated"}
    assert told(person="bob@example.org") == {"ownership.accepted"}
    assert told(person="test", event="agent.discovered") == {"agent.discovered"}
    assert told(agent="etl-runner") == {"agent.discovered", "grant.discovered"}
    assert told(agent=str(agent.uid), person="cat") == {"line.approved", "grant.started", "request.decided", "agent.activated"}
    assert told(agent="nothing like it") == set()
    tomorrow = str((clock.now() + timedelta(days=1)).date())
    yesterday = str((clock.now() - timedelta(days=1)).date())
    assert told(since=tomorrow) == set()
    assert told(until=yesterday) == set()
    assert told(since=yesterday, until=tomorrow, event="agent.activated") == {"agent.activated"}
    for day in ("0001-01-01", "9999-12-31"):
        assert client.get("/trail/", {"since": day, "until": day}).status_code == 200


def test_windows_go_through_the_whole_trail_newest_first(cast: Cast, client: Client) -> None:
    for number in range(40):
        discovered(cast, name=f"runner-{number}")
    client.force_login(cast.audrey)
    seen: list[int] = []
    query = ""
    while True:
        context = client.get(f"/trail/?{query}").context
        seen += [row.event.pk for row in context["rows"]]
        query = context["window"].after
        if not query:
            break
    assert seen == list(TrailEvent.objects.order_by("-at", "-id").values_list("pk", flat=True))


def test_csv_holds_each_event_with_its_digest_and_no_formula(cast: Cast, client: Client) -> None:
    discovered(cast, name="@SUM(1)")
    client.force_login(cast.audrey)
    answer = client.get("/trail/", {"format": "csv", "event": Event.AGENT_DISCOVERED})
    _header, row = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    told = TrailEvent.objects.get(event=Event.AGENT_DISCOVERED)
    assert ",agent.discovered,'@SUM(1)," in row
    assert row.endswith(bytes(told.digest).hex())


def test_the_page_costs_the_same_for_more_events(cast: Cast, client: Client) -> None:
    discovered(cast)
    client.force_login(cast.audrey)
    path = "/trail/?event=agent.discovered"
    asked = asked_by(client, path)
    for number in range(20):
        discovered(cast, name=f"runner-{number}")
    assert asked_by(client, path) == asked
