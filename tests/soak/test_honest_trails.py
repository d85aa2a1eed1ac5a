"""A thousand honest trails, of any shape: the verifier has nothing to say about any of them."""

import shutil
from pathlib import Path

import pytest
from django.db import transaction

from agents.audit import gate
from tests.test_audit.test_verifier import honest
from tests.trails import trail_home  # noqa: F401  (a fixture)

TRAILS = 1_000


@pytest.mark.soak
@pytest.mark.django_db
def test_a_thousand_honest_trails_raise_no_alarm(trail_home: Path) -> None:  # noqa: F811
    alarms: dict[int, list[str]] = {}
    for seed in range(1_000, 1_000 + TRAILS):
        shutil.rmtree(trail_home / "checkpoints", ignore_errors=True)
        gate.forget()
        with transaction.atomic():
            if problems := honest(seed):
                alarms[seed] = problems
            transaction.set_rollback(True)  # the next one begins with nothing
    assert alarms == {}
