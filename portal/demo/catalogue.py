"""The systems of the demo and what their owners say each permission does."""

from dataclasses import dataclass

from agents.people.models import User
from agents.registry.actions import systems
from agents.registry.choices import Criticality, DataClass, Environment, SystemKind, SystemMode, VerbClass
from agents.registry.models import Entitlement
from portal.demo.organisation import FINTECH, HOSPITAL, INSURER


@dataclass(frozen=True)
class Permission:
    name: str
    verb: VerbClass
    effect: str


@dataclass(frozen=True)
class Catalogued:
    name: str
    kind: SystemKind
    owner: str
    entity: str
    region: str
    data_classes: tuple[DataClass, ...]
    permissions: tuple[Permission, ...]
    criticality: Criticality = Criticality.IMPORTANT
    mode: SystemMode = SystemMode.ENFORCE


SYSTEMS = (
    Catalogued("Patient records", SystemKind.HEALTH, "samuel", HOSPITAL, "US East", (DataClass.EPHI, DataClass.PERSONAL), (
        Permission("records:read", VerbClass.READ, "Lets the agent read the records of all patients."),
        Permission("records:write-note", VerbClass.WRITE, "Lets the agent add notes to patients' records."),
        Permission("records:export", VerbClass.EXPORT, "Lets the agent take copies of records out of the hospital."),
        Permission("records:administer", VerbClass.ADMINISTER, "Lets the agent change how the record system works."),
    ), Criticality.CRITICAL),
    Catalogued("Appointment book", SystemKind.HEALTH, "samuel", HOSPITAL, "US East", (DataClass.PERSONAL,), (
        Permission("slots:read", VerbClass.READ, "Lets the agent see free and taken appointments."),
        Permission("slots:book", VerbClass.WRITE, "Lets the agent book and move patients' appointments."),
    )),
    Catalogued("Claims desk", SystemKind.APPLICATION, "greta", INSURER, "Munich", (DataClass.PERSONAL,), (
        Permission("claims:read", VerbClass.READ, "Lets the agent read incoming claims."),
        Permission("claims:label", VerbClass.WRITE, "Lets the agent sort claims by urgency."),
        Permission("claims:export", VerbClass.EXPORT, "Lets the agent export claims with names and addresses."),
    )),
    Catalogued("Staff directory", SystemKind.IDENTITY, "alma", INSURER, "Munich", (DataClass.EMPLOYEE,), (
        Permission("directory:read", VerbClass.READ, "Lets the agent look up colleagues."),
        Permission("accounts:manage", VerbClass.MANAGE_IDENTITIES, "Lets the agent create and close people's accounts."),
    ), Criticality.CRITICAL),
    Catalogued("Payment core", SystemKind.PAYMENT, "nadia", FINTECH, "London", (DataClass.PAYMENT_INITIATION,), (
        Permission("payments:read", VerbClass.READ, "Lets the agent see outgoing payments."),
        Permission("payments:create", VerbClass.PAY, "Lets the agent pay suppliers from the operating account."),
    ), Criticality.CRITICAL),
    Catalogued("Invoice inbox", SystemKind.COLLABORATION, "nadia", FINTECH, "London", (DataClass.CONFIDENTIAL,), (
        Permission("invoices:read", VerbClass.READ, "Lets the agent read suppliers' invoices."),
        Permission("invoices:file", VerbClass.WRITE, "Lets the agent file invoices under a supplier."),
    )),
    Catalogued("Knowledge base", SystemKind.APPLICATION, "greta", INSURER, "Munich", (DataClass.INTERNAL,), (
        Permission("pages:read", VerbClass.READ, "Lets the agent read the handbook."),
        Permission("pages:suggest", VerbClass.WRITE, "Lets the agent suggest changes to the handbook."),
    ), Criticality.NORMAL, SystemMode.OBSERVE),
)  # fmt: skip


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
            environment=Environment.PRODUCTION,
            criticality=item.criticality,
            mode=item.mode,
        )
        for permission in item.permissions:
            permissions[permission.name] = systems.ensure_entitlement(
                system, permission.name, by=owner, verb_class=permission.verb, plain_effect=permission.effect
            )
    return permissions
