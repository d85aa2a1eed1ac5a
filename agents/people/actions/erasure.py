"""A person who has left is erased: who they were is gone, what was done stays under a number."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit import erased as erased_list
from agents.audit import gate, labels
from agents.audit.actors import Actor, System
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.models import LabelKey, TrailEvent
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.people import erasure, permissions, traces
from agents.people.erasure import Erased
from agents.people.models import User

RESTORE = System("restore")
NOWHERE = "invalid"  # RFC 2606: no mail ever goes there
CHUNK = 500
_seen: dict[str, tuple[int, int]] = {}


@transaction.atomic
def erase(user: User, *, by: Actor, reason: str) -> User:
    """Name, address and sign-in of this person are gone from every table that may change, and nothing opens their labels in the
    trail; the trail itself, its seals and ready packs stay as they are.

    reason: without the name, since the trail keeps it; 1–500 characters. Only for somebody who has left. It cannot be undone,
    also not by restoring a backup: the person key stands in a list outside the database.
    Raises NotAllowed, ValidationError. Writes person.erased.
    """
    gate.must_be_open()
    user = locked(User, user.pk)
    if why_not := permissions.why_not_erase(by, user):
        raise NotAllowed(why_not)
    if is_erased(user):
        raise ValidationError(_("This person was erased already."))
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise ValidationError({"reason": _("Give a reason of 1 to 500 characters; it is kept as evidence.")})
    whose = _erased(user)
    if whose.is_named_in(reason) or any(name.casefold() in reason.casefold() for name in whose.names):
        raise ValidationError({"reason": _("Leave the name out of the reason: the trail keeps what you write here.")})
    return _erase(whose, by=by, reason=reason)


def is_erased(user: User) -> bool:
    return user.email.endswith(f"@{NOWHERE}")


def apply_again() -> int:
    """Who was erased before a restored backup was taken is erased here too; how many had come back.

    The list outside and the database know the same people afterwards. Cheap when nothing changed since the last call.
    """
    if gate.is_closed():
        return 0
    known = set(LabelKey.objects.filter(key__isnull=True).values_list("person_key", flat=True))
    listed = erased_list.listed()
    place, state = str(erased_list.path()), (len(known), len(listed))
    if _seen.get(place) == state:
        return 0
    if known - listed:
        erased_list.add(known - listed)
    back = 0
    missing = sorted(listed - known)
    for start in range(0, len(missing), CHUNK):
        for user in User.objects.filter(uid__in=[key for key in missing[start : start + CHUNK] if _is_uid(key)]):
            back += _apply_again(user)
    _seen[place] = state  # of before: what was applied now changes the count, and the next call looks once more
    return back


@transaction.atomic
def _apply_again(user: User) -> int:
    user = locked(User, user.pk)
    if is_erased(user):
        return 0
    user.left_at = min(user.left_at or clock.now(), clock.now())
    _erase(_erased(user), by=RESTORE, reason=_("Erased before this backup was restored."))
    return 1


def _erase(whose: Erased, *, by: Actor, reason: str) -> User:
    user = whose.person
    # First on the list outside: cut off at any moment from here on, the next start goes on with it.
    erased_list.add([user.actor_key])
    labels.drop(user.actor_key)
    for eraser in erasure.erasers():
        eraser(whose)
    traces.wipe(whose)
    user.name, user.email = whose.label, f"erased-{user.uid}@{NOWHERE}"
    user.job_title = user.location = ""
    user.time_zone = "UTC"
    user.manager = user.deputy = user.absent_from = user.absent_until = user.last_login = None
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    user.user_permissions.clear()
    user.groups.clear()
    record(Event.PERSON_ERASED, user, by=by, reason=reason)
    return user


def _erased(user: User) -> Erased:
    """All names and addresses the person ever had here, as the trail still tells them."""
    names, addresses = {user.name}, {user.email}
    told = TrailEvent.objects.filter(
        target_kind="person", target_key=user.actor_key, event__in=(Event.PERSON_JOINED, Event.PERSON_CHANGED)
    )
    for event in labels.loaded(told.iterator(CHUNK)):
        for facts in (event.before, event.after):
            names |= {str(facts["name"])} if facts.get("name") else set()
            addresses |= {str(facts["email"])} if facts.get("email") else set()
    others = User.objects.exclude(pk=user.pk).filter(name__in=names).values_list("name", flat=True)
    label = _("Erased person %(number)s") % {"number": user.uid.hex[:6]}
    return Erased(user, label, frozenset(names), frozenset(addresses), frozenset(others))


def _is_uid(key: str) -> bool:
    return len(key) == 36 and set(key) <= set("0123456789abcdef-")
