"""Decisions and endings: all counted, the latest told, each with the moment from which it was no."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from agents.access.actions import grants, lines
from agents.access.models import Grant
from agents.registry.models import Agent
from compliance import happenings
from tests.builders import agent_at, open_lines
from tests.people import Cast
from tests.test_compliance.scopes import hipaa

pytestmark = pytest.mark.django_db

JUNE = (date(2026, 6, 1), date(2026, 6, 30))
MORNING = datetime(2026, 6, 10, 8, tzinfo=UTC)


@pytest.fixture
def three_agents(cast: Cast) -> list[Grant]:
    """On 10 June three agents get an access each for 10, 300 and 300 days; one line more is refused."""
    held = []
    with time_machine.travel(MORNING, tick=False) as traveller:
        for number, days in enumerate((10, 300, 300)):
            traveller.shift(timedelta(minutes=1))
            wanted = {cast.read_records: days} | ({cast.export_records: 30} if number == 0 else {})
            agent = agent_at(Agent.State.PENDING_APPROVAL, cast, name=f"Agent {number}", wanted=wanted)
            for line in open_lines(agent):
                if line.entitlement == cast.read_records:
                    lines.approve(line, by=cast.cat, reason=f"Yes {number}.")
                else:
                    lines.deny(line, by=cast.cat, reason="No copies.")
            held.append(Grant.objects.get(agent=agent))
    return held


def test_decisions_are_told_in_the_order_of_time_and_all_counted(three_agents: list[Grant]) -> None:
    count, told = happenings.decisions(hipaa(*JUNE), 100)
    assert count == 4
    assert [(one.agent, one.said, one.by, one.reason) for one in told] == [
        ("Agent 0", "approved", "Cat", "Yes 0."),
        ("Agent 0", "refused", "Cat", "No copies."),
        ("Agent 1", "approved", "Cat", "Yes 1."),
        ("Agent 2", "approved", "Cat", "Yes 2."),
    ]
    count, told = happenings.decisions(hipaa(*JUNE), 1)
    assert (count, [one.agent for one in told]) == (4, ["Agent 2"])


def test_an_ending_tells_since_when_it_was_refused_and_when_it_was_final(cast: Cast, three_agents: list[Grant]) -> None:
    with time_machine.travel(datetime(2026, 6, 28, 9, tzinfo=UTC), tick=False) as traveller:
        grants.hold(three_agents[1], by=cast.bob, reason="Not needed.")
        traveller.shift(timedelta(minutes=11))
        grants.tidy()
        grants.hold(three_agents[2], by=cast.bob, reason="Odd.")
        traveller.shift(timedelta(minutes=1))
        count, told = happenings.endings(hipaa(*JUNE), 100)
    assert count == 3
    assert [(one.agent, one.denied_at, one.final_at, one.how, one.by, one.reason) for one in told] == [
        ("Agent 0", MORNING + timedelta(days=10, minutes=1), MORNING + timedelta(days=10, minutes=1), "ran out", "time", ""),
        (
            "Agent 1",
            datetime(2026, 6, 28, 9, tzinfo=UTC),
            datetime(2026, 6, 28, 9, 11, tzinfo=UTC),
            "ended",
            "Bob",
            "Not needed.",
        ),
        ("Agent 2", datetime(2026, 6, 28, 9, 11, tzinfo=UTC), None, "stopped, can still be undone", "Bob", "Odd."),
    ]


def test_what_ended_outside_the_period_is_not_told(cast: Cast, three_agents: list[Grant]) -> None:
    assert happenings.endings(hipaa(date(2026, 6, 1), date(2026, 6, 19)), 100) == (0, [])
    assert happenings.endings(hipaa(date(2026, 6, 21), date(2026, 6, 30)), 100) == (0, [])
    assert happenings.endings(hipaa(date(2026, 6, 20), date(2026, 6, 20)), 100)[0] == 1


def test_the_story_counts_all_and_tells_the_newest(three_agents: list[Grant]) -> None:
    count, events = happenings.story(hipaa(*JUNE), 2)
    assert count == 25  # eight a way, and a refusal
    assert [event.event for event in events] == ["request.decided", "agent.activated"]
