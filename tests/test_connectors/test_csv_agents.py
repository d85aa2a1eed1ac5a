import csv
import io

import pytest

from agents.connectors import csv_agents
from agents.connectors.discovered import DiscoveredIdentity, Misread, Reading
from agents.intake.errors import Unreadable
from agents.registry.choices import AgentKind, Environment, Tier

ROW = {
    "agent name": "Claims triage",
    "human owner": "Bob@Example.org",
    "technical owner": "ann@example.org",
    "model or platform": "Claude on Bedrock",
    "business purpose": "Sorts incoming claims by urgency.",
    "connected systems": "Claims; Staff mail",
    "permissions": "Claims: read claims; Staff mail: mail:send [write]",
    "data classes": "personal; special category data",
    "environment": "Production",
    "region": "EU",
    "risk level": "HIGH",
}


def file(*rows: dict[str, str]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    csv.writer(out).writerows([columns, *([row.get(name, "") for name in columns] for row in rows)])
    return out.getvalue().encode()


def read(*rows: dict[str, str]) -> list[Reading]:
    return list(csv_agents.read(io.BytesIO(file(*rows))))


def faults(**changes: str) -> list[tuple[int, str, str]]:
    [found] = read(ROW | {name.replace("_", " "): text for name, text in changes.items()})
    assert isinstance(found, Misread), found
    return [(fault.row, fault.column, fault.sentence) for fault in found.faults]


def identity(**changes: str) -> DiscoveredIdentity:
    [found] = read(ROW | {name.replace("_", " "): text for name, text in changes.items()})
    assert isinstance(found, DiscoveredIdentity), found
    return found


def test_the_eleven_fields_are_read() -> None:
    found = identity()
    assert (found.name, found.kind, found.environment, found.declared_tier) == (
        "Claims triage",
        AgentKind.AI_AGENT,
        Environment.PRODUCTION,
        Tier.HIGH,
    )
    assert (found.human_owner, found.technical_owner) == ("bob@example.org", "ann@example.org")
    assert (found.platform, found.purpose, found.region) == ("Claude on Bedrock", "Sorts incoming claims by urgency.", "EU")
    assert found.data_classes == ("personal", "special_category")
    assert [system.name for system in found.systems] == ["Claims", "Staff mail"]
    assert [(access.system.name, access.name, access.verb_class) for access in found.access] == [
        ("Claims", "read claims", "read"),
        ("Staff mail", "mail:send", "write"),
    ]
    assert found.native_id == "claims-triage@production"


def test_the_system_may_be_left_out_when_there_is_one() -> None:
    found = identity(
        connected_systems="Claims", permissions="read claims; claims:export [export]; Claims: manage identities of staff"
    )
    assert [(access.name, access.verb_class) for access in found.access] == [
        ("read claims", "read"),
        ("claims:export", "export"),
        ("manage identities of staff", "manage_identities"),
    ]


def test_a_verb_that_is_not_said_is_left_open() -> None:
    assert [access.verb_class for access in identity(permissions="Claims: triage").access] == [None]


def test_a_service_account_stays_one_and_an_id_of_its_own_is_kept() -> None:
    found = identity(kind="service account", id="APP-17")
    assert (found.kind, found.native_id) == (AgentKind.SERVICE_ACCOUNT, "APP-17")


def test_what_is_empty_is_unknown_except_name_and_environment() -> None:
    empty = dict.fromkeys(ROW, "") | {"agent name": "x", "environment": "test"}
    [found] = read(empty)
    assert isinstance(found, DiscoveredIdentity)
    assert (found.human_owner, found.data_classes, found.declared_tier, found.access) == ("", (), None, ())
    assert faults(agent_name="", environment="") == [(2, "agent name", "Fill this in."), (2, "environment", "Fill this in.")]


@pytest.mark.parametrize(
    ("column", "text", "sentence"),
    [
        ("agent_name", "=cmd|' /C calc'!A0", "A name cannot begin with “=”; spreadsheets take that for a formula."),
        ("agent_name", "pay\u200bout", "Character 4 is invisible (U+200B). Type the text afresh instead of pasting it."),
        ("human_owner", "Bob", "“bob” is no e-mail address."),
        ("environment", "live", "“live” is none of: development, test, staging, production."),
        ("risk_level", "severe", "“severe” is none of: critical, high, medium, low."),
        ("permissions", "read claims", "Say which of the row's systems “read claims” is on: “System: permission”."),
        ("permissions", "Payroll: read", "Say which of the row's systems “Payroll: read” is on: “System: permission”."),
        ("permissions", "Claims: read [look]", None),
        ("permissions", "Claims: [read", "Write “Claims: [read” as “System: permission [verb]”."),
        ("data_classes", "secret stuff", None),
        ("kind", "robot", None),
        ("business_purpose", "uses key AKIAIOSFODNN7EXAMPLE", None),
        ("business_purpose", "x" * 1001, "This has 1001 characters; at most 1000 are kept."),
        ("connected_systems", ";".join(f"s{n}" for n in range(201)), "At most 200 of these in one cell."),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(column: str, text: str, sentence: str | None) -> None:
    found = faults(**{"permissions": "", column: text} if column == "connected_systems" else {column: text})
    assert [(row, name) for row, name, _ in found] == [(2, column.replace("_", " "))]
    assert sentence in (None, found[0][2])


def test_a_secret_is_not_repeated_in_the_fault() -> None:
    [(_, _, sentence)] = faults(model_or_platform="AKIAIOSFODNN7EXAMPLE")
    assert "AKIA" not in sentence
    assert "Nothing was kept" in sentence


def test_all_that_is_wrong_in_a_row_is_told_at_once_and_other_rows_are_read() -> None:
    bad, good = read(ROW | {"risk level": "x", "environment": "y", "human owner": "z"}, ROW)
    assert isinstance(bad, Misread)
    assert {fault.column for fault in bad.faults} == {"risk level", "environment", "human owner"}
    assert isinstance(good, DiscoveredIdentity)


def test_the_same_agent_twice_is_a_fault_of_the_second() -> None:
    _, second, other = read(ROW, ROW | {"agent name": "CLAIMS TRIAGE"}, ROW | {"environment": "test"})
    assert isinstance(second, Misread)
    assert [fault.sentence for fault in second.faults] == ["This is the same agent as in row 2."]
    assert isinstance(other, DiscoveredIdentity)


def test_a_missing_or_unknown_column_refuses_the_file() -> None:
    with pytest.raises(Unreadable, match="Missing columns: region"):
        read({name: text for name, text in ROW.items() if name != "region"})
    with pytest.raises(Unreadable, match="Did you mean “human owner”"):
        read(ROW | {"human ownr": ""})
