"""People join, change, are absent and leave."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.actors import Actor
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked
from agents.audit.personal import Personal
from agents.audit.trail import record
from agents.people import permissions
from agents.people.models import User

CHANGEABLE = ("name", "legal_entity", "department", "manager", "job_title", "location", "time_zone")
PERSONAL = frozenset(["name", "job_title", "location"])
FURTHEST_MANAGER = 50  # a chain longer than this is a circle


@transaction.atomic
def join(*, email: str, name: str, by: Actor, password: str | None = None, **details: Any) -> User:
    """The person exists and, with a password, can sign in. Roles are given apart.

    details: of CHANGEABLE. Raises ValidationError. Writes person.joined.
    """
    unknown = set(details) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"unknown details: {sorted(unknown)}")
    user = User(email=email.strip().lower(), name=name.strip(), joined_at=clock.now(), **details)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    record(Event.PERSON_JOINED, user, by=by, after={"email": Personal(user.actor_key, user.email), **_told(user)})
    return user


@transaction.atomic
def change(user: User, *, by: Actor, **details: Any) -> User:
    """The details given are as told; nothing is written when nothing differs.

    Raises ValidationError, also for a circle of managers. Writes person.changed.
    """
    user = locked(User, user.pk)
    before = _told(user)
    for name, value in details.items():
        if name not in CHANGEABLE:
            raise TypeError(f"{name} is not changed here")
        setattr(user, name, value)
    user.full_clean(exclude=["password"])
    _no_circle(user)
    after = _told(user)
    if after != before:
        user.save(update_fields=list(details))
        differing = {name for name in after if after[name] != before[name]}
        record(
            Event.PERSON_CHANGED,
            user,
            by=by,
            before={name: before[name] for name in differing},
            after={name: after[name] for name in differing},
        )
    return user


@transaction.atomic
def set_absence(user: User, *, by: User, since: datetime | None, until: datetime | None, deputy: User | None) -> User:
    """Between the two moments the deputy stands in; both None ends the absence.

    Raises NotAllowed, ValidationError. Writes person.absence_set.
    """
    user = locked(User, user.pk)
    if why_not := permissions.why_not_set_absence(by, user):
        raise NotAllowed(why_not)
    if (since is None) != (until is None) or (since and until and since >= until):
        raise ValidationError({"absent_until": _("The end must come after the beginning.")})
    if deputy == user:
        raise ValidationError({"deputy": _("Name another person as deputy.")})
    user.absent_from, user.absent_until, user.deputy = since, until, deputy
    user.save(update_fields=["absent_from", "absent_until", "deputy"])
    record(Event.PERSON_ABSENCE_SET, user, by=by, after={"from": since, "until": until, "deputy": deputy})
    return user


@transaction.atomic
def leave(user: User, *, by: Actor, at: datetime | None = None, reason: str = "") -> User:
    """From that moment the person is no owner, approver or reviewer and cannot sign in. Writes person.left."""
    user = locked(User, user.pk)
    user.left_at = at or clock.now()
    user.is_active = user.left_at > clock.now()
    user.save(update_fields=["left_at", "is_active"])
    record(Event.PERSON_LEFT, user, by=by, reason=reason, after={"left_at": user.left_at})
    return user


def _told(user: User) -> dict[str, str | Personal | None]:
    return {name: _worded(user, name, getattr(user, name)) for name in CHANGEABLE}


def _worded(user: User, name: str, value: object) -> str | Personal | None:
    """What tells who somebody is, is told as theirs."""
    if value in (None, ""):
        return None
    if isinstance(value, User):
        return value.as_told
    return Personal(user.actor_key, str(value)) if name in PERSONAL else str(value)


def _no_circle(user: User) -> None:
    above, steps = user.manager, 0
    while above is not None:
        steps += 1
        if above.pk == user.pk or steps > FURTHEST_MANAGER:
            raise ValidationError({"manager": _("%(name)s would be their own manager.") % {"name": user.name}})
        above = above.manager
