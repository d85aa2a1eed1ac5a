"""One mandate, all the way, by people clicking in a browser: the issue's steps 1 to 6 on one portal that `serve` runs."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db.models import QuerySet
from pdfminer.high_level import extract_text
from playwright.sync_api import Locator, Request, expect

from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.registry.models import Agent
from agents.runtime.decisions import is_effective
from reviews.models import Campaign, Item
from tests.browser.portal import Desk, browser, served, until
from tests.database import TestDatabase

pytestmark = pytest.mark.browser
DATA = Path(__file__).resolve().parents[1] / "data"
NAME = "Discharge planner"
REFUSED = "Copies of records stay in the hospital."
ENDED = "The pilot on ward 4 is over."
SIZES = [pytest.param(1440, 900, "light", id="1440-light"), pytest.param(390, 844, "dark", id="390-dark")]


@pytest.mark.parametrize(("width", "height", "scheme"), SIZES)
def test_one_mandate_goes_all_the_way(
    own_database: TestDatabase,
    browser_program: str,
    tmp_path: Path,
    width: int,
    height: int,
    scheme: str,
) -> None:
    told = own_database.command("seed_demo")
    assert told.returncode == 0, told.stderr
    imported = own_database.command(
        "import_agents", str(DATA / "aws-account-authorization-details.json"), "--format", "aws-account-authorization-details"
    )
    assert imported.returncode == 0, imported.stdout + imported.stderr
    with browser(browser_program) as chromium:

        @contextmanager
        def at_desk(address: str, email: str) -> Iterator[Desk]:
            desk = Desk(
                chromium, address, f"{email}@meridian.example", width=width, height=height, scheme=scheme, pictures=tmp_path
            )
            try:
                yield desk
            finally:
                desk.leave()

        with served(own_database) as address:
            # This month's review opens within seconds, long before anybody has registered the newcomer.
            until(lambda: this_month().exists(), "the review did not open by itself")
            with at_desk(address, "ines.brandt") as desk:
                register(desk)
            with at_desk(address, "oscar.lindqvist") as desk:
                accept(desk)
            with at_desk(address, "samuel.okafor") as desk:
                decide(desk)
            agent = Agent.objects.get(name=NAME)
            granted = Grant.objects.get(agent=agent)
            assert agent.state == Agent.State.ACTIVE
            assert granted.entitlement.name == "records:read"
            assert is_effective(agent, granted.entitlement).allowed
            with at_desk(address, "rita.moreau") as desk:
                review(desk, agent)
            assert not is_effective(agent, granted.entitlement).allowed
            with at_desk(address, "carla.rossi") as desk:
                pack(desk)
            with at_desk(address, "oscar.lindqvist") as desk:
                read_the_story(desk, agent)


def register(desk: Desk) -> None:
    """Ines begins, leaves, comes back and submits."""
    page = desk.page
    desk.look("home")
    desk.open("/agents/new/")
    page.get_by_label("Agent name").fill(NAME)
    page.get_by_label("Business purpose").fill("Suggests discharge dates; a doctor decides.")
    desk.go(page.get_by_role("button", name="Save draft"))
    page.wait_for_url("**/agents/drafts/**")
    desk.look("draft-saved")
    desk.open("/agents/")
    desk.go(page.get_by_role("link", name=NAME).or_(page.get_by_role("link", name=f"Continue {NAME}")).first)
    page.get_by_label("Model or platform").fill("Claude on Bedrock")
    choose_person(desk, "Human owner", "Oscar Lindqvist")
    choose_person(desk, "Technical owner", "Tara Nguyen")
    page.get_by_label("Environment").select_option("production")
    page.get_by_label("Region").fill("US East")
    page.get_by_label("health records (ePHI)").check()
    page.get_by_label("Patient records").check()
    page.get_by_label("Lets the agent read the records of all patients.").check()
    page.get_by_label("Lets the agent take copies of records out of the hospital.").check()
    page.get_by_label("Days for records:read").fill("30")
    desk.look("form-filled")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_url("**/agents/discharge-planner/")
    desk.look("submitted")


def choose_person(desk: Desk, label: str, name: str) -> None:
    desk.page.get_by_role("combobox", name=label).fill(name)
    desk.page.get_by_role("option", name=name).first.click()


def accept(desk: Desk) -> None:
    """Oscar reads what he would answer for, and accepts."""
    page = desk.page
    desk.look("home")
    desk.open("/inbox/")
    turn_to(desk, NAME, "Accepting ownership approves no access")
    desk.look("ownership")
    expect(page.get_by_text("Accepting ownership approves no access")).to_be_visible()
    desk.go(page.get_by_role("button", name="Accept ownership"))
    expect(page.get_by_text(f"You are the owner of {NAME} now.")).to_be_visible()
    assert Agent.objects.get(name=NAME).state == Agent.State.PENDING_APPROVAL


def decide(desk: Desk) -> None:
    """Samuel approves reading and refuses copying, with a reason."""
    for permission, effect, act in (
        ("records:read", "Lets the agent read the records of all patients.", approve),
        ("records:export", "Lets the agent take copies of records out of the hospital.", refuse),
    ):
        desk.open("/inbox/")
        turn_to(desk, NAME, effect, permission)
        desk.look(f"line-{permission.partition(':')[2]}")
        act(desk)


def turn_to(desk: Desk, *words: str) -> None:
    """One decision a screen: on to the next until this is it."""
    for _turn in range(10):
        shown = desk.page.get_by_role("article").inner_text()
        if all(word in shown for word in words):
            return
        desk.go(desk.page.get_by_role("link", name="Next").first)
    raise AssertionError(f"no decision shows {words}")


def approve(desk: Desk) -> None:
    desk.go(desk.page.get_by_role("button", name="Approve for 30 days"))
    expect(desk.page.get_by_text(f"Approved: {NAME} holds")).to_be_visible()


def refuse(desk: Desk) -> None:
    desk.page.get_by_text("Refuse with reason…").click()
    desk.page.get_by_label("Why not?").fill(REFUSED)
    desk.go(desk.page.get_by_role("button", name="Refuse this access"))
    expect(desk.page.get_by_text(f"Refused: {NAME} does not get")).to_be_visible()


def review(desk: Desk, agent: Agent) -> None:
    """This month's review of high-tier agents had opened by itself, once; the newcomer joins it, and Rita ends its access."""
    until(lambda: Item.objects.filter(agent=agent, campaign__in=this_month()).exists(), "the agent did not join the review")
    campaign = this_month().get()
    assert campaign.opened_at is not None
    assert agent.activated_at is not None
    assert campaign.opened_at < agent.activated_at
    assert list(Agent.objects.filter(review_items__campaign=campaign, review_items__joined_at__isnull=False).distinct()) == [
        agent
    ]
    page = desk.page
    desk.open("/reviews/")
    desk.go(page.get_by_role("link", name=campaign.name))
    desk.look("worksheet")
    expect(page.get_by_text("1 joined since it opened")).to_be_visible()
    card = page.get_by_role("region", name=NAME, exact=True)
    turn_up(desk, card)
    expect(card.get_by_text("joined later")).to_be_visible()
    row = card.locator("[data-item]").filter(has_text="Lets the agent read the records of all patients.")
    row.get_by_text("End access now…").click()
    row.get_by_label("Why should it end?").fill(ENDED)
    desk.look("ending")
    row.get_by_role("button", name="End access now", exact=True).click()
    expect(page.get_by_text("access stopped").first).to_be_visible()
    desk.look("ended")


def turn_up(desk: Desk, card: Locator) -> None:
    """The worksheet gives its agents in parts, each when the end of the last one is seen."""

    def is_there() -> bool:
        desk.page.evaluate("document.querySelector('[data-more]')?.scrollIntoView()")
        return card.count() > 0

    until(is_there, "the worksheet does not show the newcomer")


def this_month() -> QuerySet[Campaign]:
    return Campaign.objects.filter(tier="high", state="open")


def pack(desk: Desk) -> None:
    """Carla asks for HIPAA over a period, sees it being built, and downloads a sealed PDF."""
    page = desk.page
    desk.open("/compliance/")
    desk.open("/packs/")
    desk.open("/packs/new/")
    # The page holds still for its picture: it is told "nothing new" as often as it asks.
    page.route("**/packs/*-*/", lambda route: route.fulfill(status=204) if asks_again(route.request) else route.continue_())
    desk.go(page.get_by_role("button", name="Build this pack"))
    page.wait_for_url("**/packs/*-*/")
    expect(page.get_by_role("progressbar")).to_be_visible()
    desk.look("building")
    page.unroute_all()
    link = page.get_by_role("link", name="PDF").or_(page.get_by_role("link", name="Download")).first
    expect(link).to_be_visible(timeout=300_000)
    desk.look("ready")
    with page.expect_download() as started:
        link.click()
    content = Path(started.value.path()).read_bytes()
    sealed = TrailEvent.objects.filter(event="pack.ready").latest("id")
    fingerprint = hashlib.sha256(content).hexdigest()
    assert fingerprint in str(sealed.after)
    text = " ".join(extract_text(io.BytesIO(content)).split())
    for question in ("Which agent", "Who owns", "What can it reach", "Why was that granted", "When is it reviewed"):
        assert question in text
    for told in (NAME, REFUSED, ENDED, "Demonstration data"):
        assert told in text, told


def asks_again(request: Request) -> bool:
    """Whether this is the page that looks how far the pack is, not somebody who opens it."""
    return "hx-request" in request.headers


def read_the_story(desk: Desk, agent: Agent) -> None:
    """The agent's page tells all of it."""
    desk.open(f"/agents/{agent.slug}/")
    story = desk.page.locator("main").inner_text()
    for told in ("Ines Brandt", "Oscar Lindqvist", "Samuel Okafor", "Rita Moreau", REFUSED, ENDED):
        assert told in story, told
