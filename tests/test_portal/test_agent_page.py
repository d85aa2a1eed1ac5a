"""/agents/<slug>/: the five questions first, the story last, and the buttons that stop it."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client

from agents import clock
from agents.access.actions import lines
from agents.access.models import Grant
from agents.access.permissions import why_not_end
from agents.audit.models import TrailEvent
from agents.people.actions import people
from agents.people.models import User
from agents.registry import permissions
from agents.registry.models import Agent
from tests.builders import agent_at, discovered, grant_at, open_lines
from tests.people import Cast
from tests.test_portal.questions import asked_by

pytestmark = pytest.mark.django_db
PAGE = "/agents/discharge-summariser/"


def shown(client: Client, person: User, path: str = PAGE) -> str:
    client.force_login(person)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_five_questions_stand_first(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    text = shown(client, cast.bob)
    questions = (
        "Which agent did it?",
        "Who owns it?",
        "What can it reach?",
        "Why was that granted?",
        "When is it reviewed or revoked?",
    )
    places = [text.index(question) for question in questions]
    assert places == sorted(places)
    assert places[-1] < text.index('id="access"')
    assert "Bob is accountable" in text
    assert "Lets the agent read patient records." in text


def test_who_may_not_see_the_agent_finds_nothing(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.sam)
    assert client.get(PAGE).status_code == 404
    for verb in ("suspend", "resume", "retire"):
        assert client.post(f"{PAGE}{verb}/", {"reason": "Because."}).status_code == 404
    assert client.get("/agents/no-such-agent/").status_code == 404


def test_suspending_with_a_reason_and_resuming(cast: Cast, client: Client) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.bob)
    client.post(f"{PAGE}suspend/", {"reason": "It wrote to the wrong ward."})
    agent.refresh_from_db()
    assert agent.state == Agent.State.SUSPENDED
    text = shown(client, cast.bob)
    assert "It wrote to the wrong ward." in text
    assert "denied now: the agent is suspended" in text
    assert client.post(f"{PAGE}suspend/", {"reason": "Again."}).status_code == 403
    client.post(f"{PAGE}resume/", {"reason": "The address book is mended."})
    agent.refresh_from_db()
    assert agent.state == Agent.State.ACTIVE


def test_retiring_ends_everything(cast: Cast, client: Client) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.bob)
    client.post(f"{PAGE}retire/", {"reason": "Replaced."})
    agent.refresh_from_db()
    assert (agent.state, Grant.objects.get().state) == (Agent.State.RETIRED, Grant.State.REVOKED)
    assert "its name stays taken" in shown(client, cast.bob)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_fitting_reason_nothing_happens(cast: Cast, client: Client, reason: str) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    written = TrailEvent.objects.count()
    client.force_login(cast.bob)
    assert client.post(f"{PAGE}suspend/", {"reason": reason}).status_code == 400
    agent.refresh_from_db()
    assert agent.state == Agent.State.ACTIVE
    assert TrailEvent.objects.count() == written


def test_the_sentence_on_the_disabled_button_is_the_one_of_the_refusal(cast: Cast, client: Client) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    written = TrailEvent.objects.count()
    sentence = permissions.why_not_suspend(cast.audrey, agent)
    assert sentence is not None
    assert sentence in shown(client, cast.audrey)
    answer = client.post(f"{PAGE}suspend/", {"reason": "I think so."})
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert TrailEvent.objects.count() == written


def test_who_may_not_end_any_access_reads_why_once(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast, wanted={cast.read_records: 30, cast.export_records: 30, cast.send_mail: 30})
    sentence = why_not_end(cast.audrey, Grant.objects.first() or Grant())
    assert sentence is not None
    text = unescape(shown(client, cast.audrey))
    assert text.count(sentence) == 1
    assert text.index(sentence) < text.index("p-access")
    assert text.count("not by you") == 3
    assert "End access" not in text
    text = unescape(shown(client, cast.bob))
    assert sentence not in text
    assert "not by you" not in text


def test_get_changes_nothing(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    client.force_login(cast.bob)
    for verb in ("suspend", "resume", "retire"):
        assert client.get(f"{PAGE}{verb}/").status_code == 405


def test_an_access_is_ended_and_the_end_undone(cast: Cast, client: Client) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    client.force_login(cast.bob)
    client.post(f"/grants/{grant.uid}/end/", {"reason": "Not needed."})
    grant.refresh_from_db()
    assert grant.state == Grant.State.HELD
    assert f"/grants/{grant.uid}/restore/" in shown(client, cast.bob)
    assert f"/grants/{grant.uid}/restore/" not in shown(client, cast.cat)  # who stopped it can undo it
    client.force_login(cast.bob)
    client.post(f"/grants/{grant.uid}/restore/")
    grant.refresh_from_db()
    assert grant.state == Grant.State.ACTIVE


def test_after_the_undo_window_there_is_no_way_back(cast: Cast, client: Client) -> None:
    grant = grant_at(Grant.State.HELD, cast)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert f"/grants/{grant.uid}/restore/" not in shown(client, cast.bob)
        assert client.post(f"/grants/{grant.uid}/restore/").status_code == 403


def test_waiting_for_its_owner_it_says_whose_turn_it_is(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.PENDING_OWNER, cast)
    text = shown(client, cast.ann)
    assert "Bob’s turn:" in text
    assert "If nobody acts, nothing happens" in text
    people.set_absence(cast.bob, by=cast.bob, since=clock.now(), until=clock.now() + timedelta(days=7), deputy=cast.dan)
    assert "Dan stands in while they are away." in shown(client, cast.ann)


def test_waiting_for_approval_each_line_says_whose_turn_it_is(cast: Cast, client: Client) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={cast.read_records: 30, cast.export_records: 7})
    text = shown(client, cast.ann)
    assert text.count("Cat’s turn") == 2
    assert "If nobody decides until then, nothing of it is granted." in text
    read, export = open_lines(agent)
    lines.approve(read, by=cast.cat)
    assert shown(client, cast.ann).count("Cat’s turn") == 1
    lines.deny(export, by=cast.cat, reason="Copies stay in the hospital.")
    text = shown(client, cast.ann)
    assert "Cat refused Patient records: records:export." in text
    assert "Copies stay in the hospital." in text


def test_nobody_to_decide_is_said(cast: Cast, client: Client) -> None:
    type(cast.records).objects.filter(pk=cast.records.pk).update(owner=None)
    agent_at(Agent.State.PENDING_APPROVAL, cast)
    assert "Patient records has no owner, so nobody can approve this." in shown(client, cast.ann)


def test_discovered_access_says_that_nobody_approved_it(cast: Cast, client: Client) -> None:
    discovered(cast)
    text = shown(client, cast.sid, "/agents/etl-runner/")
    assert "nobody approved this" in text
    assert "Found at its source; nobody registered it and nobody answers for it." in text
    assert "arn:aws:iam::012345678901:role/etl-runner" in text
    assert "was found at its source (aws:012345678901). Nobody had registered it." in text


def test_the_story_tells_who_did_what_in_order(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    text = shown(client, cast.bob)
    told = (
        "Discharge summariser became active.",
        "Ann asked for access: Access for Discharge summariser.",
        "Bob accepted to answer for Discharge summariser.",
        "Ann submitted Discharge summariser and named Bob as its owner.",
    )
    places = [text.index(sentence) for sentence in told]
    assert places == sorted(places)


def test_more_accesses_cost_no_more_questions(cast: Cast, client: Client) -> None:
    agent_at(Agent.State.ACTIVE, cast, name="One access")
    agent_at(
        Agent.State.ACTIVE,
        cast,
        name="Three accesses",
        wanted={cast.read_records: 30, cast.export_records: 7, cast.send_mail: 60},
    )
    client.force_login(cast.bob)
    assert asked_by(client, "/agents/one-access/") == asked_by(client, "/agents/three-accesses/")
