"""Periods and recommendations from values only: no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

LATE_AFTER = timedelta(days=3)  # a campaign that opens later than this in its period says so
SHORT_NOTICE = timedelta(days=3)  # what joins a review so late before its end may wait for the next without being late
UNUSED_AFTER = timedelta(days=90)
TOO_NEW_TO_JUDGE = timedelta(days=30)


class Every(models.TextChoices):
    MONTH = "month", gettext_lazy("every month")
    QUARTER = "quarter", gettext_lazy("every quarter")
    YEAR = "year", gettext_lazy("every year")


class Choice(models.TextChoices):
    """What a reviewer can say. WITHDRAWN is a decision taken back: the item is open again."""

    KEEP = "keep", gettext_lazy("keep")
    END = "end", gettext_lazy("end access")
    CHANGE_NEEDED = "change_needed", gettext_lazy("change needed")
    WITHDRAWN = "withdrawn", gettext_lazy("taken back")


@dataclass(frozen=True)
class Period:
    """A stretch of the calendar in UTC. key: "2026-11", "2026-Q4" or "2026"; ends_on is the next period's first day."""

    key: str
    label: str
    starts_on: date
    ends_on: date


def period_of(every: str, day: date) -> Period:
    """The period of the calendar that holds this day."""
    if every == Every.MONTH:
        start = day.replace(day=1)
        return Period(f"{day:%Y-%m}", f"{day:%B %Y}", start, _months_later(start, 1))
    if every == Every.QUARTER:
        quarter = (day.month - 1) // 3
        start = date(day.year, quarter * 3 + 1, 1)
        label = _("quarter %(n)s of %(year)s") % {"n": quarter + 1, "year": day.year}
        return Period(f"{day.year}-Q{quarter + 1}", label, start, _months_later(start, 3))
    start = date(day.year, 1, 1)
    return Period(f"{day.year}", f"{day.year}", start, date(day.year + 1, 1, 1))


def is_late(period: Period, opened_at: datetime) -> bool:
    return opened_at - datetime.combine(period.starts_on, datetime.min.time(), UTC) > LATE_AFTER


def _months_later(first: date, months: int) -> date:
    total = first.month - 1 + months
    return date(first.year + total // 12, total % 12 + 1, 1)


@dataclass(frozen=True)
class Recommendation:
    """What the facts speak for, and each fact as a sentence. It is shown beside the choice and never taken for it."""

    choice: Choice
    because: list[str]


@dataclass(frozen=True)
class AccessFacts:
    """What is known of one access at the moment a campaign freezes."""

    is_discovered: bool
    is_privileged: bool
    is_stopped: bool
    approved_by: str
    begun_at: datetime
    last_used_at: datetime | None  # None: no use was recorded
    agent_environment: str
    system_environment: str
    reaches: Sequence[str]  # labels of sensitive data classes


def recommend_access(facts: AccessFacts, now: datetime) -> Recommendation:
    """End what nobody approved, nobody uses, or a test agent should not reach; keep the rest."""
    against: list[str] = []
    if facts.is_discovered:
        against.append(_("nobody approved it"))
    if facts.is_stopped:
        against.append(_("somebody stopped it already"))
    if facts.agent_environment in {"development", "test"} and facts.system_environment == "production" and facts.reaches:
        against.append(_("a %(environment)s agent on production data") % {"environment": facts.agent_environment})
    if facts.last_used_at is not None and now - facts.last_used_at >= UNUSED_AFTER:
        against.append(_("last used %(n)s days ago") % {"n": (now - facts.last_used_at).days})
    elif facts.last_used_at is None and now - facts.begun_at >= TOO_NEW_TO_JUDGE:
        against.append(_("no use recorded in %(n)s days") % {"n": (now - facts.begun_at).days})
    if against:
        return Recommendation(Choice.END, against + ([_("privileged")] if facts.is_privileged else []))
    because = [_("approved by %(name)s") % {"name": facts.approved_by}] if facts.approved_by else []
    if facts.last_used_at is not None:
        days = (now - facts.last_used_at).days
        because.append(_("used today") if days < 1 else ngettext("used %(n)s day ago", "used %(n)s days ago", days) % {"n": days})
    else:
        because.append(_("too new to judge by its use"))
    return Recommendation(Choice.KEEP, because + ([_("privileged: look closely")] if facts.is_privileged else []))


@dataclass(frozen=True)
class AgentFacts:
    is_discovered: bool
    has_accountable_owner: bool
    state: str
    access_count: int
    changed: Sequence[str]  # labels of what is different from the last review


def recommend_agent(facts: AgentFacts) -> Recommendation:
    """Somebody has to act when nobody answers for the agent, or it has nothing left to do."""
    against: list[str] = []
    if facts.is_discovered:
        against.append(_("found at its source, never registered"))
    if not facts.has_accountable_owner:
        against.append(_("no accountable owner"))
    if facts.state != "active":
        against.append(_("it is %(state)s") % {"state": facts.state})
    if not facts.access_count:
        against.append(_("it holds no access"))
    if against:
        return Recommendation(Choice.CHANGE_NEEDED, against)
    if facts.changed:
        return Recommendation(Choice.KEEP, [_("changed since the last review: %(what)s") % {"what": ", ".join(facts.changed)}])
    return Recommendation(Choice.KEEP, [_("owned, registered and at work")])
