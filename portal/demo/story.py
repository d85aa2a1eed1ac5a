"""A year told in order, through the actions people would have used, under a moved clock."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from agents import clock
from agents.access.actions import grants, lines, registrations
from agents.access.models import Grant, RequestLine
from agents.audit import due
from agents.people.actions import people
from agents.people.models import User
from agents.registry.actions import agents as registry
from agents.registry.models import Agent, Entitlement
from portal.demo import reviewing, scanning
from portal.demo.catalogue import fill
from portal.demo.companies import ACCOUNTS, CAST
from portal.demo.organisation import settle
from portal.demo.shapes import Account, Cast, Discovered
from reviews.actions import campaigns
from reviews.models import Cadence, Campaign
from reviews.rules import Every

FOUNDED_DAYS_AGO = 364
END_AFTER = 36  # days from an agent's registration to its suspension or retirement
GRACE_LEFT_DAYS_AGO = 17
OPENED_LATE_ON = 20  # day of last month: the scheduler had been switched off
TIDY_EVERY = 3  # days; the scheduler sweeps every few seconds, but nothing here happens in between
FRIDAY = 5
NOON = 12
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
            with clock.moved_to(self.begun_at - timedelta(days=days) + timedelta(hours=hour - NOON)):
                event()

    def _events(self) -> Iterator[tuple[int, float, str, Callable[[], None]]]:
        """Days ago, hour of that day (noon is the hour at which the story is told), what it is, what happens."""
        yield FOUNDED_DAYS_AGO, 0, "people and companies", self._settle
        yield FOUNDED_DAYS_AGO - 1, 0, "systems and permissions", self._fill
        for number, cast in enumerate(CAST):
            yield from self._life(cast, number / 60)
        for account in ACCOUNTS:
            for found in account.found:
                yield found.days_ago, 5, "cloud account scanned", partial(self._scan, account, found)
        yield 29, 2, "an access ended early", self._end_one_access
        yield GRACE_LEFT_DAYS_AGO, 9, "somebody left", self._leave
        yield 2, 9, "somebody is away", self._go_away
        for days in range(FOUNDED_DAYS_AGO - 2, 0, -1):
            yield days, 11, f"{days} days ago", partial(self._day, days)
        yield 1, 11.9, "use of accesses", self._use

    def _life(self, cast: Cast, minute: float) -> Iterator[tuple[int, float, str, Callable[[], None]]]:
        """Registered one day, accepted after lunch, decided the day after."""
        yield cast.days_ago, minute, cast.name, partial(self._register, cast)
        if cast.fate in ("draft", "waits for owner"):
            return
        yield cast.days_ago, 4 + minute, cast.name, partial(self._answer, cast)
        if cast.fate in ("waits for approval", "sent back"):
            return
        yield cast.days_ago - 1, minute, cast.name, partial(self._decide, cast)
        if cast.fate in ("suspended", "retired"):
            yield cast.days_ago - END_AFTER, 3, f"{cast.name}: {cast.fate}", partial(self._end, cast)

    def _settle(self) -> None:
        self.people = settle(self.password)

    def _fill(self) -> None:
        self.permissions = fill(self.people)

    def _register(self, cast: Cast) -> None:
        asked_by, owner = self.people[cast.asked_by], self.people[cast.owner]
        wanted = {self.permissions[name]: cast.days for name in cast.asked}
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
            legal_entity=asked_by.legal_entity,
            department=asked_by.department,
        )
        if cast.fate != "draft":
            registrations.submit(agent, by=asked_by)

    def _answer(self, cast: Cast) -> None:
        agent, owner = Agent.objects.get(name=cast.name), self.people[cast.owner]
        if cast.fate == "sent back":
            registrations.refuse(agent, by=owner, reason=cast.reason)
        else:
            registrations.accept(agent, by=owner)

    def _decide(self, cast: Cast) -> None:
        for line in RequestLine.objects.filter(request__agent__name=cast.name).select_related("entitlement"):
            approver = line.stages.get().approver
            if approver is None:
                continue
            if refused := cast.refused.get(line.entitlement.name):
                lines.deny(line, by=approver, reason=refused)
            else:
                lines.approve(line, by=approver)

    def _end(self, cast: Cast) -> None:
        agent = Agent.objects.get(name=cast.name)
        if cast.fate == "retired":
            registrations.retire(agent, by=self.people[cast.owner], reason=cast.reason)
        else:
            registry.suspend(agent, by=self.people["selma"], reason=cast.reason)

    def _scan(self, account: Account, found: Discovered) -> None:
        scanning.take_in(account, found, self.permissions, begun_at=self.begun_at)

    def _end_one_access(self) -> None:
        grant = Grant.objects.get(agent__name="Appointment assistant", entitlement__name="slots:read")
        reason = "Booking shows free appointments itself; reading apart is not needed."
        grants.revoke(grant, by=self.people["oscar"], reason=reason)

    def _leave(self) -> None:
        """Grace is gone, and what she answered for has no accountable owner."""
        people.leave(self.people["grace"], by=self.people["adam"], reason="New position elsewhere.")

    def _go_away(self) -> None:
        """Conor is on leave; Luis stands in."""
        conor, now = self.people["conor"], clock.now()
        people.set_absence(conor, by=conor, since=now, until=now + timedelta(days=12), deputy=self.people["luis"])

    def _use(self) -> None:
        """The accounts are scanned again, and the gateway tells what was used."""
        days_ago = (self.begun_at - clock.now()).days
        for account in ACCOUNTS:
            for found in account.found:
                if found.days_ago > days_ago:
                    self._scan(account, found)
        scanning.notice_use(CAST)

    def _day(self, days: int) -> None:
        """What the scheduler did that day, and, once a week, what the reviewer did."""
        now = clock.now()
        if now.day == 1:
            self._use()
        if now.day in (1, OPENED_LATE_ON) or now.isoweekday() == FRIDAY or days % TIDY_EVERY == 0:
            due.run_all(but=["reviews.open_campaigns"])
            self._open_reviews()
        is_late_and_not_last_chance = now.day >= OPENED_LATE_ON and (now + timedelta(days=7)).month == now.month
        if now.isoweekday() == FRIDAY and not (self._is_last_month() and is_late_and_not_last_chance):
            reviewing.review(self.people["rita"], before=self.begun_at)

    def _open_reviews(self) -> None:
        """Every period's reviews open on its first day, with two exceptions: last month's monthly ones opened late and were decided
        on its last Friday, so that leases reach to this month's end; this month's open before one's eyes."""
        is_this_month = (clock.now().year, clock.now().month) == (self.begun_at.year, self.begun_at.month)
        if not is_this_month and not (self._is_last_month() and clock.now().day < OPENED_LATE_ON):
            campaigns.open_due()
            return
        for cadence in Cadence.objects.exclude(every=Every.MONTH):
            campaigns.schedule(cadence)
        for campaign in Campaign.objects.to_prepare():
            campaigns.prepare(campaign)

    def _is_last_month(self) -> bool:
        now, before = clock.now(), self.begun_at.replace(day=1) - timedelta(days=1)
        return (now.year, now.month) == (before.year, before.month)
