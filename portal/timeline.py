"""The trail as a story: who did what, why, and what changed, in words. Steps that were one act are told as one.

The sentence of an event stands in templates/trail/<event>.html and is given `event`; what changed is worded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.template import TemplateDoesNotExist, loader
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agents.access.models import AccessRequest, Grant, RequestLine
from agents.audit import labels
from agents.audit.models import TrailEvent
from agents.people.choices import Regulation, Role
from agents.registry.choices import (
    AgentKind,
    Criticality,
    DataClass,
    Environment,
    Origin,
    SystemKind,
    SystemMode,
    Tier,
    VerbClass,
)
from agents.registry.models import Agent
from reviews.models import Campaign, Item

ONE_ACT = timedelta(seconds=5)  # events of one person this close together belong to one click
FEW = 3  # events of one kind in one act that are told one by one
MOST_LISTED = 20
LONGEST_VALUE = 300
SPANS = frozenset({"from", "until", "eligible_until"})

STATES: dict[str, Any] = {
    "agent": Agent.State,
    "request": AccessRequest.State,
    "line": RequestLine.State,
    "grant": Grant.State,
    "campaign": Campaign.State,
    "item": Item.State,
}
WORDS: dict[str, dict[Any, Any]] = {
    "kind": {**dict(AgentKind.choices), **dict(SystemKind.choices)},
    "environment": dict(Environment.choices),
    "risk_tier": dict(Tier.choices),
    "declared_tier": dict(Tier.choices),
    "tier": dict(Tier.choices),
    "data_classes": dict(DataClass.choices),
    "verb_class": dict(VerbClass.choices),
    "mode": dict(SystemMode.choices),
    "criticality": dict(Criticality.choices),
    "origin": dict(Origin.choices),
    "role": dict(Role.choices),
    "regulated_as": dict(Regulation.choices),
}
LABELS: dict[str, str | Promise] = {
    "access": gettext_lazy("access"),
    "accesses": gettext_lazy("accesses"),
    "agents": gettext_lazy("agents"),
    "approved": gettext_lazy("accesses approved"),
    "authority_epoch": gettext_lazy("authority epoch (older tokens end)"),
    "campaign": gettext_lazy("review"),
    "choice": gettext_lazy("decision"),
    "country": gettext_lazy("country"),
    "criticality": gettext_lazy("criticality"),
    "data_classes": gettext_lazy("data classes"),
    "days": gettext_lazy("days"),
    "department": gettext_lazy("department"),
    "deputy": gettext_lazy("deputy"),
    "due_at": gettext_lazy("due"),
    "eligible_until": gettext_lazy("eligible until"),
    "email": gettext_lazy("e-mail"),
    "ended": gettext_lazy("accesses ended"),
    "environment": gettext_lazy("environment"),
    "expires_at": gettext_lazy("undecided it ends"),
    "facts": gettext_lazy("what the source states"),
    "from": gettext_lazy("from"),
    "human_owner": gettext_lazy("human owner"),
    "is_privileged": gettext_lazy("privileged"),
    "items": gettext_lazy("items"),
    "job_title": gettext_lazy("job title"),
    "kind": gettext_lazy("kind"),
    "last_used_at": gettext_lazy("last used at the source"),
    "legal_entity": gettext_lazy("legal entity"),
    "lines": gettext_lazy("permissions asked for"),
    "location": gettext_lazy("location"),
    "manager": gettext_lazy("manager"),
    "mode": gettext_lazy("mode"),
    "name": gettext_lazy("name"),
    "native_id": gettext_lazy("name at the source"),
    "new_systems": gettext_lazy("new systems"),
    "owner": gettext_lazy("owner"),
    "period": gettext_lazy("period"),
    "plain_effect": gettext_lazy("what it lets an agent do"),
    "platform": gettext_lazy("model or platform"),
    "purpose": gettext_lazy("purpose"),
    "recommended": gettext_lazy("recommended"),
    "region": gettext_lazy("region"),
    "regulated_as": gettext_lazy("regulated as"),
    "revoke_due_at": gettext_lazy("can be undone until"),
    "risk_tier": gettext_lazy("risk tier"),
    "role": gettext_lazy("role"),
    "sha256": gettext_lazy("SHA-256"),
    "slug": gettext_lazy("name in addresses"),
    "source": gettext_lazy("source"),
    "state": gettext_lazy("state"),
    "systems": gettext_lazy("connected systems"),
    "technical_owner": gettext_lazy("technical owner"),
    "tier_reasons": gettext_lazy("why this tier"),
    "time_zone": gettext_lazy("time zone"),
    "undecided": gettext_lazy("undecided"),
    "until": gettext_lazy("until"),
    "verb_class": gettext_lazy("verb"),
}
# Told already by the sentence, the time, the actor or the reason beside it, or of use to machines only.
UNTOLD = frozenset(
    [
        "activated_at",
        "closed_at",
        "closed_by",
        "decided_at",
        "decided_by",
        "decision_reason",
        "held_at",
        "held_by",
        "hold_reason",
        "line",
        "opened_at",
        "owner_accepted_at",
        "request",
        "retired_at",
        "revoke_reason",
        "revoked_at",
        "revoked_by",
        "state_reason",
        "submitted_at",
        "suspended_at",
        "version",
    ]
)


@dataclass(frozen=True)
class Change:
    """One fact that changed. old is empty where there was nothing before."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One sentence of a step. others: further events of the same kind, told in short."""

    event: TrailEvent
    template: str
    changes: list[Change]
    others: list[str]

    @property
    def more(self) -> str:
        """ "and 3 more" """
        return ngettext("and %(n)s more", "and %(n)s more", len(self.others)) % {"n": len(self.others)}


@dataclass(frozen=True)
class Step:
    """What one person, or the portal, did in one act, in the order it happened."""

    at: datetime
    actor: str
    is_portal: bool
    reason: str
    lines: list[Line]

    @property
    def changed(self) -> list[Line]:
        return [line for line in self.lines if line.changes]


def story(events: Iterable[TrailEvent]) -> list[Step]:
    """Newest act first. events: newest first."""
    return [_step(list(reversed(act))) for act in _acts(labels.load(list(events)))]


def sentence_of(event: TrailEvent) -> str:
    """The template of the event's sentence; the event's own words where nobody wrote one."""
    try:
        loader.get_template(f"trail/{event.event}.html")
    except TemplateDoesNotExist:
        return "_components/timeline_event.html"
    return f"trail/{event.event}.html"


def changes_of(event: TrailEvent) -> list[Change]:
    """What was before and what is now, worded for people; only what says more than the sentence."""
    before, after = event.before, event.after
    found = []
    for key in sorted({*before, *after}, key=lambda key: (key != "state", str(LABELS.get(key, key)))):
        if key in UNTOLD or (not after.get(key) and not before.get(key)):
            continue
        old, new = (worded(key, values.get(key), event.target_kind) for values in (before, after))
        if old != new:
            found.append(Change(str(LABELS.get(key, key.replace("_", " "))), old, new))
    return found


def worded(key: str, value: Any, kind: str = "") -> str:
    """A stored value as people say it: dates in their zone, choices by their label, lists as a row of words."""
    match value:
        case None | "" | []:
            text = ""
        case bool():
            text = _("yes") if value else _("no")
        case list():
            words = [worded(key, each, kind) for each in value]
            text = ", ".join(words[:MOST_LISTED]) + (" …" if len(words) > MOST_LISTED else "")
        case dict():
            text = ", ".join(f"{name}: {worded(str(name), each, kind)}" for name, each in list(value.items())[:MOST_LISTED])
        case str() if key == "state" and kind in STATES:
            text = str(dict(STATES[kind].choices).get(value, value))
        case str() if (key.endswith("_at") or key in SPANS) and (moment := _moment(value)):
            # A day without a time has no zone either: a pack's period is days.
            text = date_format(timezone.localtime(moment), "j F Y, H:i") if moment.tzinfo else date_format(moment, "j F Y")
        case _:
            text = str(WORDS.get(key, {}).get(value, value))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _acts(events: Iterable[TrailEvent]) -> Iterator[list[TrailEvent]]:
    act: list[TrailEvent] = []
    for event in events:
        if act and not _is_one_act(act[-1], event):
            yield act
            act = []
        act.append(event)
    if act:
        yield act


def _is_one_act(later: TrailEvent, earlier: TrailEvent) -> bool:
    if (later.actor_kind, later.actor_key) != (earlier.actor_kind, earlier.actor_key):
        return False
    return later.at - earlier.at <= ONE_ACT and later.request_id == earlier.request_id


def _step(events: list[TrailEvent]) -> Step:
    """events: oldest first, of one actor. Many of one kind are told by the first of them and a count."""
    kinds: dict[tuple[str, str], list[TrailEvent]] = {}
    for event in events:
        kinds.setdefault((event.event, event.reason), []).append(event)
    lines = []
    for alike in kinds.values():
        first, *others = alike
        if len(alike) > FEW:
            lines.append(Line(first, sentence_of(first), changes_of(first), [other.target_label for other in others]))
        else:
            lines += [Line(event, sentence_of(event), changes_of(event), []) for event in alike]
    reasons = dict.fromkeys(event.reason for event in events if event.reason)
    newest = events[-1]
    return Step(newest.at, newest.actor_label, newest.actor_kind == "system", " · ".join(reasons), lines)


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None
