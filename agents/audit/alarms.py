"""Alarms: a line of health that is not well is told once, and told again when it is well."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction

from agents import clock
from agents.audit import health
from agents.audit.actors import System
from agents.audit.errors import Refusal
from agents.audit.events import Event
from agents.audit.models import Alarm, TrailRef
from agents.audit.trail import record

logger = logging.getLogger(__name__)

WATCH = System("watch")
STAYS = timedelta(minutes=5)  # at least this long, so that what comes and goes is one alarm and one mail


def watch() -> int:
    """Each bad line has an open alarm, no other has; how many were raised or cleared. Two watches at once raise one."""
    open_ones = {alarm.name: alarm for alarm in Alarm.objects.filter(cleared_at__isnull=True)}
    changed = 0
    lines = health.lines()
    for line in lines:
        alarm = open_ones.pop(line.name, None)
        if line.is_bad and alarm is None:
            changed += _told(_raise, line)
        elif alarm is not None and not line.is_bad and alarm.raised_at < clock.now() - STAYS:
            changed += _told(_clear, alarm, str(line.title), line.sentence)
    return changed + sum(_told(_clear, alarm, alarm.name, "") for alarm in open_ones.values())  # of lines that are no more


def _told(change: Callable[..., bool], *about: object) -> bool:
    """The change with its event, or neither: while the portal is read-only the banner tells instead."""
    try:
        with transaction.atomic():
            return change(*about)
    except Refusal as refusal:
        logger.warning("alarm not told", extra={"why": refusal.sentence})
        return False


def _raise(line: health.Line) -> bool:
    try:
        with transaction.atomic():
            made = Alarm.objects.create(name=line.name, sentence=line.sentence[:500], raised_at=clock.now())
    except IntegrityError:  # another watch was first
        return False
    record(Event.ALARM_RAISED, _ref(made, str(line.title)), by=WATCH, after={"sentence": line.sentence, "detail": line.detail})
    logger.error("alarm raised", extra={"alarm": line.name, "sentence": line.sentence})
    return True


def _clear(alarm: Alarm, title: str, sentence: str) -> bool:
    cleared = Alarm.objects.filter(pk=alarm.pk, cleared_at__isnull=True).update(cleared_at=clock.now())
    if cleared:
        record(Event.ALARM_CLEARED, _ref(alarm, title), by=WATCH, after={"sentence": sentence})
    return bool(cleared)


def _ref(alarm: Alarm, title: str) -> TrailRef:
    return TrailRef("alarm", str(alarm.pk), title, about=f"alarm:{alarm.name}")
