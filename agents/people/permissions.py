"""May this person? The sentence is the one on the disabled button, in the 403 and in the test."""

from django.utils.translation import gettext as _

from agents import clock
from agents.audit.actors import Actor
from agents.audit.models import LegalHold
from agents.people.choices import Role
from agents.people.models import User


def why_not_set_absence(user: User, whose: User) -> str | None:
    """One's own; an administrator helps somebody who fell ill."""
    if (user.is_present and user.pk == whose.pk) or user.has_role(Role.ADMINISTRATOR):
        return None
    return _("Everybody sets their own absence; an administrator can help.")


def why_not_retry(user: User) -> str | None:
    """Who has failed work tried again."""
    if user.has_role(Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
        return None
    return _("Administrators and security administrators have failed work tried again; you can read.")


def why_not_change_sinks(user: User) -> str | None:
    """Where signed checkpoints go decides whether anybody could notice a changed trail."""
    if user.has_role(Role.SECURITY_ADMINISTRATOR, Role.ADMINISTRATOR):
        return None
    return _("Security administrators and administrators decide where checkpoints go.")


def why_not_acknowledge_restore(user: User) -> str | None:
    """Access that was ended after the backup is alive again, so somebody must have looked before anything goes on."""
    if user.has_role(Role.ADMINISTRATOR):
        return None
    return _("Only an administrator can acknowledge a restored backup.")


def why_not_erase(by: Actor, whose: User) -> str | None:
    """Only who has left, and not while a legal hold asks for everything to stay as it is (GDPR art. 17(3)(e))."""
    if isinstance(by, User) and not by.has_role(Role.ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER):
        return _("Administrators and data protection officers erase people.")
    if whose.left_at is None or whose.left_at > clock.now():
        return _("%(name)s still works here. Somebody who has left can be erased.") % {"name": whose}
    if hold := LegalHold.objects.filter(released_at__isnull=True).first():
        return _("The legal hold %(name)s stands, so who did what must stay readable. Release it first.") % {"name": hold}
    return None


def why_not_hold(user: User) -> str | None:
    """Who places and releases legal holds."""
    if user.has_role(Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR):
        return None
    return _("Compliance officers and administrators place and release legal holds.")
