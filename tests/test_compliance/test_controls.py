"""Each test says what is, counts every exception, and never turns green for what was not tested."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection

from agents.access.actions import grants, registrations
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.people.models import RoleAssignment, User
from agents.registry.models import Agent
from compliance import controls
from compliance.verdicts import Verdict
from reviews.actions import campaigns, items
from reviews.models import Item
from tests.builders import agent_at, discovered, grant_at
from tests.people import Cast
from tests.test_compliance.scopes import hipaa, result

pytestmark = pytest.mark.django_db

JUNE = (date(2026, 6, 1), date(2026, 6, 30))
APPROVALS = ("164.308(a)(3)(ii)(A)", "164.308(a)(4)(i)", "164.308(a)(4)(ii)(B)")


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


@pytest.fixture
def in_order(cast: Cast) -> Grant:
    """One agent with one access, properly come about on 28 May; nothing else happened. Now it is July."""
    RoleAssignment.objects.update(starts_at=at(1, 1))
    with time_machine.travel(at(5, 28)):
        return grant_at(Grant.State.ACTIVE, cast)


def test_nothing_to_test_is_not_applicable_and_never_a_pass(cast: Cast) -> None:
    RoleAssignment.objects.update(starts_at=at(1, 1))
    verdicts = {control.id: found.verdict for control, found in controls.results(hipaa(*JUNE))}
    assert {control_id for control_id, verdict in verdicts.items() if verdict == Verdict.PASS} == {
        "164.308(a)(2)",  # the role of security administrator is there to be tested
        "164.316(b)(2)(i)",  # so is the trail's table
    }


def test_what_our_data_cannot_answer_is_not_tested_with_a_reason(in_order: Grant) -> None:
    for control, found in controls.results(hipaa(*JUNE)):
        if control.not_tested:
            assert (found.verdict, found.reason) == (Verdict.NOT_TESTED, control.not_tested)
        assert found.reason


def test_what_came_about_properly_passes(in_order: Grant) -> None:
    scope = hipaa(*JUNE)
    for control_id in (*APPROVALS, "164.308(a)(2)", "164.308(a)(3)(ii)(B)", "164.312(a)(2)(i)", "164.316(b)(1)"):
        found = result(scope, control_id)
        assert (found.verdict, found.exception_count) == (Verdict.PASS, 0), control_id


def test_calls_are_not_collected_so_access_and_audit_controls_do_not_pass(in_order: Grant) -> None:
    assert result(hipaa(*JUNE), "164.312(a)(1)").verdict == Verdict.NOT_TESTED
    assert result(hipaa(*JUNE), "164.312(b)").verdict == Verdict.NOT_TESTED


@pytest.mark.parametrize("control_id", [*APPROVALS, "164.312(a)(1)"])
def test_access_nobody_approved_is_an_exception_counted_exactly(cast: Cast, in_order: Grant, control_id: str) -> None:
    with time_machine.travel(at(6, 3)):
        for number in range(3):
            discovered(cast, name=f"runner-{number}")
    found = result(hipaa(*JUNE), control_id)
    assert (found.verdict, found.population, found.exception_count) == (Verdict.EXCEPTION, 4, 3)
    assert found.exceptions[0].who == "runner-0: Patient records: records:read"
    assert found.exceptions[0].sentence == "Found at aws:012345678901 on 3 June 2026; nobody approved it."


def test_every_exception_is_counted_also_beyond_those_that_are_listed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.verdicts.LISTED", 2)
    with time_machine.travel(at(6, 3)):
        for number in range(5):
            discovered(cast, name=f"runner-{number}")
    found = result(hipaa(*JUNE), "164.308(a)(4)(i)")
    assert (len(found.exceptions), found.exception_count) == (2, 5)


def test_an_approval_after_the_beginning_is_an_exception(in_order: Grant) -> None:
    RequestLine.objects.update(decided_at=at(6, 2))
    found = result(hipaa(*JUNE), "164.308(a)(3)(ii)(A)")
    assert [exception.sentence for exception in found.exceptions] == ["It began before a person approved it."]


def test_an_empty_reason_is_an_exception(in_order: Grant) -> None:
    AccessRequest.objects.update(purpose="")
    assert result(hipaa(*JUNE), "164.308(a)(4)(i)").exceptions[0].sentence == "It was asked for without a reason."


def test_an_agent_without_owner_and_a_house_without_security_administrator(cast: Cast, in_order: Grant) -> None:
    with time_machine.travel(at(6, 3)):
        discovered(cast)
    RoleAssignment.objects.filter(person=cast.sid).update(ends_at=at(6, 29))
    found = result(hipaa(*JUNE), "164.308(a)(2)")
    assert (found.population, found.exception_count) == (3, 2)
    assert [exception.who for exception in found.exceptions] == ["The organisation", "etl-runner"]


def test_an_owner_who_left_before_the_end_is_an_exception_and_one_who_left_after_is_not(cast: Cast, in_order: Grant) -> None:
    User.objects.filter(pk=cast.bob.pk).update(left_at=at(6, 20))
    found = result(hipaa(*JUNE), "164.308(a)(3)(ii)(B)")
    assert [exception.sentence for exception in found.exceptions] == ["Bob left on 20 June 2026."]
    assert result(hipaa(date(2026, 6, 1), date(2026, 6, 19)), "164.308(a)(3)(ii)(B)").verdict == Verdict.PASS


def test_retiring_ends_everything_in_time(cast: Cast, in_order: Grant) -> None:
    assert result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)").verdict == Verdict.NOT_APPLICABLE
    with time_machine.travel(at(6, 10)):
        registrations.retire(in_order.agent, by=cast.bob, reason="Replaced.")
    found = result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)")
    assert (found.verdict, found.population) == (Verdict.PASS, 1)
    Grant.objects.update(held_at=at(6, 12), revoked_at=at(6, 12))  # as if it had taken two days
    found = result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)")
    assert [exception.sentence for exception in found.exceptions] == [
        "On 10 June 2026 its identity was retired; the access ended on 12 June 2026."
    ]


def test_access_that_outlives_its_owner_is_an_exception_after_a_day(cast: Cast, in_order: Grant) -> None:
    User.objects.filter(pk=cast.bob.pk).update(left_at=at(6, 10))
    with time_machine.travel(at(6, 11).replace(hour=11)):
        assert result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)").verdict == Verdict.PASS
    with time_machine.travel(at(6, 12)):
        assert result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)").exception_count == 1


def test_termination_counts_accesses_on_both_sides(cast: Cast, in_order: Grant) -> None:
    """Two identities with three accesses end; two accesses outlive one of them: 2 of 3, not 2 of 2."""
    with time_machine.travel(at(5, 29)):
        two = agent_at(Agent.State.ACTIVE, cast, name="Two accesses", wanted={cast.read_records: 90, cast.export_records: 90})
        agent_at(Agent.State.ACTIVE, cast, name="Goes on", wanted={cast.read_records: 90})
    with time_machine.travel(at(6, 10)):
        registrations.retire(in_order.agent, by=cast.bob, reason="Replaced.")
        registrations.retire(two, by=cast.bob, reason="Replaced too.")
    found = result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)")
    assert found.counted == "accesses of identities that were retired or lost their owner in the period"
    assert (found.verdict, found.population, found.exception_count) == (Verdict.PASS, 3, 0)
    Grant.objects.filter(agent=two).update(held_at=at(6, 12), revoked_at=at(6, 12))  # as if it had taken two days
    found = result(hipaa(*JUNE), "164.308(a)(3)(ii)(C)")
    assert (found.population, found.exception_count, found.reason) == (3, 2, "2 of 3 did not hold.")


def test_access_older_than_a_round_without_review_is_an_exception(cast: Cast) -> None:
    RoleAssignment.objects.update(starts_at=at(1, 1))
    with time_machine.travel(at(3, 1)) as traveller:
        agent_at(Agent.State.ACTIVE, cast, wanted={cast.read_records: 300})
        traveller.move_to(at(7, 1))
        found = result(hipaa(*JUNE), "164.308(a)(4)(ii)(C)")
        assert (found.verdict, found.population, found.exception_count) == (Verdict.EXCEPTION, 1, 1)
        traveller.move_to(at(6, 2))
        campaigns.open_due()
        item = Item.objects.get(kind=Item.Kind.GRANT)
        items.decide(item, "keep", by=cast.rae, reason="Still used.", version=0)
        traveller.move_to(at(7, 1))
        assert result(hipaa(*JUNE), "164.308(a)(4)(ii)(C)").verdict == Verdict.PASS


def test_what_reviewers_ended_and_somebody_let_work_again_is_an_exception(cast: Cast, in_order: Grant) -> None:
    with time_machine.travel(at(6, 2)) as traveller:
        campaigns.open_due()
        items.decide(Item.objects.get(kind=Item.Kind.GRANT), "end", by=cast.rae, reason="Unused.", version=0)
        traveller.move_to(at(6, 20))
        assert result(hipaa(*JUNE), "164.308(a)(4)(ii)(C)").verdict == Verdict.PASS
        Grant.objects.update(state="active", held_at=None, held_by=None, revoke_due_at=None)
        found = result(hipaa(*JUNE), "164.308(a)(4)(ii)(C)")
    assert [exception.sentence for exception in found.exceptions] == [
        "Rae decided on 2 June 2026 to end it; it was not stopped within a day."
    ]


def test_an_old_tier_is_an_exception(in_order: Grant) -> None:
    Agent.objects.update(submitted_at=datetime(2025, 5, 1, tzinfo=UTC))
    found = result(hipaa(*JUNE), "164.308(a)(1)(ii)(A)")
    assert [exception.sentence for exception in found.exceptions] == ["Its tier was computed on 1 May 2025."]


def test_an_access_the_trail_does_not_tell_of_is_an_exception(in_order: Grant, cast: Cast) -> None:
    Grant.objects.create(agent=in_order.agent, entitlement=cast.export_records, origin="discovered", not_before=at(6, 3))
    for control_id in ("164.316(b)(1)", "164.312(b)"):
        found = result(hipaa(*JUNE), control_id)
        assert (found.verdict, found.exception_count) == (Verdict.EXCEPTION, 1)
        assert found.exceptions[0].sentence == "The trail does not tell of it."


@pytest.mark.sqlite
def test_changed_bytes_and_a_missing_trigger_are_exceptions(in_order: Grant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_trailevent_no_update")
        cursor.execute("UPDATE audit_trailevent SET body = CAST('{}' AS BLOB) WHERE event = 'line.approved'")
    found = result(hipaa(date(2026, 5, 1), date(2026, 5, 31)), "164.316(b)(1)")
    assert [exception.sentence for exception in found.exceptions] == ["Its bytes are not what was written."]
    found = result(hipaa(*JUNE), "164.316(b)(2)(i)")
    assert (found.verdict, found.exception_count) == (Verdict.EXCEPTION, 1)


def test_holding_within_a_day_counts_as_ended(cast: Cast, in_order: Grant) -> None:
    with time_machine.travel(at(6, 10)):
        grants.hold(in_order, by=cast.bob, reason="Not sure.")
    assert hipaa(date(2026, 6, 11), date(2026, 6, 30)).grants().count() == 0
