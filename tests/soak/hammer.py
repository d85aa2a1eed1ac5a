"""One process of the SQLite hammer:  python -m tests.soak.hammer write|read SEED SECONDS FOLDER

Works with the portal's real actions on rows that every other process works on too, and prints what it met as JSON.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import django
from django.core.exceptions import ValidationError
from django.db import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from agents.access.actions import lines, registrations  # noqa: E402  (models load only after the set-up)
from agents.access.models import Grant, RequestLine  # noqa: E402
from agents.audit.actors import System  # noqa: E402
from agents.audit.errors import IllegalMove, NotAllowed  # noqa: E402
from agents.audit.models import TrailEvent  # noqa: E402
from agents.people.actions import people  # noqa: E402
from agents.people.models import User  # noqa: E402
from agents.registry.choices import DataClass, Environment  # noqa: E402
from agents.registry.models import Agent, Entitlement  # noqa: E402

ROBOT = System("hammer")


class Hammer:
    """Some of the cast, at work without a pause."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.turn = 0
        self.ann, self.bob, self.cat, self.sam = (
            User.objects.get(email=f"{name}@example.org") for name in ("ann", "bob", "cat", "sam")
        )
        self.read_records = Entitlement.objects.get(name="records:read")

    def change_one_person_that_all_change(self) -> None:
        people.change(self.sam, by=ROBOT, job_title=f"Clerk {self.seed}-{self.turn}")

    def register_an_agent_to_its_first_grant(self) -> None:
        agent = registrations.save_draft(
            None,
            by=self.ann,
            wanted={self.read_records: 30},
            systems=[self.read_records.system],
            name=f"Hammered {self.seed}-{self.turn}",
            environment=Environment.PRODUCTION,
            platform="none",
            purpose="Shows that ten processes may write at once.",
            region="US",
            data_classes=[DataClass.EPHI],
            human_owner=self.bob,
            technical_owner=self.ann,
            legal_entity=self.read_records.system.legal_entity,
        )
        agent = registrations.submit(agent, by=self.ann)
        agent = registrations.accept(agent, by=self.bob)
        lines.approve(RequestLine.objects.get(request__agent=agent), by=self.cat)

    def decide_what_another_process_decides_too(self) -> None:
        waiting = RequestLine.objects.waiting_for(self.cat).order_by("id").first()
        if waiting is not None:
            lines.deny(waiting, by=self.cat, reason="Somebody else was meant to be faster.")

    def read(self) -> None:
        list(Agent.objects.visible_to(self.bob).order_by("-id")[:20])
        Grant.objects.effective().count()
        list(TrailEvent.objects.order_by("-id")[:20])


def main(role: str, seed: int, seconds: float, folder: Path) -> dict[str, object]:
    hammer = Hammer(seed)
    writing: list[Callable[[], None]] = [
        hammer.change_one_person_that_all_change,
        hammer.register_an_agent_to_its_first_grant,
        hammer.decide_what_another_process_decides_too,
    ]
    (folder / f"ready-{seed}").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    met: Counter[str] = Counter()
    took: list[float] = []
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at:
        hammer.turn += 1
        work = hammer.dice.choices(writing, weights=[5, 3, 2])[0] if role == "write" else hammer.read
        started = time.monotonic()
        try:
            work()
            met["ok"] += 1
        except (NotAllowed, IllegalMove, ValidationError):
            met["refused"] += 1  # somebody else was first, and that is what they were told
        except OperationalError as problem:
            met["locked" if "locked" in str(problem) else "failed"] += 1
        took.append(time.monotonic() - started)
    return {**met, "role": role, "took": took}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))))
