"""The agents of the demo: what they are for, who answers for them, and how far each has come."""

from dataclasses import dataclass
from typing import Literal

from agents.registry.choices import AgentKind, DataClass, Environment

Fate = Literal["active", "suspended", "retired", "waits for owner", "waits for approval", "draft"]


@dataclass(frozen=True)
class Asked:
    """days: how long; refused: the reason the system's owner gave, or empty for approved."""

    permission: str
    days: int
    refused: str = ""


@dataclass(frozen=True)
class Cast:
    name: str
    owner: str
    technical: str
    asked_by: str
    platform: str
    purpose: str
    region: str
    data_classes: tuple[DataClass, ...]
    asked: tuple[Asked, ...]
    days_ago: int
    fate: Fate = "active"
    kind: AgentKind = AgentKind.AI_AGENT
    environment: Environment = Environment.PRODUCTION
    reason: str = ""


CAST = (
    Cast("Supplier payments", "priya", "tom", "tom", "Claude on Bedrock",
         "Prepares and pays suppliers' invoices at month end; replaces the manual batch.", "London",
         (DataClass.PAYMENT_INITIATION, DataClass.CONFIDENTIAL),
         (Asked("payments:create", 120), Asked("payments:read", 180), Asked("invoices:read", 180)), 96),
    Cast("Account janitor", "alma", "jonas", "jonas", "Python 3.12, scheduled job",
         "Closes accounts of colleagues on the day they leave.", "Munich", (DataClass.EMPLOYEE,),
         (Asked("accounts:manage", 180), Asked("directory:read", 180)), 93, kind=AgentKind.AUTOMATION_SCRIPT),
    Cast("Records keeper", "oscar", "tara", "ines", "Claude on Bedrock",
         "Keeps the record system's code lists in step with the national ones.", "US East", (DataClass.EPHI,),
         (Asked("records:administer", 150), Asked("records:read", 150),
          Asked("records:export", 150, "Code lists need no copies of records.")), 88),
    Cast("Claims triage", "greta", "jonas", "jonas", "GPT-5 on Azure", "Sorts incoming claims by urgency so that hardship cases come first.",
         "Munich", (DataClass.PERSONAL,), (Asked("claims:read", 170), Asked("claims:label", 170),
         Asked("claims:export", 170, "Sorting needs no export.")), 81),
    Cast("Appointment assistant", "oscar", "tara", "ines", "Claude on Bedrock",
         "Offers patients the next free appointment by text message.", "US East", (DataClass.PERSONAL,),
         (Asked("slots:read", 180), Asked("slots:book", 180)), 74),
    Cast("Invoice reader", "priya", "tom", "tom", "Gemini on Vertex AI", "Reads invoices and files them under the right supplier.",
         "London", (DataClass.CONFIDENTIAL,), (Asked("invoices:read", 90), Asked("invoices:file", 90)), 66),
    Cast("Handbook helper", "greta", "jonas", "jonas", "Mistral, self-hosted", "Answers colleagues' questions from the handbook.", "Munich",
         (DataClass.INTERNAL,), (Asked("pages:read", 300), Asked("pages:suggest", 300)), 60, environment=Environment.STAGING),
    Cast("Ward rota bot", "oscar", "tara", "tara", "RPA robot", "Copied the rota into the old calendar until that was switched off.",
         "US East", (DataClass.PERSONAL,), (Asked("slots:read", 100),), 85, "retired", AgentKind.BOT,
         reason="The old calendar is switched off."),
    Cast("Fraud scout", "priya", "tom", "tom", "Claude on Bedrock", "Looks for unusual suppliers before a payment run.", "London",
         (DataClass.CONFIDENTIAL,), (Asked("invoices:read", 120),), 50, "suspended",
         reason="Asked for invoices outside its own suppliers; being looked into."),
    Cast("Discharge letters", "oscar", "tara", "ines", "Claude on Bedrock", "Writes first drafts of discharge letters for a doctor to check.",
         "US East", (DataClass.EPHI,), (Asked("records:read", 30), Asked("records:write-note", 30)), 2, "waits for owner"),
    Cast("Referral sorter", "oscar", "tara", "ines", "Claude on Bedrock", "Sends referrals to the ward that can take them.", "US East",
         (DataClass.EPHI,), (Asked("records:read", 60), Asked("slots:book", 60)), 4, "waits for approval"),
    Cast("Waiting list caller", "oscar", "tara", "ines", "", "Calls patients when an appointment becomes free.", "US East",
         (), (Asked("slots:read", 60),), 1, "draft"),
)  # fmt: skip


@dataclass(frozen=True)
class Discovered:
    """A machine identity found in a cloud account: it works, and nobody answers for it."""

    name: str
    kind: AgentKind
    platform: str
    holds: tuple[str, ...]
    days_unused: int | None


ACCOUNT = "aws:400123456789"
DISCOVERED = (
    Discovered("nightly-export", AgentKind.WORKLOAD, "AWS EC2", ("accounts:manage", "claims:export"), 2),
    Discovered("legacy-sync", AgentKind.CLOUD_FUNCTION, "AWS Lambda", ("accounts:manage",), 211),
    Discovered("ml-sandbox", AgentKind.CONTAINER, "AWS ECS", ("accounts:manage", "pages:read"), None),
)
