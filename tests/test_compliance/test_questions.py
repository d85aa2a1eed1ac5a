"""The five questions say what the rows say, for one agent and for the estate."""

from datetime import UTC, datetime

import pytest
import time_machine

from agents import clock
from agents.access.actions import grants
from agents.access.models import Grant
from agents.registry.models import Agent
from compliance.questions import Answer, five, five_for
from tests.builders import agent_at, discovered, grant_at
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def numbers(answer: Answer) -> dict[str, int]:
    return {fact.text: fact.count for fact in answer.facts}


def test_nothing_is_said_as_nothing() -> None:
    answers = five(Agent.objects.none())
    assert answers.agents == 0
    assert answers.who.percent is None
    assert answers.why.sentence == "Nobody holds any access now."
    assert answers.what.sentence == "Nothing sensitive is on record."


def test_an_estate_of_one_owned_and_one_found(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast)
    discovered(cast)
    agent_at(Agent.State.DRAFT, cast, name="Unfinished")
    answers = five(Agent.objects.all())
    assert answers.agents == 2
    assert answers.which.sentence == "2 identities, 1 of them AI agents."
    assert answers.who.sentence == "1 of 2 have an accountable owner who accepted."
    assert answers.who.percent == 50
    [ownerless] = answers.who.facts
    assert (ownerless.count, ownerless.tone) == (1, "bad")
    assert ownerless.where is not None
    assert (ownerless.where.page, ownerless.where.query) == ("agents", "state=in_service&owner=nobody")
    assert numbers(answers.what)["health records (ePHI)"] == 2
    assert answers.why.sentence == "1 of 2 accesses were approved by a person."
    assert numbers(answers.why) == {"1 access nobody approved": 1}


def test_reach_counts_what_the_accesses_lead_to_not_only_what_was_declared(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast, data_classes=["internal"])
    assert numbers(five(Agent.objects.all()).what)["health records (ePHI)"] == 1
    grants.revoke(Grant.objects.get(), by=cast.bob, reason="Not needed.")
    assert numbers(five(Agent.objects.all()).what)["health records (ePHI)"] == 0


def test_five_asks_a_fixed_number_of_questions(cast: Cast, django_assert_max_num_queries: object) -> None:
    for number in range(3):
        discovered(cast, name=f"runner-{number}")
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        five(Agent.objects.all())


def test_one_agent_answers_with_names_and_dates(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 2, 9, tzinfo=UTC), tick=False):
        agent = grant_at(Grant.State.ACTIVE, cast).agent
        agent.refresh_from_db()
        answers = five_for(agent)
    assert answers.which.sentence == "Acts as spiffe://mandate.local/agent/production/discharge-summariser."
    assert answers.who.sentence == "Bob is accountable and accepted on 2 November 2026."
    assert answers.what.sentence == "1 access to 1 system."
    assert answers.why.sentence == "1 approved, the latest by Cat on 2 November 2026."
    assert answers.why.percent == 100


def test_nobody_is_accountable_after_the_owner_left(cast: Cast) -> None:
    agent = agent_at(Agent.State.ACTIVE, cast)
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(left_at=datetime(2026, 1, 1, tzinfo=UTC))
    agent = Agent.objects.get(pk=agent.pk)
    assert five_for(agent).who.sentence == "Bob owned it and has left; nobody is accountable now."


def test_access_nobody_approved_is_said_for_one_agent_too(cast: Cast) -> None:
    agent = discovered(cast)
    answers = five_for(agent)
    assert answers.who.sentence == "Nobody is accountable for it."
    assert answers.why.sentence == "0 approved by a person."
    assert numbers(answers.why) == {"1 access nobody approved": 1}


@pytest.mark.django_db
def test_use_of_an_access_counts_as_use_of_its_agent(cast: Cast) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    assert five(Agent.objects.all()).which.facts[0].text == "0 were used at their source in 30 days"
    grants.record_discovered(grant.agent, grant.entitlement, by=TEST, source="gateway:test", last_used_at=clock.now())
    assert five(Agent.objects.all()).which.facts[0].text == "1 was used at its source in 30 days"
    assert five_for(grant.agent).which.facts[0].text.startswith("last used at its source on ")
