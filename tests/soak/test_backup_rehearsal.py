"""A rehearsal of the worst day: backups of a busy portal come back whole, and a killed one leaves nothing by halves."""

import os
import random
import re
import subprocess
import sys
import tarfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from agents.audit.models import Rollback, Seal
from tests.backups import fresh_place, looking_at, people, trail
from tests.database import ROOT, TestDatabase
from tests.people import PASSWORD, assemble
from tests.serving import RunningPortal, serving

pytestmark = pytest.mark.soak
KILLS = 10
WRITER = """
import itertools, django
django.setup()
from agents.people.actions import people
from agents.audit.actors import System
for number in itertools.count():
    people.join(email=f"writer{number}@example.org", name=f"Writer {number}", by=System("test"))
"""


def start(database: TestDatabase, *command: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, **database.environment, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def sign_in(portal: RunningPortal, email: str) -> str:
    """Where a person gets to with the right password: the address of the page after signing in."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    address = f"http://localhost:{portal.port}/accounts/login/"
    page = browser.open(address, timeout=30).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], "login": email, "password": PASSWORD}).encode()
    answer = browser.open(urllib.request.Request(address, form, {"Referer": address}), timeout=30)
    return str(urllib.parse.urlsplit(answer.url).path)


def test_backup_of_a_busy_portal_comes_back_elsewhere_and_at_home(
    own_database: TestDatabase, tmp_path: Path, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the served portal knows no other
    assemble()
    connections.close_all()
    (own_database.folder / "packs").mkdir(exist_ok=True)
    (own_database.folder / "packs" / "kept.pdf").write_bytes(b"%PDF kept")
    archive = tmp_path / "busy.tar"
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        writer = start(own_database, "-c", WRITER)
        try:
            time.sleep(8)
            done = own_database.command("backup", str(archive), "--with-keys")
            assert done.returncode == 0, done.stderr
            time.sleep(8)
        finally:
            writer.kill()
            writer.wait()
    assert own_database.command("audit_checkpoint").returncode == 0
    everything, known = trail(), Seal.objects.order_by("-number")[0].size
    connections.close_all()

    with fresh_place(own_database, tmp_path / "elsewhere") as place:
        done = place.command("restore", str(archive), "--yes")
        assert done.returncode == 0, done.stderr
        assert "missing" not in done.stdout
        with looking_at(place):
            restored = [event for event in trail() if event[1] != "backup.restored"]
            assert restored == everything[: len(restored)]
            assert 20 < len(restored) < len(everything)
            joined = sum(name == "person.joined" for _pk, name, _body in restored)
            assert len(people()) == joined  # a person and the event of their coming, or neither
        assert (place.folder / "packs" / "kept.pdf").read_bytes() == b"%PDF kept"
        with serving(place.environment, tmp_path) as portal:
            portal.wait_until_healthy()
            assert sign_in(portal, "ann@example.org") != "/accounts/login/"
        verified = place.command("audit_verify")
        assert verified.returncode == 0, verified.stdout

    done = own_database.command("restore", str(archive), "--yes")
    assert done.returncode == 0, done.stderr
    assert "events after the backup are known to be missing" in done.stdout
    waiting = Rollback.objects.get(acknowledged_at__isnull=True)
    assert waiting.known_size == known
    connections.close_all()
    with serving(own_database.environment, tmp_path) as portal:
        portal.wait_until_healthy()
        assert portal.answers("/accounts/login/") == 200
    assert own_database.command("audit_acknowledge", "--reason", "A rehearsal.").returncode == 0
    verified = own_database.command("audit_verify")
    assert verified.returncode == 0, verified.stdout


def test_killed_backups_leave_no_half_of_one(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    connections.close_all()
    (own_database.folder / "packs").mkdir(exist_ok=True)
    (own_database.folder / "packs" / "large.pdf").write_bytes(os.urandom(200_000_000))
    shelf, dice, cut = tmp_path / "shelf", random.Random(3), 0
    shelf.mkdir()
    for turn in range(KILLS):
        process = start(own_database, "manage.py", "backup", str(shelf / f"{turn}.tar"))
        time.sleep(dice.uniform(0.8, 2.5))
        process.kill()
        process.wait()
        cut += not (shelf / f"{turn}.tar").exists()
    assert cut
    assert own_database.command("backup", str(shelf / "last.tar")).returncode == 0
    assert not [path for path in shelf.iterdir() if path.suffix != ".tar"]  # the next one swept what the killed left
    for path in shelf.iterdir():
        with tarfile.open(path) as tar:
            assert "manifest.json" in tar.getnames(), path


def test_killed_restores_leave_the_old_database_or_the_new_one(own_database: TestDatabase, tmp_path: Path) -> None:
    assemble()
    connections.close_all()
    archive = tmp_path / "first.tar"
    assert own_database.command("backup", str(archive)).returncode == 0
    first = trail()[:-1]  # the backup's own event came after the copy
    second = trail()
    dice, outcomes = random.Random(4), set()
    for _turn in range(KILLS):
        process = start(own_database, "manage.py", "restore", str(archive), "--yes")
        time.sleep(dice.uniform(0.8, 4))
        process.kill()
        process.wait()
        time.sleep(1)  # PostgreSQL notices that its client is gone
        with looking_at(own_database):
            found = [event for event in trail() if event[1] != "backup.restored"]
        assert found in (first, second)
        outcomes.add(len(found))
        if found == first:
            second = first
    assert own_database.command("restore", str(archive), "--yes").returncode == 0
    assert not list(own_database.folder.glob(".*.unfinished"))
    verified = own_database.command("audit_verify")
    assert verified.returncode == 0, verified.stdout
