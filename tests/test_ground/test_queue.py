"""The Celery application as it really is; a broker that is silent; a message that is none of ours."""

import json
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from kombu import Connection, Producer

from agents.audit.models import DueRun, TrailEvent
from agents.registry.models import Agent
from portal.celery import app
from tests.builders import agent_at
from tests.database import ROOT, TestDatabase
from tests.people import assemble

SHOW = """
import json
from portal.celery import app
names = ("task_acks_late task_reject_on_worker_lost task_ignore_result task_time_limit task_soft_time_limit task_serializer"
    " accept_content worker_prefetch_multiplier worker_soft_shutdown_timeout worker_enable_remote_control"
    " broker_transport_options task_create_missing_queues result_backend broker_url").split()
print(json.dumps({name: app.conf[name] for name in names}))
"""


def settings_with(url: str, folder: str) -> dict[str, object]:
    """The application's settings in a process that was told of this Redis."""
    environment = {**os.environ, "REDIS_URL": url, "MANDATE_DATA_DIR": folder, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", SHOW], env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_lost_workers_message_comes_back_and_no_long_task_is_delivered_twice(tmp_path: Path) -> None:
    found = settings_with("redis://127.0.0.1:1/0", str(tmp_path))
    assert (found["task_acks_late"], found["task_reject_on_worker_lost"]) == (True, True)
    options = found["broker_transport_options"]
    assert isinstance(options, dict)
    hard, soft = found["task_time_limit"], found["task_soft_time_limit"]
    assert isinstance(hard, int)
    assert isinstance(soft, int)
    assert soft < hard < options["visibility_timeout"]
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10
    assert options["socket_timeout"] <= 5
    assert options["socket_connect_timeout"] <= 2
    assert found["worker_prefetch_multiplier"] == 1
    assert found["worker_soft_shutdown_timeout"] == 10.0
    assert found["broker_url"] == "redis://127.0.0.1:1/0"


def test_messages_are_json_and_leave_no_results(tmp_path: Path) -> None:
    found = settings_with("", str(tmp_path))
    assert (found["task_serializer"], found["accept_content"]) == ("json", ["json"])
    assert (found["task_ignore_result"], found["result_backend"]) == (True, None)
    assert found["worker_enable_remote_control"] is False
    assert found["task_create_missing_queues"] is False
    assert found["broker_url"] == "folder://localhost/"


def test_the_scheduler_has_three_entries_and_each_names_a_task_and_expires() -> None:
    app.loader.import_default_modules()
    entries = app.conf.beat_schedule
    assert {name: entry["schedule"] for name, entry in entries.items()} == {"run_due": 5.0, "seal": 2.0, "deliver": 5.0}
    for name, entry in entries.items():
        assert entry["task"] in app.tasks, name
        assert entry["schedule"] < entry["options"]["expires"] <= 30, name


def test_no_task_waits_for_a_time_or_keeps_count_in_its_message() -> None:
    """Correctness never hangs on a countdown: a message may come twice, late or not at all."""
    sources = [path for package in ("agents", "reviews", "compliance", "portal") for path in (ROOT / package).rglob("*.py")]
    words = ("countdown=", "eta=", "apply_async(", "self.retry(", ".delay(")
    assert [(path.name, word) for path in sources for word in words if word in path.read_text()] == []


@contextmanager
def mute_broker() -> Iterator[tuple[str, list[socket.socket]]]:
    """Its address, and the connections it accepted; it never says a word to them."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", held
        for connection in held:
            connection.close()


POST = """
import django
django.setup()
from django.conf import settings
from django.test import Client
from agents.people.models import User
from agents.registry.models import Agent

settings.CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
client = Client()
client.force_login(User.objects.get(name="Bob"), backend="django.contrib.auth.backends.ModelBackend")
agent = Agent.objects.get()
for _turn in range(5):
    for verb in ("suspend", "resume"):
        assert client.post(f"/agents/{agent.slug}/{verb}/", {"reason": "Odd."}).status_code == 302, verb
client.force_login(User.objects.get(name="Cora"), backend="django.contrib.auth.backends.ModelBackend")
day = "2026-01-01"
assert client.post("/packs/new/", {"framework": "hipaa", "since": day, "until": day, "legal_entity": ""}).status_code == 302
print("answered", flush=True)
import time
time.sleep(300)  # the nudge's own thread talks to the broker; the test ends this process when it has heard of it
"""


def test_posts_are_answered_while_the_broker_accepts_and_says_nothing(own_database: TestDatabase) -> None:
    agent_at(Agent.State.ACTIVE, assemble())
    connections.close_all()
    with mute_broker() as (url, held):
        environment = {**os.environ, **own_database.environment, "REDIS_URL": url, "PYTHONPATH": str(ROOT)}
        environment["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        command = [sys.executable, "-c", POST]
        with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            said = child.stdout.readline()
            give_up_at = time.monotonic() + 60
            while not held and time.monotonic() < give_up_at:
                time.sleep(0.1)
            child.kill()
    assert (said, bool(held)) == ("answered\n", True)
    assert TrailEvent.objects.filter(event="agent.resumed").count() == 5
    assert TrailEvent.objects.filter(event="pack.requested").count() == 1


@pytest.mark.redis
def test_a_pickle_is_refused_and_the_worker_lives(own_database: TestDatabase, redis_url: str, tmp_path: Path) -> None:
    """A pickle would run whatever it says; ours after it is done."""
    trap = tmp_path / "trap"
    url = redis_url.rpartition("/")[0] + "/7"
    with Connection(url) as broker, broker.channel() as channel:
        headers = {"lang": "py", "task": "portal.run_due", "id": "1", "root_id": "1", "parent_id": None, "group": None}
        with Producer(channel) as producer:
            producer.publish(
                pickle.dumps(([], {"trap": Trap(trap)}, {})),
                content_type="application/x-python-serialize",
                content_encoding="binary",
                routing_key="default",
                exchange="",
                headers=headers,
            )
            producer.publish(
                ([], {}, {}),
                serializer="json",
                routing_key="default",
                exchange="",
                headers={**headers, "id": "2", "root_id": "2"},
                correlation_id="2",
            )
    environment = {**os.environ, **own_database.environment, "REDIS_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "portal.serving.child", "worker"]
    connections.close_all()
    with (
        (tmp_path / "worker.log").open("w") as log,
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log) as worker,
    ):
        give_up_at = time.monotonic() + 90
        while not DueRun.objects.filter(name="beat").exists() and time.monotonic() < give_up_at:
            assert worker.poll() is None, (tmp_path / "worker.log").read_text()
            time.sleep(0.2)
        is_alive = worker.poll() is None
        worker.terminate()
        worker.wait(60)
    assert DueRun.objects.filter(name="beat").exists(), (tmp_path / "worker.log").read_text()
    assert is_alive
    assert not trap.exists()
    assert "Refusing to deserialize" in (tmp_path / "worker.log").read_text()


class Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)
