"""Systems and their permissions enter the catalogue."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents.audit.actors import Actor
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.people.models import User
from agents.registry import permissions
from agents.registry.models import Entitlement, System
from agents.registry.names import nearest_free_slug
from agents.registry.rules import is_privileged_by_default


@transaction.atomic
def ensure(name: str, *, by: Actor, **details: Any) -> System:
    """The system of this name; added with these details when it is new. Writes system.created."""
    existing = System.objects.filter(name=name).first()
    if existing is not None:
        return existing
    system = System(name=name, slug=nearest_free_slug(name, System), **details)
    system.full_clean()
    system.save()
    record(
        Event.SYSTEM_CREATED,
        system,
        by=by,
        after={"name": name, "kind": system.kind, "owner": system.owner, "mode": system.mode},
    )
    return system


@transaction.atomic
def ensure_entitlement(
    system: System,
    name: str,
    *,
    by: Actor,
    verb_class: str,
    data_classes: Sequence[str] = (),
    plain_effect: str = "",
    is_privileged: bool | None = None,
) -> Entitlement:
    """The permission of this name on the system; added when it is new, privileged by the default rule.

    is_privileged: True flags it further than the rule; it cannot un-flag (a second person's decision).
    Writes entitlement.created.
    """
    existing = Entitlement.objects.filter(system=system, name=name).first()
    if existing is not None:
        return existing
    reached = list(data_classes) or list(system.data_classes)
    entitlement = Entitlement(
        system=system,
        name=name,
        verb_class=verb_class,
        data_classes=list(data_classes),
        plain_effect=plain_effect,
        is_privileged=bool(is_privileged) or is_privileged_by_default(verb_class, system.environment, reached),
    )
    entitlement.full_clean()
    entitlement.save()
    record(
        Event.ENTITLEMENT_CREATED,
        entitlement,
        by=by,
        after={"verb_class": verb_class, "plain_effect": plain_effect, "is_privileged": entitlement.is_privileged},
    )
    return entitlement


@transaction.atomic
def change_owner(system: System, *, owner: User, by: User, reason: str = "") -> System:
    """That person decides about the system from now on. Writes system.changed."""
    system = locked(System, system.pk)
    if why_not := permissions.why_not_describe(by, system):
        raise NotAllowed(why_not)
    if not owner.is_present:
        raise ValidationError({"owner": _("%(name)s has left.") % {"name": owner.name}})
    before = system.owner
    system.owner = owner
    system.save(update_fields=["owner"])
    record(Event.SYSTEM_CHANGED, system, by=by, reason=reason, before={"owner": before}, after={"owner": owner})
    return system
