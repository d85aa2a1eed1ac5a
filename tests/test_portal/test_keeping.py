"""/trail/keeping/: what is kept and why, holds, and what was removed."""

import random
from datetime import UTC, datetime

import pytest
from django.test import Client

from agents import clock
from agents.audit.models import LegalHold, RemovedSegment, Seal
from agents.people.actions import holds
from tests.people import Cast
from tests.trails import seal, tell, trail_home  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trail_home")]


def sealed_in(year: int) -> None:
    with clock.moved_to(datetime(year, 6, 15, tzinfo=UTC)):
        tell(5, random.Random(year))
        seal()


def test_an_empty_trail_says_what_will_be_here(cast: Cast, client: Client) -> None:
    client.force_login(cast.audrey)
    page = client.get("/trail/keeping/").content.decode()
    for sentence in ("Nothing is sealed yet", "No legal hold stands", "Nothing was ever removed", "45 CFR 164.316(b)(2)(i)"):
        assert sentence in page
    assert "Compliance officers and administrators place" in page
    assert "Place the hold" not in page
    assert "How long it is kept" in client.get("/trail/").content.decode()


def test_each_month_says_whether_it_must_be_kept(cast: Cast, client: Client) -> None:
    seal()  # what the cast did, this month
    sealed_in(2015)
    sealed_in(2016)
    sealed_in(2017)
    sealed_in(2025)
    last = Seal.objects.get(number=3)
    facts = {"root": bytes(last.root), "first_at": last.last_at, "last_at": last.last_at, "removed_at": clock.now()}
    RemovedSegment.objects.create(
        first_seal=1, last_seal=3, first_position=0, size=last.size, count=last.count, removed_by="x", reason="Over.", **facts
    )
    client.force_login(cast.cora)
    rows = client.get("/trail/keeping/?format=csv")
    lines = b"".join(rows).decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] + " " + line.split(",")[5] for line in lines[2:]] == [
        "2025-06 kept",
        "2017-06 over",
        "2016-06 removed",
        "2015-06 removed",
    ]
    assert "2031-07-01" in lines[2]
    client.post("/trail/keeping/", {"name": "Case 7", "reason": "A lawsuit.", "since": "2017-06-30", "until": "2017-07-02"})
    page = client.get("/trail/keeping/").content.decode()
    for words in ("held", "Case 7", "removed", "until 1 July 2031", bytes(last.root).hex()[:12]):
        assert words in page


def test_a_hold_is_placed_and_released_on_the_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.cora)
    wrong = client.post("/trail/keeping/", {"name": "Case 7", "reason": ""})
    assert (wrong.status_code, LegalHold.objects.count()) == (400, 0)
    assert client.post("/trail/keeping/", {"name": "Case 7", "reason": "A lawsuit."}).status_code == 302
    hold = LegalHold.objects.get()
    assert client.post(f"/trail/keeping/holds/{hold.uid}/release/", {"reason": "Settled."}).status_code == 302
    hold.refresh_from_db()
    assert (hold.released_by, hold.release_reason) == ("Cora", "Settled.")


def test_who_may_not_is_told_so_and_nothing_changes(cast: Cast, client: Client) -> None:
    hold = holds.place(name="Case 7", reason="A lawsuit.", by=cast.cora)
    client.force_login(cast.audrey)
    assert client.post("/trail/keeping/", {"name": "Case 8", "reason": "A lawsuit."}).status_code == 403
    assert client.post(f"/trail/keeping/holds/{hold.uid}/release/", {"reason": "Settled."}).status_code == 403
    client.force_login(cast.sam)
    assert client.post(f"/trail/keeping/holds/{hold.uid}/release/", {"reason": "Settled."}).status_code == 404
    assert LegalHold.objects.get().released_at is None
