"""The population is who was there over the period, not who is there now."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from agents.access.actions import grants, registrations
from agents.access.models import Grant
from agents.registry.models import Agent
from compliance.tie_out import left_out, ties
from tests.builders import agent_at, discovered, grant_at
from tests.people import Cast
from tests.test_compliance.scopes import hipaa

pytestmark = pytest.mark.django_db

JUNE = (date(2026, 6, 1), date(2026, 6, 30))


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


@pytest.fixture
def ended_in_june(cast: Cast) -> Grant:
    with time_machine.travel(at(5, 20)) as traveller:
        grant = grant_at(Grant.State.ACTIVE, cast)
        traveller.move_to(at(6, 10))
        return grants.revoke(grant, by=cast.bob, reason="Not needed.")


def test_an_access_that_ended_inside_the_period_is_in_it(ended_in_june: Grant) -> None:
    scope = hipaa(*JUNE)
    assert list(scope.grants()) == [ended_in_june]
    assert list(scope.agents()) == [ended_in_june.agent]


@pytest.mark.parametrize(
    ("since", "until", "is_in"),
    [
        (date(2026, 5, 1), date(2026, 5, 19), False),  # not begun
        (date(2026, 5, 1), date(2026, 5, 20), True),  # began on the last day
        (date(2026, 6, 10), date(2026, 6, 11), True),  # ended on the first day
        (date(2026, 6, 11), date(2026, 6, 30), False),  # over
    ],
)
def test_the_days_at_both_ends_are_inside(ended_in_june: Grant, since: date, until: date, is_in: bool) -> None:
    assert hipaa(since, until).grants().exists() is is_in


def test_an_access_that_ran_out_is_in_the_period_it_ran_out_in(cast: Cast) -> None:
    with time_machine.travel(at(5, 20)):
        grant_at(Grant.State.ACTIVE, cast)  # for 30 days; no job ever settles it
    assert hipaa(*JUNE).grants().exists()
    assert not hipaa(date(2026, 6, 20), date(2026, 6, 30)).grants().exists()


def test_an_agent_retired_inside_the_period_is_in_it(cast: Cast) -> None:
    with time_machine.travel(at(5, 20)) as traveller:
        agent = agent_at(Agent.State.ACTIVE, cast)
        traveller.move_to(at(6, 2))
        registrations.retire(agent, by=cast.bob, reason="Replaced.")
    assert hipaa(*JUNE).agents().count() == 1
    assert hipaa(date(2026, 6, 3), date(2026, 6, 30)).agents().count() == 0


def test_data_of_other_kinds_is_not_in_scope(cast: Cast) -> None:
    with time_machine.travel(at(5, 20)):
        agent_at(Agent.State.ACTIVE, cast, name="Postman", data_classes=["internal"], wanted={cast.send_mail: 90})
    scope = hipaa(*JUNE)
    assert not scope.agents().exists()
    assert {row.what: row.count for row in left_out(scope)} == {"identities at work that reach no data of this framework": 1}


def test_an_agent_that_declares_nothing_but_reaches_health_records_is_in_scope(cast: Cast) -> None:
    with time_machine.travel(at(5, 20)):
        agent_at(Agent.State.ACTIVE, cast, data_classes=["internal"])
    assert hipaa(*JUNE).agents().count() == 1


def test_another_legal_entity_is_left_out_and_the_homeless_are_counted(cast: Cast) -> None:
    with time_machine.travel(at(5, 20)):
        agent_at(Agent.State.ACTIVE, cast)
        found = discovered(cast)
    Agent.objects.filter(pk=found.pk).update(legal_entity=None)
    scope = hipaa(*JUNE, cast.hospital)
    assert scope.agents().count() == 1
    assert [(row.what, row.count) for row in left_out(scope)] == [("identities of no legal entity", 1)]
    assert hipaa(*JUNE).agents().count() == 2


def test_a_period_that_is_not_over_ends_now(cast: Cast) -> None:
    with time_machine.travel(at(6, 15), tick=False):
        scope = hipaa(*JUNE)
        assert scope.ends_at == at(6, 15)
        assert not scope.is_over
    assert hipaa(*JUNE).ends_at == datetime(2026, 7, 1, tzinfo=UTC)


def test_registry_and_trail_count_the_same(cast: Cast) -> None:
    grant_at(Grant.State.REVOKED, cast)
    discovered(cast)
    scope = hipaa(date.today() - timedelta(days=1), date.today())  # noqa: DTZ011
    assert [(tie.in_registry, tie.in_trail, tie.difference) for tie in ties(scope)] == [(2, 2, 0), (2, 2, 0)]


def test_a_row_that_came_past_the_trail_shows_as_a_difference(cast: Cast) -> None:
    grant = grant_at(Grant.State.ACTIVE, cast)
    Grant.objects.create(
        agent=grant.agent,
        entitlement=cast.send_mail,
        origin="discovered",
        not_before=grant.not_before,
        created_at=grant.created_at,
    )
    scope = hipaa(date.today() - timedelta(days=1), date.today())  # noqa: DTZ011
    assert [tie.difference for tie in ties(scope)] == [0, 1]
