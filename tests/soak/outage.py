"""A portal whose Redis is stopped for ten minutes, while people go on and every page is opened again and again.

It stands beside the other soak tests: what needs ten minutes begins with them and is looked at after them.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from django.urls import reverse

from agents import clock
from agents.access.models import Grant
from agents.registry.models import Agent
from tests.builders import agent_at
from tests.database import TestDatabase
from tests.matrix import MATRIX
from tests.people import assemble
from tests.services import free_port
from tests.soak.fleet import SERVE, Fleet, redis_command, redis_url
from tests.soak.forms import registration_of
from tests.soak.people import Ledger, Person, let_them_sign_in
from tests.soak.waiting import until, what_waits
from tests.test_matrix import build_world, expected

SECONDS = 600
BETWEEN_PAGES = 0.4  # seconds: the other soak tests want the machine too
PACKS = 3
ENDING = "Ends meanwhile"


@dataclass
class Outage:
    """The running portal, its pages, and what the walk through them met."""

    database: TestDatabase
    folder: Path
    fleet: Fleet = field(default_factory=Fleet)
    ledger: Ledger = field(default_factory=Ledger)
    pages: dict[str, int] = field(default_factory=dict)  # address → the status an administrator gets
    fields: dict[str, object] = field(default_factory=dict)  # of a registration
    people: dict[str, Person] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    walks: int = 0
    url: str = ""
    began_at: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)
    walker: threading.Thread | None = None

    def begin(self) -> None:
        """The portal works, has work that comes due meanwhile, and has lost its Redis. Called inside its database."""
        cast = assemble()
        let_them_sign_in()
        world = build_world(cast)
        ending = agent_at(Agent.State.ACTIVE, cast, name=ENDING).grants.get()
        port, redis_port = free_port(), free_port()
        self.url = f"http://localhost:{port}"
        environment = {**self.database.environment, "PORT": str(port), "REDIS_URL": redis_url(redis_port)}
        self.fleet.add("redis", redis_command(self.folder / "redis", redis_port), {}, self.folder)
        self.fleet.add("portal", SERVE, environment, self.folder)
        self.people = {name: self.person(name) for name in ("ada", "ann", "bob", "cat", "cora")}
        until(lambda: all(one.is_signed_in or one.sign_in() for one in self.people.values()), lambda: "nobody can sign in")
        until(lambda: not what_waits(), what_waits)
        for name, row in MATRIX.items():
            self.pages[reverse(name, kwargs=row.needs(world))] = 200 if name == "pack_pdf" else expected(row, "ada")
        self.fields = registration_of(cast)
        self.stop_redis()
        Grant.objects.filter(pk=ending.pk).update(expires_at=clock.now())
        self.walker = threading.Thread(target=self.walk, daemon=True)
        self.walker.start()

    def person(self, name: str) -> Person:
        return Person(name, self.url, self.ledger, patience=30)

    def stop_redis(self) -> None:
        redis = self.fleet.members["redis"]
        assert redis.process is not None
        redis.process.terminate()
        redis.process.wait(30)
        self.began_at = time.monotonic()
        self.ledger.statuses.clear()
        self.ledger.silent = 0

    def walk(self) -> None:
        """Page after page, and people at work between them. Asks no model: this process works on other databases meanwhile."""
        while not self.over.is_set():
            self.register_to_the_first_access(f"Registered meanwhile {self.walks}")
            self.ask_for_a_pack()
            newcomer = self.person("ada")
            if not newcomer.sign_in():
                self.wrong.append("ada cannot sign in")
            for page, wanted in self.pages.items():
                if self.over.wait(BETWEEN_PAGES):
                    return
                answer = newcomer.get(page)
                got = answer.status_code if answer is not None else "no answer"
                if got != wanted:
                    self.wrong.append(f"{page}: {got}, not {wanted}")
            self.walks += 1

    def register_to_the_first_access(self, name: str) -> None:
        people = self.people
        self.must(people["ann"], "/agents/new/", {**self.fields, "name": name}, "register", name)
        [agent] = self.uids("SELECT uid FROM registry_agent WHERE name = %s", name)
        self.must(people["bob"], f"/inbox/agents/{agent}/", {"answer": "accept"}, "own", agent)
        lines = "JOIN access_accessrequest r ON r.id = l.request_id JOIN registry_agent a ON a.id = r.agent_id"
        for line in self.uids(f"SELECT l.uid FROM access_requestline l {lines} WHERE a.name = %s", name):
            self.must(people["cat"], f"/inbox/lines/{line}/", {"answer": "approve", "days": "7"}, "approve", line)

    def ask_for_a_pack(self) -> None:
        today = datetime.now(UTC).date()
        form: dict[str, object] = {
            "framework": "hipaa",
            "since": str(today - timedelta(days=self.walks + 1)),
            "until": str(today),
        }
        if self.walks < PACKS:
            self.must(self.people["cora"], "/packs/new/", form, "pack", "")

    def must(self, person: Person, path: str, form: dict[str, object], what: str, key: str) -> None:
        answer = person.submit(path, form, what=what, key=key)
        if answer is None or answer.status_code != 302:
            self.wrong.append(f"{person.name}: POST {path}: {answer.status_code if answer is not None else 'no answer'}")

    def uids(self, query: str, name: str) -> list[str]:
        with psycopg.connect(self.database.environment["DATABASE_URL"]) as server:
            return [str(row[0]) for row in server.execute(query.encode(), [name]).fetchall()]

    def finish(self) -> None:
        """The ten minutes are over and nobody walks any more; Redis is still away."""
        assert self.walker is not None
        while self.walker.is_alive() and (left := SECONDS - (time.monotonic() - self.began_at)) > 0:
            self.walker.join(min(left, 5))
        self.over.set()
        self.walker.join(120)

    def start_redis(self) -> None:
        self.fleet.members["redis"].bury()
        self.fleet.look_after()
