"""What the worksheet of a campaign shows: agents in order, each with its items, and what this person can do with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from agents import clock
from agents.access.models import Grant
from agents.people.models import User
from agents.registry.models import Agent
from reviews.models import Campaign, Item, ReviewDecision
from reviews.permissions import is_for_nobody, own_part, why_not_review
from reviews.querysets import REVIEWERS

AGENTS_AT_ONCE = 12
LONGEST_THOUGHT = timedelta(minutes=5)  # a longer gap between two decisions was a break
ENOUGH_TO_TELL = 5


@dataclass(frozen=True)
class Fact:
    """One line of evidence, as it was when the campaign froze."""

    label: str
    text: str = ""
    moment: datetime | None = None


@dataclass(frozen=True)
class Row:
    """One item.

    why_not: why this person cannot decide it; own_part: what they have to do with it themselves;
    standing: what became of the access since the campaign froze, in words.
    """

    item: Item
    why_not: str | None
    own_part: str | None
    is_for_nobody: bool
    is_campaign_open: bool
    standing: str
    undo_until: datetime | None
    facts: list[Fact]
    refused: str = ""

    @property
    def is_open(self) -> bool:
        """Waits for this person."""
        return self.item.state == Item.State.UNDECIDED and self.can_decide

    @property
    def can_decide(self) -> bool:
        return self.is_campaign_open and self.why_not is None and self.item.state != Item.State.DONE

    @property
    def can_undo(self) -> bool:
        """Within the time to undo, by who ended it."""
        return self.can_decide and self.undo_until is not None

    @property
    def can_change(self) -> bool:
        return self.can_decide and self.item.state == Item.State.DECIDED

    @property
    def can_take_back(self) -> bool:
        return self.can_change and not (self.item.kind == Item.Kind.AGENT and self.item.choice == "keep")

    @property
    def is_over(self) -> bool:
        """The access ended without this review, so it cannot be kept."""
        return self.item.grant is not None and self.item.state != Item.State.EXECUTING and self.item.grant.ended_at is not None

    @property
    def approved_at(self) -> datetime | None:
        return moment(self.item.snapshot.get("approved_at"))

    @property
    def last_used_at(self) -> datetime | None:
        return moment(self.item.snapshot.get("last_used_at"))

    @property
    def last_reviewed_at(self) -> datetime | None:
        last = self.item.snapshot.get("last_review") or {}
        return moment(last.get("at"))


@dataclass(frozen=True)
class Group:
    """One agent: its own item first, then its accesses. hidden_count: decided ones that are not shown.

    may_open: this person may see the agent's own page.
    """

    head: Row
    rows: list[Row] = field(default_factory=list)
    hidden_count: int = 0
    may_open: bool = False


@dataclass(frozen=True)
class Part:
    """Some agents of the campaign; after: where the next part begins, empty when this is the last."""

    groups: list[Group]
    after: str


@dataclass(frozen=True)
class Progress:
    """How far the campaign is, and how much of the rest this person can do. minutes: at their own pace, None if unknown."""

    decided: int
    total: int
    mine: int
    minutes: int | None


class Reader:
    """Turns items into rows for one person; asks once who could review at all."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.why_nothing = why_not_review(user)
        self._reviewers = list(User.objects.holding(*REVIEWERS))

    def row(self, item: Item, refused: str = "") -> Row:
        part_in_it = own_part(self.user, item)
        return Row(
            item=item,
            why_not=self.why_nothing or part_in_it,
            own_part=part_in_it,
            is_for_nobody=is_for_nobody(item, self._reviewers),
            is_campaign_open=item.campaign.is_open,
            standing=_standing(item),
            undo_until=self._undo_until(item),
            facts=_agent_facts(item) if item.kind == Item.Kind.AGENT else _grant_facts(item),
            refused=refused,
        )

    def _undo_until(self, item: Item) -> datetime | None:
        grant = item.grant
        if item.state != Item.State.EXECUTING or grant is None or grant.state != Grant.State.HELD or grant.revoke_due_at is None:
            return None
        return grant.revoke_due_at if grant.held_by_id == self.user.pk and grant.revoke_due_at > clock.now() else None


def read(items: QuerySet[Item]) -> QuerySet[Item]:
    """With everything a row needs."""
    return items.select_related(
        "campaign", "agent", "decided_by", "grant__entitlement__system", "grant__held_by", "grant__request_line__request"
    )


def part(campaign: Campaign, reader: Reader, *, only_open: bool, after: Item | None, size: int = AGENTS_AT_ONCE) -> Part:
    """The next agents by name. only_open: agents with something undecided, or that this person can still undo."""
    items = Item.objects.filter(campaign=campaign)
    shown = Q(state=Item.State.UNDECIDED) | Q(state=Item.State.EXECUTING, decided_by=reader.user)
    heads = items.filter(kind=Item.Kind.AGENT)
    if only_open:
        heads = heads.filter(agent__in=items.filter(shown).values("agent"))
    if after is not None:
        name, pk = after.agent.name, after.agent_id
        heads = heads.filter(Q(agent__name__gt=name) | Q(agent__name=name, agent__gt=pk))
    found = list(read(heads).order_by("agent__name", "agent_id")[: size + 1])
    heads_here, more = found[:size], len(found) > size
    rows, hidden = _accesses(items, heads_here, reader, shown if only_open else None)
    seen = set(
        Agent.objects.visible_to(reader.user).filter(pk__in=[head.agent_id for head in heads_here]).values_list("pk", flat=True)
    )
    groups = [Group(reader.row(head), rows[head.agent_id], hidden[head.agent_id], head.agent_id in seen) for head in heads_here]
    return Part(groups, str(heads_here[-1].uid) if more else "")


def _accesses(
    items: QuerySet[Item], heads: Collection[Item], reader: Reader, shown: Q | None
) -> tuple[dict[int, list[Row]], dict[int, int]]:
    """Rows and counts of hidden ones, by agent."""
    rows: dict[int, list[Row]] = defaultdict(list)
    hidden: dict[int, int] = defaultdict(int)
    of_these = items.filter(kind=Item.Kind.GRANT, agent__in=[head.agent_id for head in heads])
    visible = of_these.filter(shown) if shown is not None else of_these
    for item in read(visible).order_by("agent_id", "id"):
        rows[item.agent_id].append(reader.row(item))
    if shown is not None:
        for agent_id in of_these.exclude(shown).values_list("agent_id", flat=True):
            hidden[agent_id] += 1
    return rows, hidden


def progress_of(campaign: Campaign, user: User) -> Progress:
    items = Item.objects.filter(campaign=campaign)
    total, undecided = items.count(), items.undecided().count()
    mine = items.undecided().reviewable_by(user).count() if campaign.is_open else 0
    return Progress(total - undecided, total, mine, _minutes(campaign, user, mine))


def _minutes(campaign: Campaign, user: User, left: int) -> int | None:
    """From the median time between this person's last decisions here; breaks do not count."""
    times = ReviewDecision.objects.filter(item__campaign=campaign, by=user).order_by("-at").values_list("at", flat=True)[:50]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(times) if later - earlier < LONGEST_THOUGHT]
    if len(gaps) < ENOUGH_TO_TELL or not left:
        return None
    return max(1, round(median(gaps) * left / 60))


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _standing(item: Item) -> str:
    """What became of the access since the campaign froze, where this item did not do it."""
    grant = item.grant
    if grant is None or item.state in (Item.State.EXECUTING, Item.State.DONE):
        return ""
    if grant.state == Grant.State.HELD:
        return _("%(name)s stopped this access already; it ends for good soon.") % {"name": grant.held_by}
    if grant.state == Grant.State.REVOKED:
        return _("%(name)s ended this access meanwhile.") % {"name": grant.revoked_by}
    return _("This access ran out meanwhile.") if grant.ended_at is not None else ""


def _agent_facts(item: Item) -> list[Fact]:
    seen = item.snapshot
    facts = [
        Fact(_("Kind"), seen["kind"]),
        Fact(_("Model or platform"), seen["platform"]),
        Fact(_("Environment"), seen["environment"]),
        Fact(_("Region"), seen["region"]),
        Fact(_("Department"), seen["department"]),
        Fact(_("Systems"), ", ".join(seen["systems"])),
        Fact(_("Data"), ", ".join(seen["data_classes"])),
        Fact(_("Why this tier"), "; ".join(seen["tier_reasons"])),
        Fact(_("Owner accepted"), moment=moment(seen["owner_accepted_at"])),
        Fact(_("Eligible until"), moment=moment(seen["eligible_until"])),
        Fact(_("Last used"), moment=moment(seen["last_used_at"])),
        *_last_review(item),
    ]
    return _told(facts)


def _grant_facts(item: Item) -> list[Fact]:
    seen = item.snapshot
    facts = [
        Fact(_("Permission"), seen["permission"]),
        Fact(_("System"), f"{seen['system']} ({seen['system_environment']})"),
        Fact(_("Kind of act"), seen["verb"]),
        Fact(_("Reaches"), ", ".join(seen["data_classes"])),
        Fact(_("Asked for by"), seen["requested_by"]),
        Fact(_("Approved by"), seen["approved_by"]),
        Fact(_("Approved"), moment=moment(seen["approved_at"])),
        Fact(_("Said when approving"), seen["approval_reason"]),
        Fact(_("Ticket"), seen["ticket"]),
        Fact(_("Found at"), seen["source"]),
        Fact(_("Began"), moment=moment(seen["from"])),
        Fact(_("Ends by itself"), moment=moment(seen["until"])),
        Fact(_("Last used"), moment=moment(seen["last_used_at"])),
        *_last_review(item),
    ]
    return _told(facts)


def _last_review(item: Item) -> list[Fact]:
    last = item.snapshot.get("last_review")
    if not last:
        return [Fact(_("Last review"), _("none yet"))]
    said = _("%(said)s, by %(by)s in %(campaign)s") % {"said": last["said"], "by": last["by"], "campaign": last["campaign"]}
    return [Fact(_("Last review"), said), Fact(_("Reason then"), last["reason"])]


def _told(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.text or fact.moment]
