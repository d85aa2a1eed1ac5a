"""Is the clock to be believed? Time decides what is allowed, so a clock that was set back would bring ended access to life again.

`agents.clock` stays the only source; this looks at it, without trusting it:
- a clock that is behind the latest moment this process has believed was set back (1 s or more);
- a clock that is behind the latest event of the trail by more than 5 s was set back while we were away;
- on PostgreSQL, a clock more than 5 s from the database server's is wrong, and while they agree neither jumped;
- without such a witness, a clock that moved by more than 5 s beside the time that went by is not believed for five minutes,
  or until it is back.

While the clock is not believed, `runtime.decisions` denies and the health line `clock` raises an alarm. The trail is still
written, so that this can be told, unless the clock is behind the trail itself. The past that seed_demo tells under
`clock.moved_to` is not looked at, nor are tests, which move time in their own process (`is_watching`); no variable of the
environment and no setting switches this off.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.errors import Closed
from agents.audit.models import TrailEvent

TOLERANCE = 5.0  # seconds between two clocks that count as agreeing
SET_BACK = 1.0  # seconds: less than this is what time services do all day
ASK_EVERY = 5.0  # seconds an answer of the database is used
SETTLES_AFTER = 300.0  # seconds after a move that nobody can confirm
DRIFT = 1e-4  # a second in three hours: two clocks of one machine do not differ more by themselves
HURRIED = 0.5  # seconds: readings further apart than this belong to different moments

is_watching = True  # tests turn this off in their own process (tests/conftest.py), and on again where they test this


def why_not_trusted() -> str | None:
    """None while the clock may be believed; otherwise what is wrong with it, as a sentence."""
    if not is_watching or clock.is_moved():
        return None
    return _watch.look().sentence


def stamp() -> datetime:
    """The time that an event gets: `clock.now()`, or the database's where ours runs ahead of it.

    Raises Closed when our clock is behind the trail: an event may not say that it happened before those it follows.
    """
    if not is_watching or clock.is_moved():
        return clock.now()
    seen = _watch.look()
    if seen.behind_trail > TOLERANCE:
        raise Closed(_("%(why)s Nothing was changed.") % {"why": seen.sentence})
    ahead = -seen.offset
    return datetime.fromtimestamp(seen.wall + seen.offset, UTC) if ahead > TOLERANCE else clock.now()


@dataclass(frozen=True)
class Reading:
    """wall: our clock, seconds since 1970; offset: the database's minus ours, 0 without a witness or where they agree."""

    wall: float
    offset: float
    behind_trail: float
    sentence: str | None


@dataclass
class Watch:
    """What one process has seen of its clock. Times are seconds; `ran` counts from the machine's start, never back."""

    believed: float = 0.0  # the latest moment that was ever believed
    base: tuple[float, float] | None = None  # clock and running time when it was last believed
    moved: float = 0.0  # how far the clock has moved since then, beside the time that went by
    moved_at: float | None = None  # as `ran`
    asked_at: float | None = None  # as `ran`
    offset: float = 0.0
    has_witness: bool = False
    trail_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> Reading:
        wall, ran = _both()
        with self.lock:
            is_new = self._measure(wall, ran)
            is_due = is_new or self.asked_at is None or ran - self.asked_at > ASK_EVERY
        if is_due and not connection.needs_rollback:
            self._ask(ran)
        with self.lock:
            sentence = self._doubt(wall, ran)
            if sentence is None:
                self.believed, self.base = max(self.believed, wall), (wall, ran)
                self.moved, self.moved_at = 0.0, None
            return Reading(wall, self.offset, self.trail_at - wall, sentence)

    def _measure(self, wall: float, ran: float) -> bool:
        """Whether the clock was moved since the look before this one."""
        if self.base is None:
            return False
        before, gone = self.moved, ran - self.base[1]
        moved = wall - self.base[0] - gone
        self.moved = moved if abs(moved) > TOLERANCE + gone * DRIFT else 0.0
        self.moved_at = (self.moved_at or ran) if self.moved else None
        return abs(moved - before) > SET_BACK

    def _ask(self, ran: float) -> None:
        """Outside the lock: a slow database holds up nobody else. However slow it is, its clock is never misjudged for that."""
        before = clock.wall().timestamp()
        witness = _database_clock()
        after = clock.wall().timestamp()
        newest = TrailEvent.objects.order_by("-at").values_list("at", flat=True).first()
        offset = 0.0
        if witness is not None and not before - TOLERANCE <= witness <= after + TOLERANCE:
            offset = witness - (before + after) / 2
        with self.lock:
            self.asked_at, self.offset, self.has_witness = ran, offset, witness is not None
            self.trail_at = newest.timestamp() if newest else 0.0

    def _doubt(self, wall: float, ran: float) -> str | None:
        if self.offset:
            return _("This machine's clock is %(span)s from the database's.") % {"span": _span(self.offset)}
        if wall < self.believed - SET_BACK:
            return _("This machine's clock was set back by %(span)s.") % {"span": _span(self.believed - wall)}
        if self.trail_at - wall > TOLERANCE:
            return _("This machine's clock is %(span)s behind the newest event of the trail.") % {
                "span": _span(self.trail_at - wall)
            }
        if self.moved_at is not None and not self.has_witness and ran - self.moved_at < SETTLES_AFTER:
            said = _("This machine's clock jumped ahead by %(span)s.")
            if self.moved < 0:
                said = _("This machine's clock was set back by %(span)s.")
            return said % {"span": _span(self.moved)}
        return None


_watch = Watch()


def begin() -> None:
    """The process looks at its clock as if for the first time. For tests."""
    global _watch  # noqa: PLW0603  (one watch a process)
    _watch = Watch()


def _both() -> tuple[float, float]:
    """The clock and the running time of one moment. A process that was paused between the two readings reads again."""
    for _attempt in range(10):
        before = _running()
        wall = clock.wall().timestamp()
        after = _running()
        if after - before < HURRIED:
            break
    return wall, after


def _running() -> float:
    """Seconds that never go back; where the system can say, those that a laptop slept are among them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _database_clock() -> float | None:
    """None on SQLite, which runs by our own clock."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


def _span(seconds: float) -> str:
    number = abs(seconds)
    if number < 120:
        return _("%(n)d seconds") % {"n": round(number)}
    if number < 7200:
        return _("%(n)d minutes") % {"n": round(number / 60)}
    return _("%(n)d hours") % {"n": round(number / 3600)}
