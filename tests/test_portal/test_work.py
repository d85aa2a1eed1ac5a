"""The page /work/: what gave up, what is under way, how each job is doing, and whether the scheduler is there."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from agents import clock
from agents.audit import due
from agents.audit.models import DueRun, Reaction, TrailEvent
from compliance.actions import packs
from compliance.models import Pack
from reviews.models import Cadence, Campaign
from tests.people import Cast

pytestmark = pytest.mark.django_db


def desk(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast.everybody[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def dead(cast: Cast) -> Reaction:
    event = TrailEvent.objects.filter(event="person.joined").latest("id")
    return Reaction.objects.create(
        event_id=event.pk, handler="portal.notices.ask_the_owner", state="dead", attempts=8, last_error="OSError: <away>"
    )


def shown(cast: Cast, who: str = "ada", **headers: str) -> str:
    return desk(cast, who).get("/work/", headers=headers or None).content.decode()


def test_a_scheduler_that_was_here_is_good_news(cast: Cast) -> None:
    due.scheduler_was_here()
    page = shown(cast)
    assert "The scheduler was last seen" in page
    assert "Nothing that ended is allowed meanwhile" not in page


def test_a_scheduler_that_is_silent_is_said_with_what_follows(cast: Cast) -> None:
    assert "The scheduler was never seen." in shown(cast)
    due.scheduler_was_here()
    for seconds, is_missing in ((179, False), (180, True)):
        with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=False):
            DueRun.objects.filter(name="beat").update(finished_at=clock.now() - timedelta(seconds=seconds))
            page = shown(cast)
            assert ("Nothing that ended is allowed meanwhile; reviews open late" in page) is is_missing


def test_what_gave_up_is_told_with_its_event_and_its_error(cast: Cast, dead: Reaction) -> None:
    page = shown(cast)
    assert "ask the owner" in page
    assert "OSError: &lt;away&gt;" in page
    assert TrailEvent.objects.get(pk=dead.event_id).target_label in page
    assert "Try all of it again" in page


def test_an_auditor_reads_and_has_no_button(cast: Cast, dead: Reaction) -> None:
    page = shown(cast, "audrey")
    assert "ask the owner" in page
    assert "Administrators and security administrators have failed work tried again; you can read." in page
    assert f"/work/{dead.pk}/retry/" not in page
    assert "Try all of it again" not in page
    for path in (f"/work/{dead.pk}/retry/", "/work/retry/"):
        assert desk(cast, "audrey").post(path).status_code == 403
    assert Reaction.objects.get().state == "dead"
    assert not TrailEvent.objects.filter(event="reaction.retried").exists()


@pytest.mark.parametrize("who", ["ada", "sid"])
def test_one_is_tried_again(cast: Cast, dead: Reaction, who: str) -> None:
    answer = desk(cast, who).post(f"/work/{dead.pk}/retry/", follow=True)
    assert "It is tried again now." in answer.content.decode()
    assert Reaction.objects.get().state == "waiting"
    told = TrailEvent.objects.get(event="reaction.retried")
    assert (told.actor_label, told.request_id != "") == (cast.everybody[who].name, True)
    assert desk(cast, who).post(f"/work/{dead.pk}/retry/").status_code == 409


def test_all_are_tried_again(cast: Cast, dead: Reaction) -> None:
    answer = desk(cast, "sid").post("/work/retry/", {"reason": "The mail server is back."}, follow=True)
    assert "1 is tried again now." in answer.content.decode()
    assert TrailEvent.objects.get(event="reaction.retried").reason == "The mail server is back."
    assert "Nothing gave up" in shown(cast)


def test_long_work_is_shown_with_its_progress(cast: Cast) -> None:
    pack = packs.request("hipaa", since=clock.now().date(), until=clock.now().date(), by=cast.cora)
    Pack.objects.update(state="building", section="controls", done=2, heartbeat_at=clock.now(), attempts=2)
    period = Cadence.objects.get(tier="high").period
    Campaign.objects.create(
        cadence=Cadence.objects.get(tier="high"),
        name="This month, high tier",
        tier="high",
        period_key=period.key,
        period_starts_on=period.starts_on,
        period_ends_on=period.ends_on,
        state="generating",
        heartbeat_at=clock.now() - timedelta(minutes=2),
    )
    page = shown(cast)
    assert f"Evidence: {pack}" in page
    assert "Testing each control" in page
    assert "2 of 7" in page
    assert "Review: This month, high tier" in page
    assert "silent: another worker goes on with it" in page
    assert str(pack) not in shown(cast, "sid")  # who may not read packs learns only that one is built
    assert "An evidence pack" in shown(cast, "sid")


def test_a_job_that_fails_stands_first_with_its_next_try(cast: Cast) -> None:
    due.run_all(but=["compliance.build_packs"])
    last = due.names()[-1]
    DueRun.objects.filter(name=last).update(failing_since=clock.now(), failures=3, last_error="OSError: away")
    page = shown(cast)
    assert page.index(f">{last}<") < page.index(f">{due.names()[0]}<")
    assert "failing" in page
    assert "3 times since" in page
    assert "tries again" in page
    assert "OSError: away" in page
    assert "not run yet" in page  # the job that was left out


def test_the_number_beside_the_place_counts_what_needs_a_look(cast: Cast, dead: Reaction) -> None:
    DueRun.objects.create(name="x", failing_since=clock.now(), failures=1)
    places = desk(cast, "ada").get("/work/").context["places"]
    [count] = [place["count"] for group in places for place in group["places"] if place["url"] == "/work/"]
    assert count == 2


def test_the_part_that_is_shown_afresh_is_no_page(cast: Cast) -> None:
    part = shown(cast, **{"HX-Request": "true"})
    assert part.startswith('<div class="m-stack" id="work"')
    assert "<html" not in part


def test_as_csv(cast: Cast, dead: Reaction) -> None:
    due.run_all(but=["compliance.build_packs"])
    packs.request("hipaa", since=clock.now().date(), until=clock.now().date(), by=cast.cora)
    answer = desk(cast, "audrey").get("/work/?format=csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="work-')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = [line.split(",")[0] for line in text.splitlines()[1:]]
    assert rows == ["gave up", "long work", *["by the clock"] * len(due.names())]
