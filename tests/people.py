"""The cast. Ann asks, Bob and Cat approve, Rae reviews, Sam is a stranger, Cora writes evidence.

cast.ann       requester, technical owner of what she registers; works for Helene Hospitals
cast.bob       human owner of the agents; Ann's manager
cast.cat       owns the systems `cast.records` and `cast.mail`; her manager is Dan
cast.rae       reviewer
cast.sid       security administrator
cast.cora      compliance officer
cast.ada       administrator
cast.audrey    auditor
cast.sam       works here, has no role and nothing to do with any of it
"""

from dataclasses import dataclass, fields

import pytest

from agents.audit.actors import System as Portal
from agents.people.actions import organisations, people, roles
from agents.people.actions.organisations import NewEntity
from agents.people.choices import Regulation, Role
from agents.people.models import LegalEntity, User
from agents.registry.actions import systems
from agents.registry.choices import DataClass, Environment, SystemKind, SystemMode, VerbClass
from agents.registry.models import Entitlement, System

TEST = Portal("test")
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Cast:
    hospital: LegalEntity
    ann: User
    bob: User
    cat: User
    dan: User
    rae: User
    sid: User
    cora: User
    ada: User
    audrey: User
    sam: User
    records: System
    mail: System
    read_records: Entitlement
    export_records: Entitlement
    send_mail: Entitlement

    @property
    def everybody(self) -> dict[str, User]:
        return {field.name: getattr(self, field.name) for field in fields(self) if field.type in (User, "User")}


def person(name: str, *held: Role, entity: LegalEntity | None = None, manager: User | None = None) -> User:
    """Somebody who can sign in with PASSWORD and holds these roles."""
    user = people.join(
        email=f"{name.lower()}@example.org", name=name, by=TEST, password=PASSWORD, legal_entity=entity, manager=manager
    )
    for role in held:
        roles.assign(user, role, by=TEST)
    return user


def assemble() -> Cast:
    hospital = organisations.add_entity(
        NewEntity("Helene Hospitals", "US", [Regulation.HIPAA_COVERED_ENTITY, Regulation.AI_ACT_DEPLOYER]), by=TEST
    )
    dan = person("Dan", Role.SYSTEM_OWNER, entity=hospital)
    bob = person("Bob", Role.OWNER, entity=hospital, manager=dan)
    ann = person("Ann", Role.REQUESTER, Role.TECHNICAL_OWNER, entity=hospital, manager=bob)
    cat = person("Cat", Role.SYSTEM_OWNER, entity=hospital, manager=dan)
    records = systems.ensure(
        "Patient records",
        by=TEST,
        kind=SystemKind.HEALTH,
        owner=cat,
        legal_entity=hospital,
        data_classes=[DataClass.EPHI],
        environment=Environment.PRODUCTION,
        region="US",
        mode=SystemMode.ENFORCE,
    )
    mail = systems.ensure(
        "Staff mail", by=TEST, kind=SystemKind.COLLABORATION, owner=cat, legal_entity=hospital, data_classes=[DataClass.INTERNAL]
    )
    return Cast(
        hospital=hospital,
        ann=ann,
        bob=bob,
        cat=cat,
        dan=dan,
        rae=person("Rae", Role.REVIEWER, entity=hospital),
        sid=person("Sid", Role.SECURITY_ADMINISTRATOR, entity=hospital),
        cora=person("Cora", Role.COMPLIANCE_OFFICER, entity=hospital),
        ada=person("Ada", Role.ADMINISTRATOR, entity=hospital),
        audrey=person("Audrey", Role.AUDITOR),
        sam=person("Sam"),
        records=records,
        mail=mail,
        read_records=systems.ensure_entitlement(
            records, "records:read", by=TEST, verb_class=VerbClass.READ, plain_effect="Lets the agent read patient records."
        ),
        export_records=systems.ensure_entitlement(
            records,
            "records:export",
            by=TEST,
            verb_class=VerbClass.EXPORT,
            plain_effect="Lets the agent take copies of patient records out of the system.",
        ),
        send_mail=systems.ensure_entitlement(
            mail, "mail:send", by=TEST, verb_class=VerbClass.WRITE, plain_effect="Lets the agent write to any employee."
        ),
    )


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()
