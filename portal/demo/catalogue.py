"""The systems of the demo enter the catalogue."""

from agents.people.models import User
from agents.registry.actions import systems
from agents.registry.models import Entitlement
from portal.demo.companies import SYSTEMS


def fill(people: dict[str, User]) -> dict[str, Entitlement]:
    """The catalogue stands; permission name → permission."""
    permissions = {}
    for item in SYSTEMS:
        owner = people[item.owner]
        entity = next(
            user.legal_entity for user in people.values() if user.legal_entity and user.legal_entity.name == item.entity
        )
        system = systems.ensure(
            item.name,
            by=owner,
            kind=item.kind,
            owner=owner,
            legal_entity=entity,
            region=item.region,
            data_classes=list(item.data_classes),
            environment=item.environment,
            criticality=item.criticality,
            mode=item.mode,
        )
        for permission in item.permissions:
            permissions[permission.name] = systems.ensure_entitlement(
                system, permission.name, by=owner, verb_class=permission.verb, plain_effect=permission.effect
            )
    return permissions
