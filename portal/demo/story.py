"""Four months told in order, through the actions people would have used, under a moved clock."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from agents import clock
from agents.access.actions import grants, lines, registrations
from agents.access.models import RequestLine
from agents.audit import due
from agents.people.models import User
from agents.registry.actions import agents as registry
from agents.registry.actions.discovery import Found, register_discovered
from agents.registry.choices import Environment
from agents.registry.models import Agent, Entitlement
from portal.demo.agents import ACCOUNT, CAST, DISCOVERED, Cast, Discovered
from portal.demo.catalogue import fill
from portal.demo.organisation import DEMO, settle
from reviews.actions import items
from reviews.models import Item
from reviews.rules import Choice

FOUNDED_DAYS_AGO = 110
REVIEW_DAY = 5  # Friday
REVIEWED_A_WEEK = 7
Step = Callable[[str], None]


class Story:
    """Everybody and everything of the demo, by key, while it is told."""

    def __init__(self, password: str, step: Step) -> None:
        self.step = step
        self.password = password
        self.begun_at = clock.now()
        self.people: dict[str, User] = {}
        self.permissions: dict[str, Entitlement] = {}

    def tell(self) -> None:
        """The past exists; the present is what `run_due` makes of it."""
        for days, hour, label, event in sorted(self._events(), key=lambda found: (-found[0], found[1])):
            self.step(label)
            with clock.moved_to(clock.now() - timedelta(days=days) + timedelta(hours=hour - 12)):
                event()

    def _events(self) -> Iterator[tuple[float, float, str, Callable[[], None]]]:
        yield FOUNDED_DAYS_AGO, 0, "people and companies", self._settle
        yield FOUNDED_DAYS_AGO - 1, 0, "systems and permissions", self._fill
        for number, cast in enumerate(CAST):
            yield cast.days_ago, number / 50, cast.name, partial(self._play, cast)
            if cast.fate in ("suspended", "retired"):
                yield cast.days_ago - 36, 3, f"{cast.name}: {cast.fate}", partial(self._end, cast)
        yield 30, 1, "cloud account scanned", self._discover
        yield 20, 2, "an access ended early", self._end_one_access
        for days in range(FOUNDED_DAYS_AGO - 2, 0, -1):
            yield days, 11, f"{days} days ago", self._routine

    def _settle(self) -> None:
        self.people = settle(self.password)

    def _fill(self) -> None:
        self.permissions = fill(self.people)

    def _play(self, cast: Cast) -> None:
        """From draft as far as its fate lets it, each step by who would have taken it."""
        asked_by, owner = self.people[cast.asked_by], self.people[cast.owner]
        wanted = {self.permissions[asked.permission]: asked.days for asked in cast.asked}
        agent = registrations.save_draft(
            None,
            by=asked_by,
            wanted=wanted,
            systems=sorted({permission.system for permission in wanted}, key=str),
            name=cast.name,
            kind=cast.kind,
            environment=cast.environment,
            platform=cast.platform,
            purpose=cast.purpose,
            region=cast.region,
            data_classes=list(cast.data_classes),
            human_owner=owner,
            technical_owner=self.people[cast.technical],
            legal_entity=owner.legal_entity,
            department=owner.department,
        )
        if cast.fate == "draft":
            return
        agent = registrations.submit(agent, by=asked_by)
        if cast.fate == "waits for owner":
            return
        registrations.accept(agent, by=owner)
        if cast.fate != "waits for approval":
            self._decide(agent, cast)

    def _decide(self, agent: Agent, cast: Cast) -> None:
        refusals = {asked.permission: asked.refused for asked in cast.asked}
        for line in RequestLine.objects.filter(request__agent=agent).select_related("entitlement"):
            approver = line.stages.get().approver
            if approver is None:
                continue
            if refused := refusals[line.entitlement.name]:
                lines.deny(line, by=approver, reason=refused)
            else:
                lines.approve(line, by=approver)

    def _end(self, cast: Cast) -> None:
        agent = Agent.objects.get(name=cast.name)
        if cast.fate == "retired":
            registrations.retire(agent, by=self.people[cast.owner], reason=cast.reason)
        else:
            registry.suspend(agent, by=self.people["selma"], reason=cast.reason)

    def _discover(self) -> None:
        for found in DISCOVERED:
            self._take_in(found)

    def _take_in(self, found: Discovered) -> None:
        held = [self.permissions[name] for name in found.holds]
        used = None if found.days_unused is None else clock.now() - timedelta(days=found.days_unused)
        agent, _outcome = register_discovered(
            Found(
                source=ACCOUNT,
                native_id=f"arn:aws:iam::{ACCOUNT.partition(':')[2]}:role/{found.name}",
                name=found.name,
                kind=found.kind,
                environment=Environment.PRODUCTION,
                platform=found.platform,
                region="Frankfurt",
                last_used_at=used,
            ),
            by=DEMO,
            systems=sorted({permission.system for permission in held}, key=str),
            verbs=[permission.verb_class for permission in held],
            reached=sorted({data_class for permission in held for data_class in permission.system.data_classes}),
            legal_entity=self.people["alma"].legal_entity,
        )
        for permission in held:
            grants.record_discovered(agent, permission, by=DEMO, source=ACCOUNT, last_used_at=used)

    def _end_one_access(self) -> None:
        agent = Agent.objects.get(name="Appointment assistant")
        grant = agent.grants.get(entitlement__name="slots:read")
        grants.revoke(
            grant, by=self.people["oscar"], reason="Booking shows free appointments itself; reading apart is not needed."
        )

    def _routine(self) -> None:
        """What the scheduler did that day, and, once a week, what the reviewer did."""
        is_this_month = clock.now().strftime("%Y-%m") == self.begun_at.strftime("%Y-%m")
        due.run_all(but=["reviews.open_campaigns"] if is_this_month else [])  # this month's review opens before one's eyes
        if clock.now().isoweekday() == REVIEW_DAY:
            self._review()

    def _review(self) -> None:
        """Rita decides what has been open for a while; of this month's review she has done some."""
        rita = self.people["rita"]
        waiting = Item.objects.waiting_for(rita).select_related("campaign", "grant__entitlement", "agent").order_by("pk")
        for item in waiting[:REVIEWED_A_WEEK]:
            if item.grant is not None and item.grant.is_discovered and item.grant.entitlement.name == "claims:export":
                items.decide(item, Choice.END, by=rita, reason="Nobody approved this export, and nobody knows what it is for.")
            else:
                items.decide(item, Choice.KEEP, by=rita)
