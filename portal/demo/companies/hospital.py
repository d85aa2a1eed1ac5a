"""Helene Hospitals, New York: three hospitals and their billing."""

from functools import partial

from agents.registry.choices import AgentKind, Criticality, DataClass, Environment, SystemKind, VerbClass
from portal.demo.organisation import HOSPITAL
from portal.demo.shapes import Account, Cast, Catalogued, Discovered, Permission

system = partial(Catalogued, kind=SystemKind.HEALTH, owner="samuel", entity=HOSPITAL, region="US East")
care = partial(Cast, owner="oscar", technical="tara", asked_by="ines", region="US East")
billing = partial(Cast, owner="grace", technical="tara", asked_by="tara", region="US East")
EPHI, PERSONAL = (DataClass.EPHI,), (DataClass.PERSONAL,)

SYSTEMS = (
    system(
        "Patient records",
        data_classes=(DataClass.EPHI, DataClass.PERSONAL),
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("records:read", VerbClass.READ, "Lets the agent read the records of all patients."),
            Permission("records:write-note", VerbClass.WRITE, "Lets the agent add notes to patients' records."),
            Permission("records:export", VerbClass.EXPORT, "Lets the agent take copies of records out of the hospital."),
            Permission("records:administer", VerbClass.ADMINISTER, "Lets the agent change how the record system works."),
        ),
    ),
    system(
        "Appointment book",
        data_classes=PERSONAL,
        permissions=(
            Permission("slots:read", VerbClass.READ, "Lets the agent see free and taken appointments."),
            Permission("slots:book", VerbClass.WRITE, "Lets the agent book and move patients' appointments."),
        ),
    ),
    system(
        "Imaging archive",
        data_classes=EPHI,
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("images:read", VerbClass.READ, "Lets the agent open patients' X-rays and scans."),
            Permission("images:annotate", VerbClass.WRITE, "Lets the agent mark findings on a scan."),
        ),
    ),
    system(
        "Pharmacy orders",
        data_classes=EPHI,
        criticality=Criticality.CRITICAL,
        permissions=(
            Permission("orders:read", VerbClass.READ, "Lets the agent read what was prescribed to whom."),
            Permission("orders:suggest", VerbClass.WRITE, "Lets the agent put a suggestion before the pharmacist."),
        ),
    ),
    system(
        "Billing warehouse",
        kind=SystemKind.DATABASE,
        data_classes=(DataClass.EPHI, DataClass.CONFIDENTIAL),
        permissions=(
            Permission("bills:read", VerbClass.READ, "Lets the agent read bills with diagnoses."),
            Permission("bills:export", VerbClass.EXPORT, "Lets the agent send bills to insurers."),
        ),
    ),
)
CAST = (
    care("Records keeper", 341, "Keeps the record system's code lists in step with the national ones.",
         ("records:administer", "records:read", "records:export"), EPHI,
         refused={"records:export": "Code lists need no copies of records."}),
    care("Appointment assistant", 318, "Offers patients the next free appointment by text message.",
         ("slots:read", "slots:book"), PERSONAL),
    care("Ward rota bot", 300, "Copied the rota into the old calendar until that was switched off.", ("slots:read",), PERSONAL,
         platform="RPA robot", kind=AgentKind.BOT, fate="retired", reason="The old calendar is switched off."),
    care("Sepsis watch", 262, "Warns the ward when a patient's values look like the beginning of sepsis.",
         ("records:read",), EPHI),
    care("Radiology second look", 214, "Marks scans that a radiologist should see first.", ("images:read", "images:annotate"), EPHI,
         platform="MONAI, self-hosted"),
    care("Interaction checker", 171, "Shows the pharmacist which ordered medicines do not go together.",
         ("orders:read", "orders:suggest"), EPHI),
    care("Night desk", 120, "Answers patients' questions about visiting hours and directions.", ("slots:read",), PERSONAL,
         ended={"slots:read": "Directions and visiting hours need no appointments."}),
    care("Scan mover", 96, "Moves finished scans from the scanners to the archive every ten minutes.", ("images:annotate",), EPHI,
         platform="Python 3.12, scheduled job", kind=AgentKind.WORKLOAD),
    billing("Diagnosis coder", 238, "Suggests billing codes for finished treatments; a coder confirms each.",
            ("records:read", "bills:read"), EPHI),
    billing("Denial letters", 152, "Writes first drafts of answers to insurers that refused a bill.", ("bills:read", "bills:export"),
            EPHI, unused=("bills:export",)),
    care("Discharge letters", 2, "Writes first drafts of discharge letters for a doctor to check.",
         ("records:read", "records:write-note"), EPHI, days=30, fate="waits for owner"),
    care("Referral sorter", 4, "Sends referrals to the ward that can take them.", ("records:read", "slots:book"), EPHI, days=60,
         fate="waits for approval"),
    care("Waiting list caller", 1, "Calls patients when an appointment becomes free.", ("slots:read",), (), platform="", days=60,
         fate="draft"),
    care("Trial matcher", 11, "Tries out which patients a cancer study could invite.", ("records:read",), EPHI, days=60,
         environment=Environment.TEST),
)  # fmt: skip
ACCOUNT = Account("400123456781", HOSPITAL, "US East", (
    Discovered("hl7-relay", AgentKind.WORKLOAD, "AWS EC2", ("records:write-note", "orders:read"), 0, 260),
    Discovered("imaging-backup", AgentKind.SERVICE_ACCOUNT, "AWS IAM user", ("images:read",), 1, 260),
    Discovered("vendor-remote-support", AgentKind.SERVICE_ACCOUNT, "AWS IAM user", ("records:administer",), 148, 200),
    Discovered("research-notebook", AgentKind.CONTAINER, "AWS ECS", ("records:export",), 9, 35),
))  # fmt: skip
