"""/sinks/, /health/ and their neighbours as people see them: empty and with something wrong, on both screens, in both themes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from playwright.sync_api import expect

from agents import clock
from agents.audit.models import Alarm, Checkpoint, CheckpointSink, Reaction, Rollback
from agents.people.models import User
from tests.browser.portal import PASSWORD, Desk, browser
from tests.database import TestDatabase
from tests.people import Cast, assemble
from tests.serving import web_only

pytestmark = pytest.mark.browser


def something_wrong() -> None:
    """A sink that took it, one that does not, one that is paused; work that was given up, and its alarm."""
    now = clock.now()
    Checkpoint.objects.create(
        epoch=1, size=12_408, root=bytes(32), note="x\n", cause="interval", signed_at=now - timedelta(minutes=20)
    )
    names = ("Auditor's mailbox", "Group log archive", "Old witness")
    kinds = (
        ("mail", "audit@example.net"),
        ("syslog", "logs.example.org:6514"),
        ("https", "https://witness.example.org/a-long/path"),
    )
    for name, (kind, address) in zip(names, kinds, strict=True):
        CheckpointSink.objects.create(name=name, kind=kind, address=address, created_at=now - timedelta(days=3))
    CheckpointSink.objects.filter(kind="mail").update(acknowledged_size=12_408, acknowledged_at=now)
    CheckpointSink.objects.filter(kind="syslog").update(
        acknowledged_size=12_000,
        acknowledged_at=now - timedelta(hours=5),
        attempts=7,
        last_error="logs.example.org did not answer.",
        next_try_at=now + timedelta(minutes=8),
    )
    CheckpointSink.objects.filter(kind="https").update(is_active=False)
    Reaction.objects.create(event_id=1, handler="mail", state=Reaction.State.DEAD)
    Alarm.objects.create(
        name="reactions", sentence="1 piece of follow-up work was given up.", raised_at=now - timedelta(minutes=9)
    )
    Alarm.objects.create(
        name="disk", sentence="0.2 GB are free.", raised_at=now - timedelta(days=2), cleared_at=now - timedelta(days=1)
    )
    connection.close()


def restored() -> None:
    """The portal found itself behind what it had signed."""
    Rollback.objects.create(
        detected_at=clock.now(), known_epoch=1, known_size=13_000, known_root=bytes(32), found_size=12_408, found_root=bytes(32)
    )
    connection.close()


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [pytest.param(1440, 900, "light", id="1440-light"), pytest.param(390, 844, "dark", id="390-dark")],
)
def test_sinks_and_health_are_whole(
    own_database: TestDatabase, browser_program: str, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    cast: Cast = assemble()
    User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "a-salt-of-the-test"))
    with web_only(own_database) as portal, browser(browser_program) as chromium:
        desk = Desk(chromium, portal.url, cast.sid.email, width=width, height=height, scheme=scheme, pictures=tmp_path)
        desk.open("/sinks/")
        expect(desk.page.get_by_text("Nobody outside holds a checkpoint yet")).to_be_visible()
        desk.open("/health/")
        with ThreadPoolExecutor(1) as beside:  # the browser's thread may not ask the database
            beside.submit(something_wrong).result()
        desk.open("/health/")
        expect(desk.page.locator(".m-banner")).to_contain_text("1 piece of follow-up work was given up.")
        desk.page.get_by_role("link", name="See what to do").click()
        for place in ("/work/", "/trail/", "/trail/keeping/", "/restore/"):
            desk.open(place)
        desk.open("/sinks/")
        desk.page.get_by_text("Pause", exact=False).first.click()
        desk.look("sinks-pausing")
        desk.page.get_by_label("Reason").first.fill("The mailbox moves.")
        desk.page.get_by_role("button", name="Send nothing there").first.click()
        expect(desk.page.locator("#m-messages")).to_contain_text("is sent nothing until you resume it.")
        desk.page.get_by_label("Name").fill("Mine")
        desk.page.get_by_label("Address").fill("not an address")
        desk.page.get_by_role("button", name="Add and send").click()
        expect(desk.page.get_by_role("alert")).to_contain_text("Address")
        desk.complaints.clear()  # the browser's own word about the status 400
        desk.look("sinks-refused")
        with ThreadPoolExecutor(1) as beside:
            beside.submit(restored).result()
        desk.open("/restore/")
        expect(desk.page.get_by_text("592 events are missing.")).to_be_visible()
        expect(desk.page.get_by_text("Only an administrator can acknowledge a restored backup.")).to_be_visible()
        desk.leave()
