"""What the people of the cast do all day: register, accept, approve, refuse, end, review, ask for evidence; and imports."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx

from agents import clock
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.registry.models import Agent
from compliance.models import Pack
from reviews.models import Item
from tests.database import ROOT
from tests.people import Cast
from tests.soak.forms import registration_of
from tests.soak.people import Ledger, Person

COLUMNS = (
    "agent name,human owner,technical owner,model or platform,business purpose,connected systems,permissions,"
    "data classes,environment,region,risk level"
)
ROWS, MOST_PACKS = 25, 12


class House:
    """The errands of one house, on the portal at `url`."""

    def __init__(self, cast: Cast, url: str, seed: int, folder: Path, environment: dict[str, str]) -> None:
        self.cast, self.url, self.dice, self.folder = cast, url, random.Random(seed), folder
        self.environment = {**os.environ, **environment}
        self.ledger = Ledger()
        self.ann, self.bob, self.cat, self.rae, self.cora = (
            Person(name, url, self.ledger) for name in ("ann", "bob", "cat", "rae", "cora")
        )
        self.names: list[str] = []
        self.imports_killed = self.imports_done = 0
        self.importing: subprocess.Popen[bytes] | None = None

    @property
    def errands(self) -> list[Callable[[], None]]:
        return [self.register, self.own, self.decide, self.review, self.prove, self.take_in]

    def is_answered(self) -> bool:
        """Whether somebody at the address answers now."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def register(self) -> None:
        """Ann sends the form, and once more when nobody answered: the name she chose is taken only once."""
        name = f"Night shift {len(self.names)}"
        form = {**registration_of(self.cast), "name": name}
        answer = self.ann.submit("/agents/new/", form, what="register", key=name)
        if answer is not None and answer.status_code in {302, 400}:  # 400: the name is taken, by what she sent before
            self.names.append(name)

    def own(self) -> None:
        """Bob accepts most of what is put before him and refuses some; now and then he ends an access."""
        for uid in Agent.objects.filter(state="pending_owner").order_by("id").values_list("uid", flat=True)[:3]:
            if self.dice.random() < 0.15:
                self.bob.submit(f"/inbox/agents/{uid}/", {"answer": "refuse", "reason": "Not mine."}, what="disown", key=str(uid))
            else:
                self.bob.submit(f"/inbox/agents/{uid}/", {"answer": "accept"}, what="own", key=str(uid))
        active = Grant.objects.filter(state="active", origin="requested", agent__state="active")
        for uid in active.order_by("?").values_list("uid", flat=True)[: self.dice.random() < 0.3]:
            self.bob.submit(f"/grants/{uid}/end/", {"reason": "Not needed any more."}, what="end", key=str(uid))

    def decide(self) -> None:
        """Cat approves, shortens or refuses."""
        waiting = RequestLine.objects.filter(state="pending", request__state=AccessRequest.State.PENDING)
        for uid in waiting.order_by("id").values_list("uid", flat=True)[:4]:
            if self.dice.random() < 0.2:
                self.cat.submit(f"/inbox/lines/{uid}/", {"answer": "refuse", "reason": "Too much."}, what="deny", key=str(uid))
            else:
                form: dict[str, object] = {"answer": "approve", "days": self.dice.choice(["7", "30"])}
                self.cat.submit(f"/inbox/lines/{uid}/", form, what="approve", key=str(uid))

    def review(self) -> None:
        """Rae keeps, or ends, what an open campaign asks her."""
        waiting = Item.objects.waiting_for(self.cast.rae).filter(kind="grant").order_by("?")
        for uid, version in waiting.values_list("uid", "version")[:2]:
            choice = self.dice.choice(["keep", "end"])
            form: dict[str, object] = {"choice": choice, "reason": "Looked at.", "version": str(version)}
            self.rae.submit(f"/reviews/items/{uid}/", form, what="review", key=str(uid))

    def prove(self) -> None:
        """Cora asks for a pack of another period each time, and takes what is ready."""
        today = clock.now().date()
        made = Pack.objects.count()
        if made < MOST_PACKS and not Pack.objects.filter(state__in=("requested", "building")).exists():
            form: dict[str, object] = {"framework": "hipaa", "since": str(today - timedelta(days=made)), "until": str(today)}
            self.cora.submit("/packs/new/", form, what="pack", key="")
        for uid in Pack.objects.filter(state="ready").order_by("?").values_list("uid", flat=True)[:1]:
            answer = self.cora.get(f"/packs/{uid}/pdf/")
            if answer is not None and answer.status_code == 200:
                self.ledger.acknowledged.append(("download", str(uid)))
        time.sleep(1)

    def take_in(self) -> None:
        """A file is imported in a process of its own; half of them are killed on the way and imported again."""
        number = self.imports_done
        path = self.export(number)
        while not self.bring_in(path, kill=self.dice.random() < 0.5):
            assert (torn := self.torn_rows()) == [], torn
        assert (torn := self.torn_rows()) == [], torn
        self.imports_done += 1
        self.ledger.acknowledged.append(("import", str(number)))

    def bring_in(self, path: Path, *, kill: bool) -> bool:
        """Whether the import came to its end."""
        command = [sys.executable, str(ROOT / "manage.py"), "import_agents", str(path), "--format", "csv"]
        with subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            try:
                said, _none = child.communicate(timeout=self.dice.uniform(1.5, 4.5) if kill else 120)
            except subprocess.TimeoutExpired:
                child.kill()
                self.imports_killed += 1
                return False
        assert child.returncode == 0, said.decode()
        return True

    def export(self, number: int) -> Path:
        path = self.folder / f"agents-{number}.csv"
        rows = [
            f"Found {number} {n},bob@example.org,ann@example.org,UiPath,Moves files at night.,Patient records; Staff mail,"
            "Patient records: records:read [read]; Staff mail: mail:send [write],internal,production,EU,low"
            for n in range(ROWS)
        ]
        path.write_text("\n".join([COLUMNS, *rows]) + "\n")
        return path

    @staticmethod
    def torn_rows() -> list[str]:
        """Imported agents that lack one of their two accesses: a row that is half there."""
        found = Agent.objects.filter(name__startswith="Found ")
        return [agent.name for agent in found.prefetch_related("grants") if len(agent.grants.all()) != 2]
