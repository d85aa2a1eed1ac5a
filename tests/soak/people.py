"""People of the cast at work in browsers without a screen: each signs in, sends forms and notes what they were told.

What was acknowledged (302, or the bytes of a file) must have happened; whoever hears nothing presses the button again.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from django.contrib.auth.hashers import make_password
from django.db import connections
from django.test import override_settings

from agents.people.models import User
from tests.people import PASSWORD

# The cast is made with the tests' quick hasher, which a served portal rightly does not know.
SERVED = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def let_them_sign_in() -> None:
    """Everybody's password is one that a served portal checks."""
    with override_settings(PASSWORD_HASHERS=SERVED):
        User.objects.update(password=make_password(PASSWORD))


@dataclass
class Ledger:
    """What the portal acknowledged, and every status it ever answered. Shared by the people's threads."""

    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    silent: int = 0

    def of(self, what: str) -> list[str]:
        return [key for kind, key in self.acknowledged if kind == what]


class Person:
    """Somebody with a browser. `url` may begin to answer later, and stop at any moment."""

    def __init__(self, name: str, url: str, ledger: Ledger, patience: float = 20) -> None:
        self.name, self.ledger = name, ledger
        self.browser = httpx.Client(base_url=url, timeout=patience, follow_redirects=False)
        self.is_signed_in = False

    def sign_in(self) -> bool:
        shown = self._send("GET", "/accounts/login/")
        if shown is None or shown.status_code != 200:
            return False
        answer = self._post("/accounts/login/", {"login": f"{self.name}@example.org", "password": PASSWORD})
        self.is_signed_in = answer is not None and answer.status_code == 302
        return self.is_signed_in

    def get(self, path: str) -> httpx.Response | None:
        """The answer; None when nobody answered."""
        if not self.is_signed_in and not self.sign_in():
            return None
        return self._send("GET", path)

    def submit(self, path: str, form: dict[str, object], *, what: str, key: str) -> httpx.Response | None:
        """The form is sent. 302 goes into the ledger as (what, key); None when nobody answered."""
        if not self.is_signed_in and not self.sign_in():
            return None
        answer = self._post(path, form)
        if answer is not None and answer.status_code == 302:
            assert "/accounts/login/" not in answer.headers["Location"], f"{self.name} was signed out at {path}"
            self.ledger.acknowledged.append((what, key or answer.headers["Location"]))
        return answer

    def _post(self, path: str, form: dict[str, object]) -> httpx.Response | None:
        token = self.browser.cookies.get("csrftoken") or ""
        return self._send("POST", path, data={**form, "csrfmiddlewaretoken": token})

    def _send(self, method: str, path: str, **more: object) -> httpx.Response | None:
        try:
            answer = self.browser.request(method, path, **more)  # type: ignore[arg-type]
        except httpx.TransportError:
            self.ledger.silent += 1
            return None
        self.ledger.statuses[answer.status_code] += 1
        if answer.status_code >= 500 or answer.status_code in {404, 405, 410}:
            self.ledger.wrong.append(f"{self.name}: {method} {path}: {answer.status_code}")
        return answer


@contextmanager
def at_work(*errands: Callable[[], None], rest: float = 0.2) -> Iterator[None]:
    """Each errand is run again and again in a thread of its own until the block is left. Raises what one of them raised."""
    over = threading.Event()
    problems: list[BaseException] = []

    def work(errand: Callable[[], None]) -> None:
        try:
            while not over.is_set():
                errand()
                time.sleep(rest)
        except BaseException as problem:  # noqa: BLE001  (told below, in the test's own thread)
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[errand], daemon=True) for errand in errands]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(120)
    if problems:
        raise problems[0]
