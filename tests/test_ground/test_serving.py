"""The portal as processes: what `manage.py serve` starts, keeps running and leaves behind (nothing)."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.db import transaction

from agents.audit.actors import System
from agents.audit.events import Event
from agents.audit.models import Reaction, TrailRef
from agents.audit.trail import record
from portal.celery import app
from tests.database import ROOT, TestDatabase
from tests.serving import left_of, serving


@pytest.mark.sqlite
def test_serves_health_and_readiness_and_ends_in_order(own_database: TestDatabase, tmp_path: Path) -> None:
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        with urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/readyz", timeout=10) as answer:
            assert json.load(answer) == {"ready": True, "database": "ok", "disk": "ok"}
        below = portal.below()
        assert {process.cmdline()[-1] for process in below} == {"web", "worker", "beat"}
        assert portal.end(signal.SIGINT) == 0
        assert left_of(below, 30) == []
        assert f"Mandate: {portal.url}" in portal.output


@pytest.mark.sqlite
def test_second_portal_on_the_same_data_is_refused_with_a_sentence(own_database: TestDatabase, tmp_path: Path) -> None:
    with serving(own_database.environment, tmp_path) as first:
        first.wait_until_healthy()
        with serving(own_database.environment, tmp_path) as second:
            assert second.process.wait(120) == 1
            assert "Mandate already runs on the data in" in second.output
        assert first.answers() == 200


@pytest.mark.sqlite
def test_due_work_is_done_without_anybody_asking(own_database: TestDatabase, tmp_path: Path) -> None:
    waiting = owed_reaction()
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        assert attempts_within(120, waiting) == 1


@pytest.mark.redis
def test_scheduler_and_worker_meet_over_redis(own_database: TestDatabase, tmp_path: Path, redis_url: str) -> None:
    waiting = owed_reaction()
    with serving({**own_database.environment, "REDIS_URL": redis_url}, tmp_path) as portal:
        portal.wait_until_healthy()
        assert attempts_within(120, waiting) == 1


def test_nudge_returns_at_once_though_the_broker_never_answers() -> None:
    with socket.socket() as silent:  # accepts connections and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        code = f"""
import os, time
os.environ["REDIS_URL"] = {address!r}
import django
django.setup()
from agents.audit.nudges import nudge
started = time.monotonic()
for _ in range(100):
    nudge("audit.react")
print(time.monotonic() - started < 5)
"""
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        told = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=300
        )
    assert told.stdout.strip() == "True"


def test_configuration_of_the_queue_loses_nothing() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert (conf.accept_content, conf.task_serializer, conf.task_ignore_result) == (["json"], "json", True)
    assert set(conf.beat_schedule) == {"run_due", "seal", "deliver"}
    assert conf.task_time_limit < 300


def owed_reaction() -> Reaction:
    """A reaction whose handler does not exist: each attempt to run it leaves a mark on the row."""
    with transaction.atomic():
        event = record(Event.AGENT_SUBMITTED, TrailRef("agent", "1", "an agent"), by=System("test"))
        return Reaction.objects.create(event_id=event.pk, handler="nobody.home")


def attempts_within(seconds: float, reaction: Reaction) -> int:
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        reaction.refresh_from_db()
        if reaction.last_error:
            return reaction.attempts
        time.sleep(0.2)
    return 0
