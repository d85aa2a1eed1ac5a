"""The portal as it is really served, and a browser in front of it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.database import ROOT, TestDatabase

PASSWORD = "mandate-demo"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
MOST_SECONDS = 120  # for one thing to happen on a machine with much else to do; what goes well takes a moment


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(database: TestDatabase, *arguments: str, **environment: str) -> Iterator[str]:
    """`manage.py serve` on this database: web, worker and beat, as `make run` starts them. Gives the address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    told = {**os.environ, **database.environment, "PORT": str(port), "MANDATE_BASE_URL": address, **environment}
    log = database.folder / "serve.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "serve", *arguments],
            cwd=ROOT,
            env=told,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: _answers(f"{address}/healthz"), f"the portal does not answer:\n{log.read_text()}")
            yield address
        finally:
            server.terminate()
            server.wait(timeout=MOST_SECONDS)


def until(true: Callable[[], bool], otherwise: str) -> None:
    """Waits until it is true. Fails with `otherwise` after MOST_SECONDS."""
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    raise AssertionError(otherwise)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    expect.set_options(timeout=MOST_SECONDS * 1000)
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the database is only asked while that loop rests.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET)
        try:
            yield chromium
        finally:
            chromium.close()
            # Django keeps connections apart for such a loop. Left open, they would answer the next test's questions from
            # this test's database.
            connections.close_all()


class Desk:
    """One signed-in person at a screen. Every page they open is checked by axe; nothing may reach the console as an error,
    no request may leave the portal, and no page may be wider than the screen."""

    def __init__(
        self, browser: Browser, address: str, email: str, *, width: int, height: int, scheme: str, pictures: Path
    ) -> None:
        self.address, self.width, self.pictures = address, width, pictures
        self.name = email.partition("@")[0]
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        self.context.set_default_timeout(MOST_SECONDS * 1000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._overhear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._watch(request.url))
        self._sign_in(email)

    def _sign_in(self, email: str) -> None:
        self.page.goto(f"{self.address}/accounts/login/")
        self.look("sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(f"{self.address}/")

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look(re.sub(r"[^a-z]+", "-", path.strip("/")) or "home")

    def go(self, control: Locator) -> None:
        """A control that leads on was pressed, and the page after it is there."""
        with self.page.expect_navigation():
            control.click()

    def look(self, name: str) -> None:
        """A picture is kept, axe has nothing to say, and the page fits the screen."""
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=self.pictures / f"{self.name}-{name}.png", full_page=True)
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}:\n{found.generate_report()}"
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, (
            f"{self.page.url} is wider than the screen"
        )
        assert not self.complaints, f"{self.page.url}: {self.complaints}"

    def _overhear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _watch(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"a request left the portal: {url}")

    def leave(self) -> None:
        self.context.close()
