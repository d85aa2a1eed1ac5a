"""Work that gave up is tried again, because somebody mended what was in its way.

Stands on this floor because the trail's own knows no roles.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.models import Reaction
from agents.audit.moves import locked, move
from agents.audit.nudges import nudge
from agents.people.models import User
from agents.people.permissions import why_not_retry

LONGEST_REASON = 500


@transaction.atomic
def retry(reaction: Reaction, *, by: User, reason: str = "") -> Reaction:
    """The reaction waits again, with all its attempts before it. Raises NotAllowed, IllegalMove unless it gave up.

    reason: at most 500 characters, or none. Writes reaction.retried.
    """
    fresh = locked(Reaction, reaction.pk)
    if why_not := why_not_retry(by):
        raise NotAllowed(why_not)
    if len(reason.strip()) > LONGEST_REASON:
        raise ValidationError({"reason": _("Write at most %(n)s characters.") % {"n": LONGEST_REASON}})
    move(
        fresh,
        Reaction.State.WAITING,
        by=by,
        event=Event.REACTION_RETRIED,
        reason=reason.strip(),
        told={"last_error": fresh.last_error},
        attempts=0,
        next_try_at=clock.now(),
    )
    transaction.on_commit(lambda: nudge("audit.react"))
    return fresh


def retry_all(*, by: User, reason: str = "") -> int:
    """Everything that gave up waits again; how many. Each is a transaction of its own. Raises NotAllowed."""
    if why_not := why_not_retry(by):
        raise NotAllowed(why_not)
    retried = 0
    for reaction in Reaction.objects.dead().order_by("pk"):
        try:
            retry(reaction, by=by, reason=reason)
        except IllegalMove:
            continue  # somebody else was faster
        retried += 1
    return retried
