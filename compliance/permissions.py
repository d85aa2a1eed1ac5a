"""May this person? The sentence is the one on the disabled button, in the 403 and in the test."""

from django.utils.translation import gettext as _

from agents.people.models import User
from compliance.querysets import READERS, REQUESTERS


def why_not_request(user: User) -> str | None:
    if user.has_role(*REQUESTERS):
        return None
    return _("Compliance officers and administrators build evidence packs.")


def why_not_read(user: User) -> str | None:
    if user.has_role(*READERS):
        return None
    return _("Compliance officers, administrators and auditors read evidence packs.")
