"""Waiting for a portal in other processes: until it has done what there is to do."""

import time
from collections.abc import Callable

from agents.access.models import Grant
from agents.audit.models import Reaction
from compliance.models import Pack
from reviews.models import Campaign


def until(true: Callable[[], bool], otherwise: Callable[[], object], seconds: float = 240) -> float:
    """The seconds until it was true; raises with what `otherwise` says when that takes too long."""
    began_at = time.monotonic()
    while not true():
        assert time.monotonic() < began_at + seconds, otherwise()
        time.sleep(0.5)
    return time.monotonic() - began_at


def what_waits() -> list[str]:
    """Work that somebody still has to do."""
    return [
        *(f"{one} is {one.state}" for one in Pack.objects.filter(state__in=("requested", "building"))),
        *(f"{one} is {one.state}" for one in Campaign.objects.filter(state__in=("scheduled", "generating"))),
        *(f"{one}: {one.last_error}" for one in Reaction.objects.filter(state="waiting")[:5]),
        *(f"{one} has run out and says {one.state}" for one in Grant.objects.run_out()),
    ]
