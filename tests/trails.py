"""Trails for the tests of sealing: real events, sealed in batches of any size, signed and kept outside."""

import random
import time
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from agents.audit import checkpoints, gate, outside, sealing
from agents.audit.events import Event
from agents.audit.models import Checkpoint, TrailRef
from agents.audit.trail import record
from tests.people import TEST

WORDS = ["Ärztin", "payout-agent", "漢字", 'a "quote"', "", "\\", "ends 31 Dec", "x" * 300]
EVENTS = [Event.AGENT_CHANGED, Event.GRANT_STARTED, Event.REQUEST_SUBMITTED, Event.PACK_DOWNLOADED]


@pytest.fixture
def trail_home(tmp_path: Path, settings: Settings) -> Path:
    """Key and checkpoints of this test alone; nothing is remembered from another one."""
    settings.MANDATE_CHECKPOINT_DIR = tmp_path / "checkpoints"
    settings.MANDATE_SIGNING_KEY_FILE = tmp_path / "signing_key.pem"
    gate.forget()
    return tmp_path


def tell(count: int, dice: random.Random) -> None:
    """So many events, each with other words."""
    with transaction.atomic():
        for _turn in range(count):
            ref = TrailRef(
                dice.choice(["agent", "grant"]), str(dice.randrange(10**6)), dice.choice(WORDS), f"agent:{dice.randrange(9)}"
            )
            record(
                dice.choice(EVENTS),
                ref,
                by=TEST,
                reason=dice.choice(WORDS),
                after={"n": dice.random(), "word": dice.choice(WORDS)},
            )


def seal(limit: int = sealing.BATCH) -> int:
    """One seal. The tests write nothing else meanwhile, so nothing is waited for."""
    with transaction.atomic():
        return sealing.seal_batch(limit, is_everything_committed=True)


def seal_all() -> None:
    """Everything committed is sealed by the real sealer, once other tests on the same server let it."""
    give_up_at = time.monotonic() + 90
    while sealing.is_anything_waiting() and time.monotonic() < give_up_at:
        if not sealing.seal():
            time.sleep(0.2)
    assert not sealing.is_anything_waiting()


def sign() -> Checkpoint:
    made = checkpoints.sign(Checkpoint.Cause.OPERATOR)
    assert made is not None
    outside.keep(made.note)  # what a commit does; tests that roll back have none
    return made


def trail(dice: random.Random, batches: list[int]) -> None:
    """A trail of so many batches, signed after each."""
    for count in batches:
        tell(count, dice)
        seal()
        sign()
