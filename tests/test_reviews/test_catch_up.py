"""Time decides, not jobs: two schedulers, none for a week, none for a quarter; each period happens once, in order."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connections

from agents.access.models import Grant
from agents.audit import due
from agents.audit.models import DueRun, Reaction, TrailEvent
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from portal.tasks import run_due
from reviews.models import Campaign
from tests.builders import agent_at, discovered
from tests.database import ROOT, TestDatabase
from tests.people import Cast, assemble

NOVEMBER = datetime(2026, 11, 2, 8, tzinfo=UTC)
BUT = ["compliance.build_packs"]
RUN_DUE = [sys.executable, str(ROOT / "manage.py"), "run_due"]


def told() -> dict[str, int]:
    return Counter(TrailEvent.objects.values_list("event", flat=True))


def test_two_processes_do_the_due_work_at_once_and_each_thing_happens_once(own_database: TestDatabase) -> None:
    cast = assemble()
    for n in range(12):
        agent_at(Agent.State.ACTIVE, cast, name=f"Helper {n:02}", wanted={cast.read_records: 30, cast.send_mail: 30})
    discovered(cast)
    Grant.objects.filter(entitlement=cast.send_mail).update(
        expires_at=datetime(2026, 1, 2, tzinfo=UTC), not_before=datetime(2026, 1, 1, tzinfo=UTC)
    )
    owed = Reaction.objects.filter(state="waiting").count()
    assert owed
    connections.close_all()
    environment = {**os.environ, **own_database.environment}
    both = [subprocess.Popen(RUN_DUE, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) for _n in range(2)]
    assert [process.wait(300) for process in both] == [0, 0]
    assert own_database.command("run_due").returncode == 0
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.population_count) == ("open", 13)
    assert campaign.items.count() == campaign.item_count
    assert told()["campaign.opened"] == 1
    assert told()["grant.expired"] == Grant.objects.filter(state="expired").count() == 12
    assert set(Reaction.objects.values_list("state", "attempts")) == {("done", 1)}  # nothing was begun twice
    assert not DueRun.objects.exclude(failing_since=None).exists()


@pytest.mark.django_db
def test_without_a_scheduler_for_a_week_nothing_that_ended_is_allowed_and_all_is_caught_up(cast: Cast) -> None:
    with time_machine.travel(NOVEMBER, tick=False):
        agent = agent_at(Agent.State.ACTIVE, cast, wanted={cast.read_records: 5, cast.send_mail: 30})
        run_due()
    assert told()["campaign.opened"] == 1
    with time_machine.travel(NOVEMBER + timedelta(days=7), tick=False):
        # Nobody ran anything: the access of five days is over all the same.
        assert Grant.objects.get(entitlement=cast.read_records).state == "active"
        assert not is_effective(agent, cast.read_records).allowed
        assert is_effective(agent, cast.send_mail).allowed
        due.run_all(but=BUT)
        assert Grant.objects.get(entitlement=cast.read_records).state == "expired"
        due.run_all(but=BUT)
    assert told()["grant.expired"] == 1
    assert told()["campaign.opened"] == 1


@pytest.mark.django_db
def test_periods_are_caught_up_in_their_order_and_each_once(cast: Cast) -> None:
    """A scheduler that was away closes what is over, then opens what has begun, and says that it is late."""
    with time_machine.travel(NOVEMBER, tick=False):
        agent_at(Agent.State.ACTIVE, cast, wanted={cast.send_mail: 90})
        due.run_all(but=BUT)
    late = datetime(2026, 12, 9, 8, tzinfo=UTC)  # November's review was due on the 16th
    with time_machine.travel(late, tick=False):
        november = Campaign.objects.get()
        assert not november.is_open  # by the clock, before any job said so
        for _sweep in range(3):
            due.run_all(but=BUT)
    found = list(Campaign.objects.order_by("period_starts_on").values_list("period_key", "state", "is_late"))
    assert found == [("2026-11", "closed", False), ("2026-12", "open", True)]
    assert (told()["campaign.opened"], told()["campaign.closed"]) == (2, 1)


@pytest.mark.django_db
def test_two_schedulers_leave_one_row_and_no_second_of_anything(cast: Cast) -> None:
    with time_machine.travel(NOVEMBER, tick=False) as clock:
        agent_at(Agent.State.ACTIVE, cast)
        for second in range(0, 60, 5):
            clock.move_to(NOVEMBER + timedelta(seconds=second), tick=False)
            run_due()
            run_due()
    assert DueRun.objects.filter(name="beat").count() == 1
    assert told()["campaign.opened"] == 1
