"""Who has to decide a line. Nobody is never "anybody": it means the line cannot be approved (invariant 2)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from agents.people.models import User
from agents.registry.models import Entitlement


@dataclass(frozen=True)
class Route:
    """approver: who is asked, or None; because: the sentence beside their name."""

    approver: User | None
    because: str


def system_owner_of(entitlement: Entitlement, *, requested_by: User) -> Route:
    """The system's owner; their manager where the owner asks themselves."""
    owner = entitlement.system.owner
    if owner is None or not owner.is_present:
        return Route(None, _("%(system)s has no owner, so nobody can approve this.") % {"system": entitlement.system})
    if owner.pk != requested_by.pk:
        return Route(owner, _("owns %(system)s") % {"system": entitlement.system})
    manager = owner.manager
    if manager is None or not manager.is_present or manager.pk == requested_by.pk:
        return Route(None, _("%(owner)s asked for this and has no manager who could decide instead.") % {"owner": owner.name})
    return Route(manager, _("manager of %(owner)s, who asked for access to their own system") % {"owner": owner.name})
