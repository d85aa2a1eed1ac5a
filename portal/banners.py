"""What stands above every page while something about the portal itself is not well. It asks small tables only."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.audit import health_lines, timekeeping, vitals
from agents.audit.models import Alarm, DueRun, Rollback
from agents.people.choices import SEES_EVERYTHING, Role
from agents.people.models import User

TOLD = (Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR)
MOST_NAMED = 3


@dataclass(frozen=True)
class Banner:
    sentence: str
    url: str = ""
    label: str = ""
    tone: str = "bad"


def banners(user: User) -> list[Banner]:
    """For everybody while nothing is written; for those who can do something, also while an alarm is open.

    With the scheduler stopped nobody raises alarms, and the clock is each machine's own: these two are looked at here.
    """
    found = []
    if Rollback.objects.filter(acknowledged_at__isnull=True).exists():
        found.append(
            Banner(
                _("Mandate is read-only: a backup was restored and nobody has acknowledged it yet. Nothing you do is kept."),
                *((reverse("restore"), _("See what is missing")) if user.has_role(*SEES_EVERYTHING) else ()),
            )
        )
    if not user.has_role(*TOLD):
        return found
    why_not_trusted = timekeeping.why_not_trusted()
    told_apart = ["rollback", "scheduler", *(["clock"] if why_not_trusted else [])]
    is_open = Alarm.objects.filter(cleared_at__isnull=True).exclude(name__in=told_apart)
    sentences = list(is_open.order_by("raised_at").values_list("sentence", flat=True))
    age = vitals.scheduler_age(DueRun.objects.filter(name=vitals.SCHEDULER).first())
    if age is not None and age > health_lines.SCHEDULER_BAD:
        said = _("The scheduler was last seen %(span)s ago, so nothing that is due is done.")
        sentences = [said % {"span": health_lines.spoken(age)}, *sentences]
    if why_not_trusted:
        sentences = [why_not_trusted + " " + _("No access is allowed until it is right."), *sentences]
    if sentences:
        more = len(sentences) - MOST_NAMED
        words = " ".join(sentences[:MOST_NAMED])
        if more > 0:
            words += " " + ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}
        found.append(Banner(words, reverse("health"), _("See what to do")))
    return found
