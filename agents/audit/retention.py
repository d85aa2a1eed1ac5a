"""How long each kind of trail event must be kept, and how long it may: rules as data, each with its source.

audit knows no legal entities: what they are regulated as is handed in by who does (`contribute`). A segment may be removed
when the longest minimum of all its events is over; a maximum is the organisation's own, and a minimum wins over it.
"""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecordClass(models.TextChoices):
    """A group of events that is kept for the same time. What agents did and what was decided get their own later."""

    IDENTITY = "identity", _("people, agents, systems")
    ACCESS = "access", _("requests, approvals, access")
    REVIEW = "review", _("reviews")
    EVIDENCE = "evidence", _("evidence packs")
    OPERATIONS = "operations", _("the portal itself")


# The noun an event is named after decides; what is new and listed nowhere is kept like access.
NOUNS: dict[str, RecordClass] = {
    **dict.fromkeys(["organisation", "entity", "person", "people", "role", "share"], RecordClass.IDENTITY),
    **dict.fromkeys(["system", "entitlement", "agent", "agents", "ownership"], RecordClass.IDENTITY),
    **dict.fromkeys(["request", "line", "grant"], RecordClass.ACCESS),
    **dict.fromkeys(["cadence", "campaign", "item"], RecordClass.REVIEW),
    "pack": RecordClass.EVIDENCE,
    **dict.fromkeys(["epoch", "rollback", "signing_key", "protection", "alarm", "sink", "hold"], RecordClass.OPERATIONS),
    **dict.fromkeys(["segment", "reaction", "backup"], RecordClass.OPERATIONS),
}
ALL = frozenset(RecordClass)


@dataclass(frozen=True)
class Rule:
    """months: kept at least so long; None: the text gives no number. regulations: as in people.choices; empty: for everybody.

    is_verified: the number was read in its source (or a mirror of it), not remembered or chosen.
    """

    regulations: frozenset[str]
    classes: frozenset[RecordClass]
    months: int | None
    source: str
    why: str | Promise
    is_verified: bool = True


RULES = (
    # No law asks it of everybody; a SOC 2 examination looks back over its whole period and the auditor's year.
    Rule(frozenset(), ALL, 24, "SOC 2", _("no number in law: an examination period and the auditor's year"), is_verified=False),
    # "6 years from the date of its creation or the date when it last was in effect, whichever is later."
    Rule(
        frozenset({"hipaa_covered_entity", "hipaa_business_associate"}),
        ALL,
        72,
        "45 CFR 164.316(b)(2)(i)",
        _("documentation of required actions; audit logs only when read as such"),
    ),
    Rule(
        frozenset({"pci_merchant", "pci_provider"}),
        ALL,
        12,
        "PCI DSS 4.0.1 10.5.1",
        _("audit logs, the latest three months at hand"),
    ),
    # RTS 2024/1774 art. 12(2)(a) leaves the number to the entity; five years is our choice, near national banking law.
    Rule(
        frozenset({"dora_financial_entity"}),
        ALL,
        60,
        "DORA; RTS 2024/1774 art. 12(2)(a)",
        _("the entity decides; five years is this portal's proposal"),
        is_verified=False,
    ),
    Rule(
        frozenset({"ai_act_provider"}),
        frozenset({RecordClass.IDENTITY, RecordClass.REVIEW, RecordClass.EVIDENCE}),
        120,
        "AI Act art. 18",
        _("a provider's documentation"),
    ),
    Rule(
        frozenset({"ai_act_provider"}),
        ALL,
        6,
        "AI Act art. 19(1)",
        _("logs under a provider's control"),
    ),
    Rule(
        frozenset({"ai_act_deployer"}),
        ALL,
        6,
        "AI Act art. 26(6)",
        _("logs under a deployer's control"),
    ),
)
LIMIT = "GDPR art. 5(1)(e)"  # no number: no longer than needed; the organisation says how long that is

Contribution = Callable[[], Collection[str]]
_contributions: list[Contribution] = []


@dataclass(frozen=True)
class Keeping:
    """How long one class is kept, in months. because: what applies, the longest first; at_most: what the organisation set."""

    record_class: RecordClass
    at_least: int
    at_most: int | None
    because: tuple[Rule, ...]


def contribute(regulations: Contribution) -> Contribution:
    """Register who knows what the organisation is regulated as. Use as a decorator, in a module named `retention`."""
    _contributions.append(regulations)
    return regulations


def regulated_as() -> frozenset[str]:
    return frozenset(regulation for contribution in _contributions for regulation in contribution())


def class_of(event: str) -> RecordClass:
    return NOUNS.get(event.split(".", maxsplit=1)[0], RecordClass.ACCESS)


def keeping(regulations: Iterable[str] | None = None) -> dict[RecordClass, Keeping]:
    """Each class and how long it is kept, for who is regulated so (None: this organisation)."""
    applying = regulated_as() if regulations is None else frozenset(regulations)
    at_most: int | None = settings.MANDATE_KEEP_AT_MOST_MONTHS
    found = {}
    for record_class in RecordClass:
        rules = [r for r in RULES if record_class in r.classes and (not r.regulations or r.regulations & applying)]
        rules.sort(key=lambda rule: rule.months or 0, reverse=True)
        at_least = max((rule.months or 0 for rule in rules), default=0)
        found[record_class] = Keeping(record_class, at_least, max(at_most, at_least) if at_most else None, tuple(rules))
    return found


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the month's last where it has no such day."""
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
