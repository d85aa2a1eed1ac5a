"""The disk of an embedded portal fills up: clean refusals, pages still open, and it goes on by itself when there is room.

The data folder lies on a tmpfs. A migrated database is larger than 3 MB by itself, so the disk gets 3 MB more than is used
when the portal works, and then those are filled too.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from agents import clock
from agents.access.models import AccessRequest
from agents.audit.models import Reaction, TrailEvent
from agents.registry.models import Agent
from tests.builders import agent_at
from tests.database import TestDatabase, fresh, inside
from tests.people import assemble
from tests.serving import RunningPortal, serving
from tests.soak.people import Ledger, Person, let_them_sign_in

pytestmark = [pytest.mark.soak, pytest.mark.sqlite]
ROOM = 3 * 1024 * 1024
REFUSED = 503
WAITING = 60  # registrations for Bob; each acceptance writes some pages of the database
PLACES = "agents grants systems people requests reviews packs trail outbox work sinks health"
PAGES = ["/", *(f"/{place}/" for place in PLACES.split())]


@pytest.fixture
def disk(tmp_path: Path, django_db_setup: None) -> Iterator[Path]:
    """A disk of the test's own, still with room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = mount("-t", "tmpfs", "-o", "size=200M", "tmpfs", str(folder))
    if done.returncode:
        why = f"Not covered here: a full disk, because a tmpfs cannot be mounted: {done.stderr.strip()}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["mount", *arguments]
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError as problem:
        return subprocess.CompletedProcess(command, 1, "", str(problem))


@pytest.fixture
def cramped(disk: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[TestDatabase]:
    twin = fresh(disk)
    with inside(twin, django_db_blocker):
        yield twin


def test_full_disk_refuses_cleanly_and_room_is_all_it_needs(cramped: TestDatabase, disk: Path, tmp_path: Path) -> None:
    cast = assemble()
    let_them_sign_in()
    ledger, waiting = Ledger(), [str(agent_at(Agent.State.PENDING_OWNER, cast, name=f"Waiting {n}").uid) for n in range(WAITING)]
    with serving(cramped.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        bob, ada = Person("bob", portal.url, ledger), Person("ada", portal.url, ledger)
        assert accept(bob, waiting.pop()) == 302
        assert {status(ada, page) for page in PAGES} == {200}
        web = portal.child("web").pid
        resize(disk, used(disk) + ROOM)
        fill(disk)

        refused = ""
        while not refused:  # the log that stands beside the database has some room of its own
            assert waiting, "the disk never was full"
            uid = waiting.pop()
            refused = uid if accept(bob, uid) != 302 else ""
        for uid in (refused, *waiting[:4]):
            assert accept(bob, uid) == REFUSED
            assert_untouched(uid)
        assert {status(ada, page) for page in PAGES} == {200}
        assert readiness(portal) == (503, "less than 50 MB are free")

        resize(disk, 200 * 1024 * 1024)
        for uid in (refused, *waiting):
            assert accept(bob, uid) == 302
        assert readiness(portal) == (200, "ok")
        let_reactions_finish()
        assert (portal.child("web").pid, portal.process.poll()) == (web, None)
        print(f"\n{len(ledger.acknowledged)} acknowledged, statuses {dict(ledger.statuses)}")
    assert ledger.silent == 0
    assert_kept(ledger)
    verified = cramped.command("audit_verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def accept(bob: Person, uid: str) -> int:
    """The status that Bob gets for accepting the agent."""
    answer = bob.submit(f"/inbox/agents/{uid}/", {"answer": "accept"}, what="own", key=uid)
    assert answer is not None
    return answer.status_code


def status(person: Person, page: str) -> int:
    answer = person.get(page)
    return answer.status_code if answer is not None else 0


def readiness(portal: RunningPortal) -> tuple[int, str]:
    answer = httpx.get(f"{portal.url}/readyz", timeout=20)
    return answer.status_code, str(answer.json()["disk"])


def assert_untouched(uid: str) -> None:
    """Nothing of what was refused has happened, and nobody was told that it had."""
    assert Agent.objects.get(uid=uid).state == Agent.State.PENDING_OWNER
    assert AccessRequest.objects.get(agent__uid=uid).state == AccessRequest.State.DRAFT
    assert not TrailEvent.objects.filter(about=f"agent:{uid}", event__in=("ownership.accepted", "request.submitted")).exists()


def assert_kept(ledger: Ledger) -> None:
    """The file is whole, and what was acknowledged before, meanwhile and afterwards is there once."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchone()[0] == "ok"
    for uid in ledger.of("own"):
        assert Agent.objects.get(uid=uid).state == Agent.State.PENDING_APPROVAL
        assert TrailEvent.objects.filter(target_key=uid, event="ownership.accepted").count() == 1
    assert len(set(ledger.of("own"))) == len(ledger.of("own"))


def let_reactions_finish() -> None:
    """What could not even note that it failed is tried again when its five minutes are over; so they are."""
    Reaction.objects.filter(state="waiting", attempts__gt=0).update(next_try_at=clock.now())
    give_up_at = time.monotonic() + 120
    while waiting := Reaction.objects.exclude(state="done").count():
        assert time.monotonic() < give_up_at, f"{waiting} reactions are not done: {Reaction.objects.exclude(state='done')[:3]}"
        time.sleep(0.5)


def fill(disk: Path) -> None:
    """Not a byte is left."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"\0" * 4096):
                pass
        except OSError:
            return


def used(disk: Path) -> int:
    return shutil.disk_usage(disk).used


def resize(disk: Path, size: int) -> None:
    """The disk holds so many bytes now; what is on it stays."""
    done = mount("-o", f"remount,size={size}", str(disk))
    assert done.returncode == 0, done.stderr
