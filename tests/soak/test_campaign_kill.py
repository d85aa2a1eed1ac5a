"""Workers that prepare a campaign are killed again and again: in the end every item is there once."""

import os
import random
import subprocess
import sys
import time

import pytest

from agents import clock
from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.registry.choices import Origin
from agents.registry.models import Agent
from reviews.models import Campaign, Item
from reviews.querysets import STALE_AFTER
from tests.builders import discovered
from tests.database import ROOT, TestDatabase
from tests.people import Cast, assemble

# On PostgreSQL the two hundred kills hit the same way, with everything else beside it.
pytestmark = [pytest.mark.soak, pytest.mark.sqlite]
AGENTS, KILLS = 1700, 20
RUN_DUE = [sys.executable, str(ROOT / "manage.py"), "run_due"]


def populate(cast: Cast) -> None:
    """So many agents found at a source, each with two accesses."""
    first = discovered(cast)
    made = Agent.objects.bulk_create(
        Agent(
            name=f"worker {n:04}",
            slug=f"worker-{n}",
            state="active",
            origin=Origin.DISCOVERED,
            risk_tier="high",
            environment="production",
            activated_at=first.activated_at,
        )
        for n in range(AGENTS)
    )
    held = [cast.read_records, cast.send_mail]
    Grant.objects.bulk_create(Grant(agent=agent, entitlement=what, origin=Origin.DISCOVERED) for agent in made for what in held)


def silence() -> None:
    """A minute passes since the last worker wrote its heartbeat."""
    Campaign.objects.filter(state="generating").update(heartbeat_at=clock.now() - STALE_AFTER)


def test_killed_twenty_times_the_campaign_is_whole(own_database: TestDatabase) -> None:
    populate(assemble())
    dice, environment, killed = random.Random(1), {**os.environ, **own_database.environment}, 0
    for _turn in range(KILLS):
        silence()
        with subprocess.Popen(RUN_DUE, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as worker:
            claims = set(Campaign.objects.values_list("claim", flat=True))
            while worker.poll() is None and set(Campaign.objects.values_list("claim", flat=True)) == claims:
                time.sleep(0.01)
            time.sleep(dice.uniform(0, 0.6))
            killed += worker.poll() is None
            worker.kill()
        if Campaign.objects.get().state == "open":
            break
    assert killed
    silence()
    assert own_database.command("run_due").returncode == 0
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.population_count, campaign.item_count) == ("open", AGENTS + 1, 3 * AGENTS + 2)
    assert Item.objects.count() == 3 * AGENTS + 2
    assert Item.objects.filter(kind="grant").values("grant").distinct().count() == 2 * AGENTS + 1
    assert TrailEvent.objects.filter(event="campaign.opened").count() == 1
