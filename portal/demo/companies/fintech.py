"""Quill Payments, London: pays suppliers and processes cards."""

from functools import partial

from agents.registry.choices import AgentKind, Criticality, DataClass, Environment, SystemKind, VerbClass
from portal.demo.organisation import FINTECH
from portal.demo.shapes import Account, Cast, Catalogued, Discovered, Permission

system = partial(Catalogued, kind=SystemKind.PAYMENT, owner="nadia", entity=FINTECH, region="London")
pays = partial(Cast, owner="priya", technical="tom", asked_by="tom", region="London")
CONFIDENTIAL, CARDS, PERSONAL = (DataClass.CONFIDENTIAL,), (DataClass.PAN,), (DataClass.PERSONAL,)

SYSTEMS = (
    system(
        "Payment core",
        data_classes=(DataClass.PAYMENT_INITIATION,),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("payments:read", VerbClass.READ, "Lets the agent see outgoing payments."),
            Permission("payments:create", VerbClass.PAY, "Lets the agent pay suppliers from the operating account."),
        ),
    ),
    system(
        "Invoice inbox",
        kind=SystemKind.COLLABORATION,
        data_classes=CONFIDENTIAL,
        permissions=(
            Permission("invoices:read", VerbClass.READ, "Lets the agent read suppliers' invoices."),
            Permission("invoices:file", VerbClass.WRITE, "Lets the agent file invoices under a supplier."),
        ),
    ),
    system(
        "Card vault",
        data_classes=CARDS,
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("cards:tokenise", VerbClass.WRITE, "Lets the agent exchange card numbers for tokens."),
            Permission("cards:reveal", VerbClass.READ, "Lets the agent see full card numbers."),
        ),
    ),
    system(
        "Sanctions screening",
        kind=SystemKind.APPLICATION,
        data_classes=(DataClass.PERSONAL, DataClass.CRIMINAL),
        permissions=(
            Permission("screening:ask", VerbClass.READ, "Lets the agent ask whether somebody is on a sanctions list."),
            Permission("screening:clear", VerbClass.WRITE, "Lets the agent clear a person who was stopped."),
        ),
    ),
    system(
        "Open banking gateway",
        data_classes=(DataClass.ACCOUNT_INFORMATION,),
        permissions=(
            Permission("accounts:balances", VerbClass.READ, "Lets the agent see customers' balances at other banks."),
            Permission("accounts:history", VerbClass.READ, "Lets the agent read a year of customers' transactions."),
        ),
    ),
)
CAST = (
    pays(
        "Supplier payments",
        346,
        "Prepares and pays suppliers' invoices at month end; replaces the manual batch.",
        ("payments:create", "payments:read", "invoices:read"),
        (DataClass.PAYMENT_INITIATION, DataClass.CONFIDENTIAL),
    ),
    pays(
        "Invoice reader",
        309,
        "Reads invoices and files them under the right supplier.",
        ("invoices:read", "invoices:file"),
        CONFIDENTIAL,
        platform="Gemini on Vertex AI",
    ),
    pays(
        "Card tokeniser",
        274,
        "Exchanges card numbers for tokens as they come in.",
        ("cards:tokenise",),
        CARDS,
        platform="Go service on Kubernetes",
        kind=AgentKind.WORKLOAD,
    ),
    pays(
        "Dispute helper",
        243,
        "Collects what a customer needs to dispute a card payment.",
        ("payments:read", "cards:reveal"),
        CARDS,
        refused={"cards:reveal": "A dispute needs the last four digits only."},
    ),
    pays(
        "Fraud scout",
        219,
        "Looks for unusual suppliers before a payment run.",
        ("invoices:read",),
        CONFIDENTIAL,
        fate="suspended",
        reason="Asked for invoices outside its own suppliers; being looked into.",
    ),
    pays(
        "Sanctions clerk",
        187,
        "Compares names with the sanctions lists and explains each hit.",
        ("screening:ask", "screening:clear"),
        PERSONAL,
        unused=("screening:clear",),
    ),
    pays(
        "Cash forecaster",
        161,
        "Foretells next week's balances from the last year.",
        ("accounts:balances", "accounts:history"),
        (DataClass.ACCOUNT_INFORMATION,),
        ended={"accounts:balances": "The history is enough for a forecast."},
    ),
    pays(
        "Refund clerk",
        128,
        "Pays back card customers up to 50 GBP.",
        ("payments:create", "payments:read"),
        (DataClass.PAYMENT_INITIATION,),
        platform="GPT-5 on Azure",
        days=60,
    ),
    pays(
        "Reconciler",
        92,
        "Matches bank statements with our books every night.",
        ("payments:read", "accounts:history"),
        (DataClass.ACCOUNT_INFORMATION,),
        platform="Python 3.12, scheduled job",
        kind=AgentKind.SERVICE_ACCOUNT,
    ),
    pays("Onboarding guide", 58, "Helps new merchants through the forms.", ("screening:ask",), PERSONAL),
    pays(
        "Statement explainer",
        16,
        "Explains card statements to customers, on made-up cards for now.",
        ("payments:read",),
        CARDS,
        environment=Environment.STAGING,
    ),
    pays(
        "Payout agent",
        3,
        "Pays out merchants every morning.",
        ("payments:create", "payments:read"),
        (DataClass.PAYMENT_INITIATION,),
        days=30,
        fate="waits for approval",
    ),
)
ACCOUNT = Account("400123456783", FINTECH, "London", (
    Discovered("settlement-batch", AgentKind.WORKLOAD, "AWS EC2", ("payments:create",), 1, 230),
    Discovered("card-report-lambda", AgentKind.CLOUD_FUNCTION, "AWS Lambda", ("cards:reveal",), 97, 230),
    Discovered("tom-test-role", AgentKind.SERVICE_ACCOUNT, "AWS IAM role", ("accounts:history",), 3, 40,
               environment=Environment.TEST),
))  # fmt: skip
