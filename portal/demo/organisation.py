"""Who works at the invented Meridian Group. One person per role can sign in with the demo password."""

from dataclasses import dataclass, field

from django.conf import settings

from agents.audit.actors import System as Portal
from agents.people.actions import organisations, people, roles
from agents.people.actions.organisations import NewAdministrator, NewEntity
from agents.people.choices import Regulation, Role
from agents.people.models import LegalEntity, User

DEMO = Portal("demo")
DOMAIN = "meridian.example"
HOSPITAL, INSURER, FINTECH = "Helene Hospitals", "Isar Versicherung", "Quill Payments"
ENTITIES = (
    NewEntity(HOSPITAL, "US", [Regulation.HIPAA_COVERED_ENTITY, Regulation.AI_ACT_DEPLOYER]),
    NewEntity(INSURER, "DE", [Regulation.DORA_FINANCIAL_ENTITY, Regulation.GDPR_CONTROLLER, Regulation.AI_ACT_DEPLOYER]),
    NewEntity(FINTECH, "GB", [Regulation.PCI_PROVIDER, Regulation.GDPR_PROCESSOR]),
)


@dataclass(frozen=True)
class Person:
    """key: how the demo's story names them; the e-mail is first.last at the demo's domain."""

    key: str
    name: str
    entity: str
    department: str
    job_title: str
    location: str
    time_zone: str
    roles: tuple[Role, ...] = ()
    manager: str = ""
    signs_in_as: Role | None = field(default=None)

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@{DOMAIN}"


BERLIN, LONDON, BOSTON = "Europe/Berlin", "Europe/London", "America/New_York"
ADMINISTRATORS = (
    Person("adam", "Adam Price", HOSPITAL, "IT", "Head of platforms", "Boston", BOSTON, signs_in_as=Role.ADMINISTRATOR),
    Person("alma", "Alma Reyes", INSURER, "IT", "Head of IT operations", "Munich", BERLIN),
)
PEOPLE = (
    Person("oscar", "Oscar Lindqvist", HOSPITAL, "Patient care", "Director of patient care", "Boston", BOSTON,
           (Role.OWNER,), "adam", Role.OWNER),
    Person("ines", "Ines Brandt", HOSPITAL, "Digital health", "Product manager", "Boston", BOSTON,
           (Role.REQUESTER,), "oscar", Role.REQUESTER),
    Person("tara", "Tara Nguyen", HOSPITAL, "Digital health", "Platform engineer", "Boston", BOSTON,
           (Role.TECHNICAL_OWNER,), "adam", Role.TECHNICAL_OWNER),
    Person("samuel", "Samuel Okafor", HOSPITAL, "Clinical systems", "Owner of clinical systems", "Boston", BOSTON,
           (Role.SYSTEM_OWNER,), "adam", Role.SYSTEM_OWNER),
    Person("rita", "Rita Moreau", INSURER, "Internal control", "Access reviewer", "Munich", BERLIN,
           (Role.REVIEWER,), "alma", Role.REVIEWER),
    Person("selma", "Selma Aydin", INSURER, "Security", "Security lead", "Munich", BERLIN,
           (Role.SECURITY_ADMINISTRATOR,), "alma", Role.SECURITY_ADMINISTRATOR),
    Person("dieter", "Dieter Voss", INSURER, "Data protection", "Data protection officer", "Munich", BERLIN,
           (Role.DATA_PROTECTION_OFFICER,), "alma", Role.DATA_PROTECTION_OFFICER),
    Person("wanda", "Wanda Krueger", INSURER, "Works council", "Chair of the works council", "Munich", BERLIN,
           (Role.WORKS_COUNCIL,), "", Role.WORKS_COUNCIL),
    Person("felix", "Felix Grant", FINTECH, "Treasury", "Finance approver", "London", LONDON,
           (Role.FINANCE_APPROVER,), "", Role.FINANCE_APPROVER),
    Person("carla", "Carla Rossi", HOSPITAL, "Compliance", "Compliance officer", "Boston", BOSTON,
           (Role.COMPLIANCE_OFFICER,), "adam", Role.COMPLIANCE_OFFICER),
    Person("aud", "Aud Jensen", HOSPITAL, "External audit", "Auditor", "Oslo", "Europe/Oslo", (Role.AUDITOR,), "", Role.AUDITOR),
    Person("greta", "Greta Huber", INSURER, "Claims", "Head of claims", "Munich", BERLIN, (Role.OWNER, Role.SYSTEM_OWNER), "alma"),
    Person("jonas", "Jonas Weber", INSURER, "Claims IT", "Automation engineer", "Munich", BERLIN, (Role.TECHNICAL_OWNER,), "greta"),
    Person("priya", "Priya Shah", FINTECH, "Payments", "Head of payments", "London", LONDON, (Role.OWNER,), "felix"),
    Person("tom", "Tom Ashby", FINTECH, "Engineering", "Staff engineer", "London", LONDON, (Role.TECHNICAL_OWNER,), "priya"),
    Person("nadia", "Nadia Haddad", FINTECH, "Platform", "Owner of the payment core", "London", LONDON,
           (Role.SYSTEM_OWNER,), "felix"),
)  # fmt: skip


def everybody() -> tuple[Person, ...]:
    return ADMINISTRATORS + PEOPLE


def settle(password: str) -> dict[str, User]:
    """The group, its companies and everybody in it exist; key → person."""
    founders = organisations.found(
        "Meridian Group",
        entities=ENTITIES,
        administrators=[NewAdministrator(p.name, p.email, password) for p in ADMINISTRATORS],
        is_demo=True,
    )
    known = {person.key: user for person, user in zip(ADMINISTRATORS, founders, strict=True)}
    entities = {entity.name: entity for entity in LegalEntity.objects.all()}
    for person in ADMINISTRATORS:
        people.change(known[person.key], by=DEMO, **_details(person, entities))
    for person in PEOPLE:
        user = people.join(
            email=person.email,
            name=person.name,
            password=password,
            by=known["adam"],
            manager=known.get(person.manager),
            **_details(person, entities),
        )
        known[person.key] = user
        for role in person.roles:
            roles.assign(user, role, by=known["adam"], reason=person.job_title)
    return known


def sign_ins() -> list[dict[str, str]]:
    """Who to sign in as, one person per role, for the sign-in page of a demo."""
    return [
        {"name": person.name, "email": person.email, "role": str(person.signs_in_as.label), "password": settings.DEMO_PASSWORD}
        for person in everybody()
        if person.signs_in_as
    ]


def _details(person: Person, entities: dict[str, LegalEntity]) -> dict[str, object]:
    entity = entities[person.entity]
    return {
        "legal_entity": entity,
        "department": organisations.department_of(entity, person.department),
        "job_title": person.job_title,
        "location": person.location,
        "time_zone": person.time_zone,
    }
