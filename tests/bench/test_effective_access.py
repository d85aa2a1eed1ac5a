"""The decision point's question must not get slower as the estate grows."""

import random

import pytest

from agents.access.models import Grant
from agents.audit.actors import System
from agents.registry.actions import systems
from agents.registry.choices import VerbClass
from agents.runtime.decisions import is_effective
from tests.bench.estate import grow, settle
from tests.bench.ratio import hold_to, median_seconds
from tests.database import TestDatabase
from tests.people import assemble

BENCH = System("bench")


@pytest.mark.bench
@pytest.mark.postgresql
def test_effective_access_at_ten_and_a_hundred_thousand_grants(own_database: TestDatabase) -> None:
    cast = assemble()
    entitlements = [
        systems.ensure_entitlement(
            cast.records, f"records:{number}", by=BENCH, verb_class=VerbClass.READ, plain_effect="Reads a part."
        )
        for number in range(10)
    ]
    dice = random.Random(1)
    agents = grow(cast, entitlements, agents=1_000, first=0)
    settle(own_database)

    def ask() -> None:
        assert is_effective(dice.choice(agents), dice.choice(entitlements)).allowed

    small = median_seconds(ask, 1_000)
    agents += grow(cast, entitlements, agents=9_000, first=1_000)
    settle(own_database)
    assert Grant.objects.effective().count() == 100_000
    hold_to("one effective-access question, 10,000 -> 100,000 grants", small, median_seconds(ask, 1_000), goal=2.0)
