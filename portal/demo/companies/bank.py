"""Taunus Bank, Frankfurt: credit for small firms."""

from functools import partial

from agents.registry.choices import AgentKind, Criticality, DataClass, Environment, SystemKind, VerbClass
from portal.demo.organisation import BANK
from portal.demo.shapes import Account, Cast, Catalogued, Discovered, Permission

system = partial(Catalogued, kind=SystemKind.APPLICATION, owner="miriam", entity=BANK, region="Frankfurt")
lends = partial(Cast, owner="lena", technical="stefan", asked_by="stefan", region="Frankfurt", platform="Mistral, self-hosted")
ACCOUNTS = (DataClass.ACCOUNT_INFORMATION,)
CREDIT = (DataClass.PERSONAL, DataClass.CONFIDENTIAL)

SYSTEMS = (
    system(
        "Core banking",
        kind=SystemKind.DATABASE,
        data_classes=(DataClass.ACCOUNT_INFORMATION, DataClass.PERSONAL),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("ledger:read", VerbClass.READ, "Lets the agent read customers' accounts."),
            Permission("ledger:book", VerbClass.PAY, "Lets the agent move money between accounts."),
        ),
    ),
    system(
        "Credit desk",
        data_classes=CREDIT,
        permissions=(
            Permission("credit:read", VerbClass.READ, "Lets the agent read credit applications."),
            Permission("credit:comment", VerbClass.WRITE, "Lets the agent add its opinion to an application."),
        ),
    ),
    system(
        "Regulatory reporting",
        data_classes=(DataClass.CONFIDENTIAL,),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("reports:prepare", VerbClass.WRITE, "Lets the agent prepare reports to the regulator."),
            Permission("reports:send", VerbClass.EXPORT, "Lets the agent send reports to the regulator."),
        ),
    ),
    system(
        "Bank sandbox",
        kind=SystemKind.DATABASE,
        data_classes=(DataClass.INTERNAL,),
        criticality=Criticality.NORMAL,
        environment=Environment.TEST,
        permissions=(
            Permission("sandbox:read", VerbClass.READ, "Lets the agent read invented customers."),
            Permission("sandbox:write", VerbClass.WRITE, "Lets the agent change invented customers."),
        ),
    ),
)
CAST = (
    lends(
        "Credit memo writer",
        333,
        "Writes first drafts of credit memos; a clerk decides.",
        ("credit:read", "ledger:read"),
        ACCOUNTS,
    ),
    lends("Limit watcher", 305, "Warns when a firm comes near its credit limit.", ("ledger:read",), ACCOUNTS),
    lends(
        "Covenant reader",
        267,
        "Checks each quarter whether borrowers kept what they promised.",
        ("credit:read", "ledger:read"),
        ACCOUNTS,
    ),
    lends(
        "Large exposure report",
        234,
        "Prepares the monthly report of large exposures.",
        ("reports:prepare", "reports:send"),
        CREDIT,
        refused={"reports:send": "A person sends what goes to the regulator."},
    ),
    lends("Complaint sorter", 201, "Sends complaints to the clerk who can settle them.", ("credit:read",), CREDIT),
    lends(
        "Standing order runner",
        182,
        "Runs standing orders at night.",
        ("ledger:book", "ledger:read"),
        ACCOUNTS,
        platform="Java service on OpenShift",
        kind=AgentKind.WORKLOAD,
    ),
    lends(
        "Document checker",
        145,
        "Says which papers of an application are missing.",
        ("credit:read", "credit:comment"),
        CREDIT,
        ended={"credit:comment": "It names missing papers; it has no opinion to add."},
    ),
    lends(
        "Test data maker",
        118,
        "Invents customers for the testers.",
        ("sandbox:read", "sandbox:write"),
        (DataClass.INTERNAL,),
        environment=Environment.TEST,
        kind=AgentKind.AUTOMATION_SCRIPT,
        platform="Python 3.12",
    ),
    lends(
        "Rate explainer",
        77,
        "Explains to clerks how an interest rate came about.",
        ("sandbox:read",),
        (DataClass.INTERNAL,),
        environment=Environment.DEVELOPMENT,
    ),
    lends(
        "Collateral valuer",
        13,
        "Tries out how well it values machines and vehicles.",
        ("credit:read", "ledger:read"),
        ACCOUNTS,
        environment=Environment.TEST,
        refused={"ledger:read": "Use the sandbox; test agents get no real accounts."},
    ),
    lends(
        "Early warning",
        1,
        "Looks for signs that a firm may not pay back.",
        ("ledger:read", "credit:read"),
        ACCOUNTS,
        days=90,
        fate="waits for owner",
    ),
)
ACCOUNT = Account("400123456784", BANK, "Frankfurt", (
    Discovered("nightly-ledger-export", AgentKind.WORKLOAD, "AWS EC2", ("ledger:read",), 0, 220),
    Discovered("report-uploader", AgentKind.CLOUD_FUNCTION, "AWS Lambda", ("reports:send",), 24, 220),
    Discovered("breakglass-ops", AgentKind.SERVICE_ACCOUNT, "AWS IAM user", ("ledger:book",), 305, 60),
))  # fmt: skip
