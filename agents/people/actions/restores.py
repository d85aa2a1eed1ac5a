"""A restored backup is acknowledged. It stands here, not in audit: who may is a matter of roles, and audit knows no people."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents.audit import rollback
from agents.audit.errors import NotAllowed
from agents.audit.models import Epoch
from agents.people import permissions
from agents.people.models import User


@transaction.atomic
def acknowledge(*, by: User, reason: str) -> Epoch:
    """The portal writes again, in a new epoch of the trail that says what is known to be missing.

    reason: 1–500 characters, told in the trail. Raises NotAllowed, ValidationError, IllegalMove when nothing waits.
    Writes rollback.acknowledged and epoch.begun.
    """
    if why_not := permissions.why_not_acknowledge_restore(by):
        raise NotAllowed(why_not)
    if not reason.strip():
        raise ValidationError({"reason": _("Say what happened: the trail will tell it for as long as it exists.")})
    return rollback.acknowledge(by=by, reason=reason.strip()[:500])
