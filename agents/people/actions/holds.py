"""Legal holds on the trail. They stand here, not in audit: who may place one is a matter of roles."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.models import LegalHold
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.intake.names import clean_name
from agents.people import permissions
from agents.people.models import User


@transaction.atomic
def place(*, name: str, reason: str, by: User, since: date | None = None, until: date | None = None) -> LegalHold:
    """Nothing from these days is removed, and nobody is erased, until it is released.

    since, until: days in UTC, both inside; None: from the first event on, or all to come.
    Raises NotAllowed, ValidationError (by field). Writes hold.placed.
    """
    if why_not := permissions.why_not_hold(by):
        raise NotAllowed(why_not)
    if since and until and since > until:
        raise ValidationError({"until": _("The last day is before the first.")})
    hold = LegalHold(
        name=clean_name(name, max_length=120),
        reason=_said("reason", reason),
        since=since,
        until=until,
        placed_at=clock.now(),
        placed_by=by.actor_label,
    )
    hold.full_clean()
    hold.save()
    record(Event.HOLD_PLACED, hold, by=by, reason=hold.reason, after={"from": since, "until": until})
    return hold


@transaction.atomic
def release(hold: LegalHold, *, by: User, reason: str) -> LegalHold:
    """What its days hold may be removed again when its time is over. Raises NotAllowed, IllegalMove, ValidationError.
    Writes hold.released."""
    hold = locked(LegalHold, hold.pk)
    if why_not := permissions.why_not_hold(by):
        raise NotAllowed(why_not)
    if hold.released_at is not None:
        raise IllegalMove(_("%(name)s was released already, by %(who)s.") % {"name": hold.name, "who": hold.released_by})
    hold.released_at, hold.released_by = clock.now(), by.actor_label
    hold.release_reason = _said("reason", reason)
    hold.save(update_fields=["released_at", "released_by", "release_reason"])
    record(Event.HOLD_RELEASED, hold, by=by, reason=hold.release_reason)
    return hold


def _said(field: str, text: str) -> str:
    text = text.strip()
    if not text or len(text) > 500:
        raise ValidationError({field: _("Give a reason of 1 to 500 characters; it is kept as evidence.")})
    return text
