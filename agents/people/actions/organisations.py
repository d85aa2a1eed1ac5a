"""Legal entities and the first start."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from agents.audit.actors import Actor, System
from agents.audit.errors import IllegalMove
from agents.audit.events import Event
from agents.audit.trail import record
from agents.people.actions import people, roles
from agents.people.choices import Regulation, Role
from agents.people.models import Department, LegalEntity, Organisation, User


@dataclass(frozen=True)
class NewEntity:
    name: str
    country: str  # ISO 3166-1 alpha-2
    regulated_as: Sequence[Regulation] = ()


@dataclass(frozen=True)
class NewAdministrator:
    name: str
    email: str
    password: str


@transaction.atomic
def add_entity(new: NewEntity, *, by: Actor) -> LegalEntity:
    """The legal entity exists. Raises ValidationError. Writes entity.created."""
    entity = LegalEntity(
        name=new.name.strip(), slug=slugify(new.name)[:60], country=new.country, regulated_as=[str(r) for r in new.regulated_as]
    )
    entity.full_clean()
    entity.save()
    record(Event.ENTITY_CREATED, entity, by=by, after={"country": entity.country, "regulated_as": entity.regulated_as})
    return entity


def department_of(entity: LegalEntity, name: str) -> Department:
    """The entity's department of this name, made when it is new."""
    return Department.objects.get_or_create(legal_entity=entity, name=name.strip())[0]


def is_first_start() -> bool:
    """True while nobody can sign in."""
    return not User.objects.exists()


@transaction.atomic
def found(
    organisation: str,
    *,
    entities: Sequence[NewEntity],
    administrators: Sequence[NewAdministrator],
    is_demo: bool = False,
) -> list[User]:
    """The organisation exists with its legal entities and two administrators, so that nobody rules alone.

    Raises IllegalMove when somebody was first; ValidationError. Writes organisation.founded.
    """
    installer = System("first start")
    whose, is_new = Organisation.objects.get_or_create(id=1, defaults={"name": organisation.strip(), "is_demo": is_demo})
    if not is_new or not is_first_start():
        raise IllegalMove(_("This portal has been set up already. Sign in instead."))
    record(Event.ORGANISATION_FOUNDED, whose, by=installer, after={"name": whose.name, "demo": is_demo})
    made = [add_entity(entity, by=installer) for entity in entities]
    founders = []
    for administrator in administrators:
        person = people.join(
            email=administrator.email,
            name=administrator.name,
            password=administrator.password,
            by=installer,
            legal_entity=made[0] if made else None,
        )
        roles.assign(person, Role.ADMINISTRATOR, by=installer, reason=_("First start"))
        founders.append(person)
    return founders
