"""Periods and recommendations, by table."""

from datetime import UTC, date, datetime, timedelta

import pytest

from reviews.rules import AccessFacts, AgentFacts, Period, is_late, period_of, recommend_access, recommend_agent

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USED = AccessFacts(
    is_discovered=False,
    is_privileged=False,
    is_stopped=False,
    approved_by="Cat",
    begun_at=NOW - timedelta(days=200),
    last_used_at=NOW - timedelta(days=2),
    agent_environment="production",
    system_environment="production",
    reaches=["ephi"],
)


@pytest.mark.parametrize(
    ("every", "day", "period"),
    [
        ("month", date(2026, 11, 23), Period("2026-11", "November 2026", date(2026, 11, 1), date(2026, 12, 1))),
        ("month", date(2026, 12, 31), Period("2026-12", "December 2026", date(2026, 12, 1), date(2027, 1, 1))),
        ("month", date(2028, 2, 29), Period("2028-02", "February 2028", date(2028, 2, 1), date(2028, 3, 1))),
        ("quarter", date(2026, 11, 23), Period("2026-Q4", "quarter 4 of 2026", date(2026, 10, 1), date(2027, 1, 1))),
        ("quarter", date(2026, 1, 1), Period("2026-Q1", "quarter 1 of 2026", date(2026, 1, 1), date(2026, 4, 1))),
        ("year", date(2026, 12, 31), Period("2026", "2026", date(2026, 1, 1), date(2027, 1, 1))),
    ],
)
def test_each_day_lies_in_one_period(every: str, day: date, period: Period) -> None:
    assert period_of(every, day) == period
    assert period_of(every, period.ends_on).starts_on == period.ends_on


def test_a_campaign_is_late_after_three_days() -> None:
    period = period_of("month", date(2026, 11, 23))
    assert not is_late(period, datetime(2026, 11, 4, tzinfo=UTC))
    assert is_late(period, datetime(2026, 11, 4, 0, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changed", "choice", "because"),
    [
        ({}, "keep", ["approved by Cat", "used 2 days ago"]),
        ({"last_used_at": NOW}, "keep", ["approved by Cat", "used today"]),
        ({"is_privileged": True}, "keep", ["approved by Cat", "used 2 days ago", "privileged: look closely"]),
        ({"is_discovered": True, "approved_by": ""}, "end", ["nobody approved it"]),
        ({"is_stopped": True}, "end", ["somebody stopped it already"]),
        ({"last_used_at": NOW - timedelta(days=90)}, "end", ["last used 90 days ago"]),
        ({"last_used_at": NOW - timedelta(days=89)}, "keep", ["approved by Cat", "used 89 days ago"]),
        ({"last_used_at": None}, "end", ["no use recorded in 200 days"]),
        ({"last_used_at": None, "is_privileged": True}, "end", ["no use recorded in 200 days", "privileged"]),
        (
            {"last_used_at": None, "begun_at": NOW - timedelta(days=29)},
            "keep",
            ["approved by Cat", "too new to judge by its use"],
        ),
        ({"agent_environment": "test"}, "end", ["a test agent on production data"]),
        ({"agent_environment": "test", "reaches": []}, "keep", ["approved by Cat", "used 2 days ago"]),
    ],
)
def test_recommendation_for_an_access(changed: dict[str, object], choice: str, because: list[str]) -> None:
    advice = recommend_access(AccessFacts(**{**USED.__dict__, **changed}), NOW)
    assert (advice.choice, advice.because) == (choice, because)


@pytest.mark.parametrize(
    ("facts", "choice", "because"),
    [
        (AgentFacts(False, True, "active", 3, []), "keep", ["owned, registered and at work"]),
        (AgentFacts(False, True, "active", 3, ["purpose"]), "keep", ["changed since the last review: purpose"]),
        (
            AgentFacts(True, False, "active", 3, []),
            "change_needed",
            ["found at its source, never registered", "no accountable owner"],
        ),
        (AgentFacts(False, True, "suspended", 3, []), "change_needed", ["it is suspended"]),
        (AgentFacts(False, True, "active", 0, []), "change_needed", ["it holds no access"]),
    ],
)
def test_recommendation_for_an_agent(facts: AgentFacts, choice: str, because: list[str]) -> None:
    advice = recommend_agent(facts)
    assert (advice.choice, advice.because) == (choice, because)
