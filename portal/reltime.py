"""How long ago, how long until: the words beside every date."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400


def relative(moment: datetime, now: datetime) -> str:
    """One unit, rounded down from whole minutes: "4 min ago", "in 6 h", "3 days ago", "in 2 months"."""
    seconds = int((moment - now).total_seconds())
    span = MINUTE * round(abs(seconds) / MINUTE)
    if span < MINUTE:
        return _("just now") if seconds <= 0 else _("in under a minute")
    words = _words(span)
    return _("in %(span)s") % {"span": words} if seconds > 0 else _("%(span)s ago") % {"span": words}


def _words(span: int) -> str:
    """span: seconds, at least 60."""
    if span < HOUR:
        return _("%(n)d min") % {"n": span // MINUTE}
    if span < DAY:
        return _("%(n)d h") % {"n": span // HOUR}
    days = span // DAY
    if days < 60:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if days < 730:
        return ngettext("%(n)d month", "%(n)d months", days // 30) % {"n": days // 30}
    return ngettext("%(n)d year", "%(n)d years", days // 365) % {"n": days // 365}
