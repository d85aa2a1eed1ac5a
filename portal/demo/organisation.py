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
HOSPITAL, FINTECH, BANK, INSURER = "Helene Hospitals", "Quill Payments", "Taunus Bank", "Isar Versicherung"
SAAS, SAAS_EUROPE = "Brightdesk", "Brightdesk Ireland"
ENTITIES = (
    NewEntity(HOSPITAL, "US", [Regulation.HIPAA_COVERED_ENTITY, Regulation.AI_ACT_DEPLOYER]),
    NewEntity(SAAS, "US", [Regulation.HIPAA_BUSINESS_ASSOCIATE, Regulation.AI_ACT_PROVIDER]),
    NewEntity(SAAS_EUROPE, "IE", [Regulation.GDPR_PROCESSOR, Regulation.AI_ACT_PROVIDER]),
    NewEntity(FINTECH, "GB", [Regulation.PCI_PROVIDER, Regulation.GDPR_PROCESSOR]),
    NewEntity(BANK, "DE", [Regulation.DORA_FINANCIAL_ENTITY, Regulation.GDPR_CONTROLLER, Regulation.AI_ACT_DEPLOYER]),
    NewEntity(INSURER, "DE", [Regulation.DORA_FINANCIAL_ENTITY, Regulation.GDPR_CONTROLLER, Regulation.AI_ACT_DEPLOYER]),
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


BERLIN, LONDON, DUBLIN = "Europe/Berlin", "Europe/London", "Europe/Dublin"
NEW_YORK, PACIFIC = "America/New_York", "America/Los_Angeles"
ADMINISTRATORS = (
    Person("adam", "Adam Price", HOSPITAL, "IT", "Head of platforms", "New York", NEW_YORK, signs_in_as=Role.ADMINISTRATOR),
    Person("alma", "Alma Reyes", INSURER, "IT", "Head of IT operations", "Munich", BERLIN),
)
PEOPLE = (
    Person("oscar", "Oscar Lindqvist", HOSPITAL, "Patient care", "Director of patient care", "New York", NEW_YORK,
           (Role.OWNER,), "adam", Role.OWNER),
    Person("ines", "Ines Brandt", HOSPITAL, "Digital health", "Product manager", "New York", NEW_YORK,
           (Role.REQUESTER,), "oscar", Role.REQUESTER),
    Person("tara", "Tara Nguyen", HOSPITAL, "Digital health", "Platform engineer", "New York", NEW_YORK,
           (Role.TECHNICAL_OWNER,), "adam", Role.TECHNICAL_OWNER),
    Person("samuel", "Samuel Okafor", HOSPITAL, "Clinical systems", "Owner of clinical systems", "New York", NEW_YORK,
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
    Person("carla", "Carla Rossi", HOSPITAL, "Compliance", "Compliance officer", "New York", NEW_YORK,
           (Role.COMPLIANCE_OFFICER,), "adam", Role.COMPLIANCE_OFFICER),
    Person("aud", "Aud Jensen", HOSPITAL, "External audit", "Auditor", "Oslo", "Europe/Oslo", (Role.AUDITOR,), "", Role.AUDITOR),
    Person("greta", "Greta Huber", INSURER, "Claims", "Head of claims", "Munich", BERLIN, (Role.OWNER, Role.SYSTEM_OWNER), "alma"),
    Person("jonas", "Jonas Weber", INSURER, "Claims IT", "Automation engineer", "Munich", BERLIN, (Role.TECHNICAL_OWNER,), "greta"),
    Person("priya", "Priya Shah", FINTECH, "Payments", "Head of payments", "London", LONDON, (Role.OWNER,), "felix"),
    Person("tom", "Tom Ashby", FINTECH, "Engineering", "Staff engineer", "London", LONDON, (Role.TECHNICAL_OWNER,), "priya"),
    Person("nadia", "Nadia Haddad", FINTECH, "Platform", "Owner of the payment core", "London", LONDON,
           (Role.SYSTEM_OWNER,), "felix"),
    Person("grace", "Grace Osei", HOSPITAL, "Revenue cycle", "Head of billing", "New York", NEW_YORK, (Role.OWNER,), "adam"),
    Person("maya", "Maya Chen", SAAS, "Customer care", "Vice president of customer care", "San Francisco", PACIFIC, (Role.OWNER,)),
    Person("luis", "Luis Ortega", SAAS, "Engineering", "Automation lead", "San Francisco", PACIFIC, (Role.TECHNICAL_OWNER,), "maya"),
    Person("aoife", "Aoife Byrne", SAAS_EUROPE, "Platform", "Owner of the product's systems", "Dublin", DUBLIN,
           (Role.SYSTEM_OWNER,), "maya"),
    Person("conor", "Conor Walsh", SAAS_EUROPE, "Revenue systems", "Sales engineer", "Dublin", DUBLIN,
           (Role.TECHNICAL_OWNER,), "maya"),
    Person("lena", "Lena Vogt", BANK, "Credit", "Head of small-firm credit", "Frankfurt", BERLIN, (Role.OWNER,)),
    Person("stefan", "Stefan Kruse", BANK, "Credit IT", "Software engineer", "Frankfurt", BERLIN, (Role.TECHNICAL_OWNER,), "lena"),
    Person("miriam", "Miriam Adler", BANK, "Banking platform", "Owner of the banking systems", "Frankfurt", BERLIN,
           (Role.SYSTEM_OWNER,), "lena"),
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
