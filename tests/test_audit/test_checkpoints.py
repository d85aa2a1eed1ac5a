"""When a checkpoint is signed, with which key, and how it gets into the folder whatever is killed."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from pytest_django import Settings

from agents import clock
from agents.audit import checkpoints, keys, live, outside
from agents.audit.keys import KeyProblem
from agents.audit.models import Checkpoint, TrailEvent
from agents.audit.verifier.folder import notes_of
from agents.registry.actions import agents as registry
from agents.registry.models import Agent
from tests.builders import agent_at
from tests.database import TestDatabase
from tests.people import Cast, assemble
from tests.trails import seal, seal_all, sign, tell, trail_home  # noqa: F401  (a fixture)

DICE = random.Random(1)
Cause = Checkpoint.Cause


@pytest.mark.django_db
def test_a_checkpoint_is_due_for_each_of_its_reasons_and_no_other(trail_home: Path) -> None:  # noqa: F811
    now = clock.now()
    with time_machine.travel(now, tick=False) as time:
        assert checkpoints.why_now() is None  # nothing is sealed
        tell(1, DICE)
        seal()
        assert checkpoints.why_now() == Cause.EPOCH  # the first
        sign()
        assert checkpoints.why_now() is None
        tell(1, DICE)
        seal()
        time.shift(checkpoints.EVERY - timedelta(seconds=1))
        assert checkpoints.why_now() is None
        time.shift(1)
        assert checkpoints.why_now() == Cause.INTERVAL
        sign()
        time.shift(checkpoints.AT_LEAST - timedelta(seconds=1))
        assert checkpoints.why_now() is None  # nothing new
        time.shift(1)
        assert checkpoints.why_now() == Cause.INTERVAL  # still what it was, said again
        sign()
        tell(checkpoints.EVERY_EVENTS - 1, DICE)
        seal()
        assert checkpoints.why_now() is None
        tell(1, DICE)
        seal()
        assert checkpoints.why_now() == Cause.EVENTS


@pytest.mark.django_db
def test_an_approval_and_a_stop_are_signed_at_once(trail_home: Path, cast: Cast) -> None:  # noqa: F811
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast)
    seal()
    sign()
    tell(1, DICE)
    seal()
    assert checkpoints.why_now() is None
    agent = agent_at(Agent.State.ACTIVE, cast, name="Bed finder")
    seal()
    assert checkpoints.why_now() == Cause.URGENT
    sign()
    registry.suspend(agent, by=cast.sid, reason="Odd.")
    seal()
    assert checkpoints.why_now() == Cause.URGENT


def test_a_ready_pack_names_a_signed_head_and_is_signed_for_at_once(own_database: TestDatabase) -> None:
    cast = assemble()
    agent_at(Agent.State.ACTIVE, cast)
    seal_all()
    today = clock.now().date()
    call_command("build_pack", framework="hipaa", since=today, until=today, out=own_database.folder)
    named = Checkpoint.objects.latest("id")
    told = TrailEvent.objects.get(event="pack.ready")
    assert told.after["trail_root"] == f"{named.size}:{bytes(named.root).hex()}"
    seal_all()
    assert checkpoints.why_now() == Cause.URGENT


@pytest.mark.django_db
def test_a_note_that_a_crash_cut_off_does_no_harm(trail_home: Path) -> None:  # noqa: F811
    tell(1, DICE)
    seal()
    sign()
    [path] = outside.folder().glob("*.notes")
    with path.open("a") as file:
        file.write("mandate.local/trail\n17\nhal")
    tell(1, DICE)
    seal()
    newest = sign()
    assert [note for _where, note in notes_of(outside.folder())][-1] == newest.note
    assert len(list(notes_of(outside.folder()))) == 2
    outside.keep(newest.note)
    assert len(list(notes_of(outside.folder()))) == 2
    assert live.check().problems == []


def test_a_process_killed_before_it_wrote_the_folder_is_made_good(own_database: TestDatabase) -> None:
    tell(1, DICE)
    checkpoints.settle()
    [path] = outside.folder().glob("*.notes")
    path.unlink()
    (outside.folder() / "newest.note").unlink()
    checkpoints.settle()
    assert outside.newest_note() == Checkpoint.objects.get().note


def test_another_key_signs_only_after_it_was_announced(own_database: TestDatabase, settings: Settings, tmp_path: Path) -> None:
    tell(1, DICE)
    checkpoints.settle()
    old = keys.trusted()
    settings.MANDATE_SIGNING_KEY_FILE = tmp_path / "other.pem"
    with pytest.raises(KeyProblem, match="not the one that signed before"):
        checkpoints.sign(Cause.OPERATOR)
    assert Checkpoint.objects.count() == 1
    settings.MANDATE_SIGNING_KEY_FILE = own_database.folder / "signing_key.pem"
    call_command("audit_key", rotate=True)
    assert len(keys.trusted()) == 2
    assert keys.trusted()[0] == old[0]
    assert TrailEvent.objects.filter(event="signing_key.changed").count() == 1
    tell(1, DICE)
    seal_all()
    assert checkpoints.sign(Cause.OPERATOR)
    assert live.check().problems == []


def test_a_signing_key_is_for_its_owner_only_and_no_other_kind_is_taken(own_database: TestDatabase) -> None:
    keys.signing_key()
    path = own_database.folder / "signing_key.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("no key")
    with pytest.raises(KeyProblem, match="cannot be read as a signing key"):
        keys.signing_key()
