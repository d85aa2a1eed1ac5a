"""Brightdesk, San Francisco and Dublin: help-desk software for other companies."""

from functools import partial

from agents.registry.choices import AgentKind, Criticality, DataClass, Environment, SystemKind, SystemMode, VerbClass
from portal.demo.organisation import SAAS, SAAS_EUROPE
from portal.demo.shapes import Account, Cast, Catalogued, Discovered, Permission

system = partial(Catalogued, kind=SystemKind.APPLICATION, owner="aoife", entity=SAAS, region="US West")
us = partial(Cast, owner="maya", technical="luis", asked_by="luis", region="US West", platform="Claude API")
eu = partial(Cast, owner="maya", technical="conor", asked_by="conor", region="Ireland", platform="Claude on Vertex AI")
PERSONAL, CODE, INTERNAL = (DataClass.PERSONAL,), (DataClass.SOURCE_CODE,), (DataClass.INTERNAL,)

SYSTEMS = (
    system(
        "Support desk",
        data_classes=PERSONAL,
        permissions=(
            Permission("tickets:read", VerbClass.READ, "Lets the agent read what customers wrote."),
            Permission("tickets:reply", VerbClass.WRITE, "Lets the agent answer customers in our name."),
            Permission("tickets:delete", VerbClass.DELETE, "Lets the agent delete customers' tickets for good."),
        ),
    ),
    system(
        "Customer database",
        kind=SystemKind.DATABASE,
        data_classes=(DataClass.PERSONAL, DataClass.CONFIDENTIAL),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("tenants:read", VerbClass.READ, "Lets the agent read every customer's data."),
            Permission("tenants:export", VerbClass.EXPORT, "Lets the agent copy a customer's whole data."),
        ),
    ),
    system(
        "Code repository",
        kind=SystemKind.REPOSITORY,
        data_classes=CODE,
        permissions=(
            Permission("code:read", VerbClass.READ, "Lets the agent read our source code."),
            Permission("code:propose", VerbClass.WRITE, "Lets the agent open changes for a person to merge."),
        ),
    ),
    system(
        "Production cloud",
        kind=SystemKind.CLOUD,
        data_classes=(DataClass.PRODUCTION_CONFIG,),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("cloud:observe", VerbClass.READ, "Lets the agent see how the servers are doing."),
            Permission("cloud:configure", VerbClass.CONFIGURE, "Lets the agent change running servers."),
            Permission("cloud:roles", VerbClass.MANAGE_IDENTITIES, "Lets the agent give and take rights in the cloud account."),
        ),
    ),
    system(
        "Sales book",
        entity=SAAS_EUROPE,
        region="Ireland",
        data_classes=PERSONAL,
        permissions=(
            Permission("deals:read", VerbClass.READ, "Lets the agent read contacts and deals."),
            Permission("deals:write", VerbClass.WRITE, "Lets the agent change contacts and deals."),
        ),
    ),
    system(
        "Public documentation",
        entity=SAAS_EUROPE,
        region="Ireland",
        data_classes=(DataClass.PUBLIC,),
        criticality=Criticality.NORMAL,
        mode=SystemMode.OBSERVE,
        environment=Environment.STAGING,
        permissions=(
            Permission("docs:read", VerbClass.READ, "Lets the agent read the documentation."),
            Permission("docs:draft", VerbClass.WRITE, "Lets the agent draft pages for a writer."),
        ),
    ),
)
CAST = (
    us("Ticket triage", 338, "Sorts new tickets by urgency and language.", ("tickets:read",), PERSONAL),
    us(
        "First answer",
        290,
        "Answers simple questions at once; a person takes over when the customer asks.",
        ("tickets:read", "tickets:reply", "tickets:delete"),
        PERSONAL,
        refused={"tickets:delete": "Nobody deletes tickets by machine."},
    ),
    us("Incident scribe", 251, "Writes down what happened during an outage, minute by minute.", ("cloud:observe",), INTERNAL),
    us(
        "Release bot",
        226,
        "Rolls out what was merged, one region after another.",
        ("code:read", "cloud:configure"),
        CODE,
        platform="GitHub Actions",
        kind=AgentKind.BOT,
    ),
    us("Dependency updater", 198, "Proposes updates of libraries with known holes.", ("code:read", "code:propose"), CODE),
    us(
        "Usage counter",
        176,
        "Counts what each customer used, for the invoice.",
        ("tenants:read",),
        PERSONAL,
        platform="Python 3.12, scheduled job",
        kind=AgentKind.SERVICE_ACCOUNT,
    ),
    us(
        "Reviewer's eye",
        140,
        "Comments on proposed changes before a person reviews them.",
        ("code:read", "code:propose"),
        CODE,
        environment=Environment.DEVELOPMENT,
    ),
    us(
        "Tenant mover",
        110,
        "Moved customers' data to the new database.",
        ("tenants:read", "tenants:export"),
        PERSONAL,
        days=90,
        kind=AgentKind.AUTOMATION_SCRIPT,
        platform="Python 3.12",
        fate="retired",
        reason="Every customer has been moved.",
    ),
    eu(
        "Meeting notes",
        205,
        "Writes what was agreed in a sales call into the sales book.",
        ("deals:read", "deals:write"),
        PERSONAL,
    ),
    eu(
        "Documentation drafter",
        166,
        "Drafts documentation pages from release notes.",
        ("docs:read", "docs:draft"),
        (DataClass.PUBLIC,),
        environment=Environment.STAGING,
    ),
    eu(
        "Churn scout",
        72,
        "Tells account managers which customers seem unhappy.",
        ("deals:read", "tickets:read"),
        PERSONAL,
        ended={"tickets:read": "The sales book alone tells enough."},
    ),
    eu(
        "Contract reader",
        5,
        "Finds renewal dates in signed contracts.",
        ("deals:read",),
        PERSONAL,
        days=180,
        fate="waits for approval",
    ),
    eu(
        "Lead finder",
        9,
        "Looks for companies that could need us.",
        ("deals:read", "deals:write"),
        PERSONAL,
        fate="sent back",
        reason="Say where it looks for companies, and whether it stores people's names.",
    ),
)
ACCOUNT = Account("400123456782", SAAS, "US West", (
    Discovered("ci-deployer", AgentKind.WORKLOAD, "AWS IAM role", ("cloud:configure", "cloud:roles"), 0, 240),
    Discovered("metrics-shipper", AgentKind.CONTAINER, "AWS ECS", ("cloud:observe",), 0, 240),
    Discovered("legacy-sync", AgentKind.CLOUD_FUNCTION, "AWS Lambda", ("tenants:read", "cloud:roles"), 211, 240),
    Discovered("shared-integration-key", AgentKind.SERVICE_ACCOUNT, "AWS IAM user", ("tenants:export", "deals:write"), 0, 90,
               "One key that four programs use, so nobody can tell which of them did it."),
    Discovered("ml-sandbox", AgentKind.CONTAINER, "AWS ECS", ("code:read",), None, 20, environment=Environment.DEVELOPMENT),
))  # fmt: skip
