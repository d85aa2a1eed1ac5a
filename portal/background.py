"""What the portal does by itself, gathered for the page /work/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import clock
from agents.audit import due
from agents.audit.models import DueRun, Reaction, TrailEvent
from agents.people.models import User
from compliance.models import Pack
from compliance.querysets import READERS
from portal.timeline import sentence_of
from reviews.models import Campaign, Item
from reviews.querysets import STALE_AFTER

MISSED_AFTER = timedelta(minutes=3)  # a scheduler that is silent for so long is not there
WORDS: dict[str, str | Promise] = {
    "access.expire_requests": gettext_lazy("Ends requests that nobody decided in time"),
    "access.tidy_grants": gettext_lazy("Writes down which accesses have ended"),
    "audit.react": gettext_lazy("Does what events set off, such as mail"),
    "audit.seal": gettext_lazy("Seals the trail and signs its head"),
    "audit.deliver": gettext_lazy("Sends signed heads of the trail to the sinks"),
    "audit.watch": gettext_lazy("Looks whether anything must raise an alarm"),
    "people.apply_erasures": gettext_lazy("Erases people again that a restored backup brought back"),
    "audit.forget_calls": gettext_lazy("Forgets answers that were kept for repeated calls"),
    "compliance.build_packs": gettext_lazy("Builds evidence packs"),
    "compliance.sweep_files": gettext_lazy("Removes half-written files of packs"),
    "reviews.admit_newcomers": gettext_lazy("Lets agents join the open review of their tier"),
    "reviews.close_campaigns": gettext_lazy("Closes reviews whose time is over"),
    "reviews.finish_executions": gettext_lazy("Writes down which reviewed accesses have ended"),
    "reviews.open_campaigns": gettext_lazy("Opens reviews when their period begins"),
}


@dataclass(frozen=True)
class Standing:
    """How something stands, as a badge."""

    text: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Beat:
    """The scheduler: when it was last seen, and whether it is missing."""

    seen_at: datetime | None
    is_missing: bool


@dataclass(frozen=True)
class Dead:
    """Work that gave up. told: the template of the event's sentence; event is None where its segment was removed."""

    reaction: Reaction
    what: str
    event: TrailEvent | None
    told: str

    @property
    def button(self) -> str:
        """The id that keeps the keyboard where it was when the page is shown afresh."""
        return f"retry-{self.reaction.pk}"


@dataclass(frozen=True)
class Task:
    """Long work with its progress. attempts is empty where they are not counted."""

    name: str
    url: str
    doing: str
    done: int
    total: int
    heartbeat_at: datetime | None
    attempts: int | str

    @property
    def is_silent(self) -> bool:
        """Its worker was stopped; another goes on within a minute."""
        return self.heartbeat_at is not None and self.heartbeat_at <= clock.now() - STALE_AFTER


@dataclass(frozen=True)
class Job:
    """A job by the clock. row is None before its first run."""

    name: str
    row: DueRun | None

    @property
    def words(self) -> str:
        return str(WORDS.get(self.name, self.name))

    @property
    def finished_at(self) -> datetime | None:
        return self.row.finished_at if self.row else None

    @property
    def settled_at(self) -> datetime | None:
        return self.row.settled_at if self.row else None

    @property
    def tries_again_at(self) -> datetime | None:
        return due.tries_again_at(self.row) if self.row else None

    @property
    def state(self) -> Standing:
        if self.row is None:
            return Standing(_("not run yet"), "off", "ring")
        if self.row.failing_since is not None:
            return Standing(_("failing"), "bad", "exclaim")
        return Standing(_("well"), "good", "dot")


def beat() -> Beat:
    seen_at = due.scheduler_seen_at()
    return Beat(seen_at, seen_at is None or seen_at <= clock.now() - MISSED_AFTER)


def failing_count() -> int:
    return DueRun.objects.filter(failing_since__isnull=False).count()


def jobs() -> Iterator[Job]:
    """Those that fail first; then in the order of their turns."""
    rows = DueRun.objects.in_bulk()
    known = [Job(name, rows.get(name)) for name in due.names()]
    yield from sorted(known, key=lambda job: job.row is None or job.row.failing_since is None)


def dead(reactions: Iterable[Reaction]) -> Iterator[Dead]:
    """Each with the event that had set it off."""
    events = TrailEvent.objects.in_bulk([reaction.event_id for reaction in reactions])
    for reaction in reactions:
        event = events.get(reaction.event_id)
        what = reaction.handler.rpartition(".")[2].replace("_", " ")
        yield Dead(reaction, what, event, sentence_of(event) if event else "")


def under_way(user: User) -> Iterator[Task]:
    """Evidence packs and reviews that are being made. Names of packs are for those who may read packs."""
    may_read = user.has_role(*READERS)
    for pack in Pack.objects.filter(state__in=(Pack.State.REQUESTED, Pack.State.BUILDING)).order_by("pk"):
        yield Task(
            name=_("Evidence: %(pack)s") % {"pack": pack} if may_read else _("An evidence pack"),
            url=reverse("pack", args=[pack.uid]) if may_read else "",
            doing=_("Waiting for a worker") if pack.state == Pack.State.REQUESTED else pack.section_name,
            done=pack.done,
            total=pack.total,
            heartbeat_at=pack.heartbeat_at,
            attempts=pack.attempts,
        )
    for campaign in Campaign.objects.filter(state__in=(Campaign.State.SCHEDULED, Campaign.State.GENERATING)).order_by("pk"):
        written = Item.objects.filter(campaign=campaign, kind=Item.Kind.AGENT, agent_id__lte=campaign.cursor)
        yield Task(
            name=_("Review: %(review)s") % {"review": campaign},
            url="",
            doing=_("Writing its items, agent by agent") if campaign.population_count else _("Counting who is reviewed"),
            done=written.count() if campaign.cursor else 0,
            total=campaign.population_count or 0,
            heartbeat_at=campaign.heartbeat_at,
            attempts="",
        )
