"""Isar Versicherung, Munich: household, motor and health insurance; runs the group's directory."""

from functools import partial

from agents.registry.choices import AgentKind, Criticality, DataClass, Environment, SystemKind, SystemMode, VerbClass
from portal.demo.organisation import INSURER
from portal.demo.shapes import Account, Cast, Catalogued, Discovered, Permission

system = partial(Catalogued, kind=SystemKind.APPLICATION, owner="greta", entity=INSURER, region="Munich")
claims = partial(Cast, owner="greta", technical="jonas", asked_by="jonas", region="Munich", platform="GPT-5 on Azure")
it = partial(Cast, owner="alma", technical="jonas", asked_by="jonas", region="Munich", platform="Python 3.12, scheduled job")
PERSONAL, EMPLOYEE, INTERNAL, HEALTH = (
    (DataClass.PERSONAL,), (DataClass.EMPLOYEE,), (DataClass.INTERNAL,), (DataClass.SPECIAL_CATEGORY,)
)  # fmt: skip

SYSTEMS = (
    system(
        "Claims desk",
        data_classes=PERSONAL,
        permissions=(
            Permission("claims:read", VerbClass.READ, "Lets the agent read incoming claims."),
            Permission("claims:label", VerbClass.WRITE, "Lets the agent sort claims by urgency."),
            Permission("claims:export", VerbClass.EXPORT, "Lets the agent export claims with names and addresses."),
        ),
    ),
    system(
        "Staff directory",
        kind=SystemKind.IDENTITY,
        owner="selma",
        data_classes=EMPLOYEE,
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("directory:read", VerbClass.READ, "Lets the agent look up colleagues."),
            Permission("accounts:manage", VerbClass.MANAGE_IDENTITIES, "Lets the agent create and close people's accounts."),
        ),
    ),
    system(
        "Policy administration",
        kind=SystemKind.DATABASE,
        data_classes=(DataClass.PERSONAL, DataClass.SPECIAL_CATEGORY),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("policies:read", VerbClass.READ, "Lets the agent read policies, health questions included."),
            Permission("policies:change", VerbClass.WRITE, "Lets the agent change policies."),
        ),
    ),
    system(
        "Document archive",
        kind=SystemKind.COLLABORATION,
        data_classes=PERSONAL,
        permissions=(
            Permission("archive:read", VerbClass.READ, "Lets the agent read scanned letters."),
            Permission("archive:delete", VerbClass.DELETE, "Lets the agent delete letters whose time is over."),
        ),
    ),
    system(
        "Knowledge base",
        data_classes=INTERNAL,
        criticality=Criticality.NORMAL,
        mode=SystemMode.OBSERVE,
        environment=Environment.STAGING,
        permissions=(
            Permission("pages:read", VerbClass.READ, "Lets the agent read the handbook."),
            Permission("pages:suggest", VerbClass.WRITE, "Lets the agent suggest changes to the handbook."),
        ),
    ),
)
CAST = (
    it(
        "Account janitor",
        343,
        "Closes accounts of colleagues on the day they leave.",
        ("accounts:manage", "directory:read"),
        EMPLOYEE,
        kind=AgentKind.AUTOMATION_SCRIPT,
    ),
    claims(
        "Claims triage",
        321,
        "Sorts incoming claims by urgency so that hardship cases come first.",
        ("claims:read", "claims:label", "claims:export"),
        PERSONAL,
        refused={"claims:export": "Sorting needs no export."},
    ),
    claims(
        "Handbook helper",
        280,
        "Answers colleagues' questions from the handbook.",
        ("pages:read", "pages:suggest"),
        INTERNAL,
        environment=Environment.STAGING,
        platform="Mistral, self-hosted",
    ),
    claims(
        "Letter sorter",
        247,
        "Reads scanned letters and files them under the right claim.",
        ("archive:read", "claims:read"),
        PERSONAL,
    ),
    claims(
        "Hail estimator",
        222,
        "Estimates hail damage from customers' photos.",
        ("claims:read", "claims:label"),
        PERSONAL,
        platform="Gemini on Vertex AI",
    ),
    it(
        "Archive cleaner",
        193,
        "Deletes letters when their retention time is over.",
        ("archive:delete", "archive:read"),
        PERSONAL,
        unused=("archive:delete",),
    ),
    claims(
        "Health question helper", 158, "Explains to clerks what an answer in a health form means.", ("policies:read",), HEALTH
    ),
    claims(
        "Renewal writer",
        131,
        "Writes renewal letters in plain German.",
        ("policies:read", "policies:change"),
        HEALTH,
        ended={"policies:change": "Writing a letter changes no policy."},
    ),
    it("Phone book", 104, "Tells colleagues each other's numbers.", ("directory:read",), EMPLOYEE),
    claims(
        "Fraud hints", 81, "Points out claims that resemble known fraud; a person looks into each.", ("claims:read",), PERSONAL
    ),
    claims(
        "Handbook tester",
        47,
        "Asks the handbook helper a hundred questions a night.",
        ("pages:read",),
        INTERNAL,
        environment=Environment.DEVELOPMENT,
        kind=AgentKind.BOT,
        platform="Robot Framework",
    ),
    claims(
        "Regress finder",
        2,
        "Finds claims that somebody else should pay.",
        ("claims:read", "archive:read"),
        PERSONAL,
        days=120,
        fate="waits for approval",
    ),
)
ACCOUNT = Account("400123456789", INSURER, "Frankfurt", (
    Discovered("nightly-export", AgentKind.WORKLOAD, "AWS EC2", ("claims:export",), 2, 250),
    Discovered("hr-sync", AgentKind.CLOUD_FUNCTION, "AWS Lambda", ("accounts:manage",), 0, 250),
    Discovered("archive-scanner", AgentKind.SERVICE_ACCOUNT, "AWS IAM user", ("archive:read", "policies:read"), None, 55),
))  # fmt: skip
