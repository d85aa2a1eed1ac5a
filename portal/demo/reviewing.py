"""How the demo's reviewer decides: most is kept, some is ended, and some is not looked at in time."""

from datetime import datetime, timedelta

from agents import clock
from agents.people.models import User
from portal.demo.companies import CAST
from reviews.actions import items
from reviews.models import Item
from reviews.rules import Choice

A_FRIDAY = 110  # items, at most
A_LOOK = timedelta(seconds=20)
LATELY = timedelta(days=70)
OLD_ENOUGH = timedelta(days=45)
NOT_REVIEWED = ("Limit watcher", "Covenant reader", "Archive cleaner")  # in the last two months
NOBODY_KNOWS = {"claims:export": "Nobody approved this export, and nobody knows what it is for."}
UNUSED = "Needed once a year, says its owner."
NO_OWNER = "Nobody answers for it. Find out who runs it."

_ENDED = {(cast.name, name): why for cast in CAST for name, why in cast.ended.items()}


def review(reviewer: User, *, before: datetime) -> None:
    """A Friday's work. before: the end of the story."""
    waiting = Item.objects.waiting_for(reviewer).select_related("campaign", "grant__entitlement", "agent").order_by("pk")
    begun_at = clock.now()
    for number, item in enumerate(waiting[:A_FRIDAY]):
        if item.agent.name in NOT_REVIEWED and before - begun_at < LATELY:
            continue
        with clock.moved_to(begun_at + number * A_LOOK):
            _decide(item, reviewer)


def _decide(item: Item, reviewer: User) -> None:
    if item.grant is None:
        choice, reason = (Choice.CHANGE_NEEDED, NO_OWNER) if item.agent.is_discovered else (Choice.KEEP, "")
    elif item.grant.is_discovered:
        reason = NOBODY_KNOWS.get(item.grant.entitlement.name, "")
        if not reason:
            return  # she asks around first, and the review ends before anybody answers
        choice = Choice.END
    else:
        reason = _ENDED.get((item.agent.name, item.grant.entitlement.name), "")
        if reason and clock.now() - item.grant.created_at > OLD_ENOUGH:
            choice = Choice.END
        else:
            choice, reason = Choice.KEEP, UNUSED if item.recommended == Choice.END else ""
    items.decide(item, choice, by=reviewer, reason=reason)
