"""The shell under real fingers: console, search, menus, second factors; by keyboard, on both screens, in both themes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import expect

from agents.people.models import User
from agents.registry.models import Agent
from tests.browser.portal import PASSWORD, Desk, browser, served
from tests.builders import agent_at
from tests.database import TestDatabase
from tests.people import assemble

pytestmark = pytest.mark.browser
SIZES = [
    pytest.param(1440, 900, "light", id="1440-light"),
    pytest.param(390, 844, "dark", id="390-dark"),
]


@pytest.fixture
def desk_at(own_database: TestDatabase, browser_program: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Ada, the administrator, at a screen of that size; the agent of the builders is at work."""

    @contextmanager
    def at(width: int, height: int, scheme: str) -> Iterator[Desk]:
        cast = assemble()
        agent_at(Agent.State.ACTIVE, cast)
        User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "a-salt-of-the-test"))
        with served(own_database) as address, browser(browser_program) as chromium:
            # Passkeys belong to a name, never to an IP address.
            named = address.replace("127.0.0.1", "localhost")
            desk = Desk(chromium, named, cast.ada.email, width=width, height=height, scheme=scheme, pictures=tmp_path)
            try:
                yield desk
            finally:
                desk.leave()

    return at


@pytest.mark.parametrize(("width", "height", "scheme"), SIZES)
def test_console_search_and_security_pages_are_whole(desk_at, width: int, height: int, scheme: str) -> None:  # type: ignore[no-untyped-def]
    with desk_at(width, height, scheme) as desk:
        for path in (
            "/console/",
            "/console/registry/agent/",
            "/console/audit/trailevent/",
            "/search/?q=patient",
            "/accounts/2fa/",
        ):
            desk.open(path)
        desk.open("/console/registry/agent/")
        desk.go(desk.page.get_by_role("link", name="Discharge summariser").first)
        desk.look("console-row")
        desk.open("/accounts/2fa/totp/activate/")  # asks for the password once more
        desk.page.get_by_label("Password").fill(PASSWORD)
        desk.go(desk.page.get_by_role("button", name="Confirm"))
        desk.look("authenticator-app")
        expect(desk.page.get_by_role("img").first).to_be_visible()
        for path in ("/accounts/2fa/webauthn/add/", "/accounts/password/change/"):
            desk.open(path)
        for path in ("/no/such/page/", "/accounts/email/"):
            desk.page.goto(desk.address + path)
            assert Axe().run(desk.page).violations_count == 0
            expect(desk.page.get_by_role("heading", level=1)).to_have_text("There is nothing here for you")


def test_everything_of_the_shell_works_without_a_mouse(desk_at) -> None:  # type: ignore[no-untyped-def]
    with desk_at(1440, 900, "light") as desk:
        page = desk.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Control+k")
        found = page.get_by_role("option", name="Patient records")
        page.keyboard.type("patient")
        expect(found).to_have_attribute("aria-selected", "true")
        desk.look("search-open")
        page.keyboard.press("Enter")
        page.wait_for_url("**/systems/patient-records/")
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        desk.look("keys-open")
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("a")
        page.wait_for_url("**/agents/")
        page.locator(".m-me > summary").focus()
        page.keyboard.press("Enter")
        desk.look("menu-open")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Dark")).to_be_focused()
        page.keyboard.press("Enter")
        page.reload()
        expect(page.locator("html")).to_have_class("dark")
        page.locator(".m-me > summary").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Sign out").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/accounts/login/")


def test_menu_of_a_phone_opens_and_closes(desk_at) -> None:  # type: ignore[no-untyped-def]
    with desk_at(390, 844, "dark") as desk:
        page = desk.page
        opener = page.get_by_role("button", name="Menu")
        expect(page.get_by_role("link", name="Agents", exact=True)).to_be_hidden()
        opener.click()
        desk.look("phone-menu")
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
        expect(opener).to_have_attribute("aria-expanded", "false")
        opener.click()
        page.get_by_role("link", name="Systems", exact=True).click()
        page.wait_for_url("**/systems/")


def test_passkey_is_added_and_opens_the_door(desk_at) -> None:  # type: ignore[no-untyped-def]
    with desk_at(1440, 900, "light") as desk:
        page = desk.page
        authenticator = desk.context.new_cdp_session(page)
        authenticator.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        desk.open("/accounts/2fa/webauthn/add/")
        page.get_by_label("Password").fill(PASSWORD)
        desk.go(page.get_by_role("button", name="Confirm"))
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add").click()
        page.wait_for_url("**/accounts/2fa/**codes/**")
        desk.look("recovery-codes")
        desk.open("/accounts/2fa/webauthn/")
        desk.context.clear_cookies()
        page.goto(f"{desk.address}/accounts/login/", wait_until="networkidle")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{desk.address}/")
        expect(page.locator(".m-me-name")).to_contain_text("Ada")
