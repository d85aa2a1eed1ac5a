"""Roles are given and ended; what somebody may do follows from the rows alone."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.actors import Actor
from agents.audit.errors import IllegalMove
from agents.audit.events import Event
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.people.choices import Role
from agents.people.models import RoleAssignment, User


@transaction.atomic
def assign(person: User, role: Role, *, by: Actor, until: datetime | None = None, reason: str = "") -> RoleAssignment:
    """The person holds the role from now until `until` (None: until ended).

    Raises IllegalMove when they hold it already. Writes role.assigned.
    """
    person = locked(User, person.pk)
    if RoleAssignment.objects.effective().filter(person=person, role=role).exists():
        raise IllegalMove(_("%(name)s already is %(role)s.") % {"name": person.name, "role": role.label})
    assignment = RoleAssignment.objects.create(
        person=person, role=role, starts_at=clock.now(), ends_at=until, given_by=by.actor_label, reason=reason
    )
    record(Event.ROLE_ASSIGNED, assignment, by=by, reason=reason, after={"role": role, "until": until})
    return assignment


@transaction.atomic
def end(assignment: RoleAssignment, *, by: Actor, reason: str) -> RoleAssignment:
    """The role is over now. Raises IllegalMove when it already was. Writes role.ended."""
    assignment = locked(RoleAssignment, assignment.pk)
    if assignment.ends_at is not None and assignment.ends_at <= clock.now():
        raise IllegalMove(_("This role has ended already."))
    before = assignment.ends_at
    assignment.ends_at = clock.now()
    assignment.save(update_fields=["ends_at"])
    record(Event.ROLE_ENDED, assignment, by=by, reason=reason, before={"until": before}, after={"until": assignment.ends_at})
    return assignment
