"""Imports against the real registry: counts, faults, and what stands in the database afterwards."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from agents.access.actions import grants
from agents.access.models import Grant
from agents.audit.models import TrailEvent
from agents.connectors import aws, csv_agents
from agents.connectors.actions import imports
from agents.intake.reports import ImportReport
from agents.registry.choices import AgentKind, Environment, VerbClass
from agents.registry.models import Agent, AgentAlias, Entitlement, System
from agents.runtime.decisions import is_effective
from tests.people import TEST, Cast
from tests.test_connectors.exports import allow, export, role
from tests.test_connectors.test_csv_agents import ROW, file

SAMPLE = Path(__file__).parent.parent / "data" / "aws-account-authorization-details.json"
AWS, CSV = aws.FORMAT, csv_agents.FORMAT

pytestmark = pytest.mark.django_db


def run(source: str, raw: bytes, **options: object) -> ImportReport:
    report = imports.run(source, io.BytesIO(raw), by=TEST, **options)  # type: ignore[arg-type]
    assert report.adds_up
    return report


def counted() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Agent, AgentAlias, System, Entitlement, Grant))


def told(report: ImportReport) -> tuple[int, int, int, int, int, int]:
    return report.found, report.created, report.updated, report.unchanged, report.excluded.total(), report.failed


class TestTheRealSample:
    def test_machine_roles_are_in_the_registry_with_their_access(self, db: None) -> None:
        report = run(AWS, SAMPLE.read_bytes())
        assert told(report) == (6, 3, 0, 0, 3, 0)
        assert report.is_clean
        assert report.further == {"accesses_found": 21}
        agent = Agent.objects.get(name="OverprivilegedEC2")
        assert (agent.kind, agent.state, agent.origin) == (AgentKind.WORKLOAD, Agent.State.ACTIVE, "discovered")
        assert agent.human_owner is None
        assert agent.risk_tier == "critical"
        assert "credentials_secrets" in agent.data_classes
        alias = agent.aliases.get()
        assert (alias.source, alias.native_id) == ("aws:012345678901", "arn:aws:iam::012345678901:role/OverprivilegedEC2")
        assert alias.last_used_at is not None
        assert alias.facts["environment"] == "not said by the source, taken for production"
        found = Grant.objects.filter(agent=agent)
        assert found.count() == 5
        assert {grant.origin for grant in found} == {"discovered"}
        assert all(not is_effective(agent, grant.entitlement).allowed for grant in found)

    def test_the_trail_tells_the_run_with_its_numbers(self, db: None) -> None:
        report = run(AWS, SAMPLE.read_bytes())
        event = TrailEvent.objects.get(event="agents.imported")
        assert event.after == {
            "source": AWS,
            "file_sha256": report.digest,
            "found": 6,
            "created": 3,
            "updated": 0,
            "unchanged": 0,
            "excluded": {
                "IAM user: may be a person, the export does not say. Tag it kind = service-account in AWS to take it in.": 3
            },
            "failed": 0,
            "accesses_found": 21,
        }

    def test_the_same_file_again_changes_nothing(self, db: None) -> None:
        run(AWS, SAMPLE.read_bytes())
        before, events = counted(), TrailEvent.objects.count()
        assert told(run(AWS, SAMPLE.read_bytes())) == (6, 0, 0, 3, 3, 0)
        assert counted() == before
        assert TrailEvent.objects.count() == events + 1  # that it was run

    def test_a_dry_run_tells_the_same_and_keeps_nothing(self, db: None) -> None:
        before, events = counted(), TrailEvent.objects.count()
        dry = run(AWS, SAMPLE.read_bytes(), dry_run=True)
        assert (counted(), TrailEvent.objects.count()) == (before, events)
        real = run(AWS, SAMPLE.read_bytes())
        assert (told(dry), dry.further) == (told(real), real.further)

    def test_an_environment_that_the_operator_names_is_used(self, db: None) -> None:
        run(AWS, SAMPLE.read_bytes(), environment=Environment.TEST)
        assert {agent.environment for agent in Agent.objects.all()} == {"test"}
        assert "environment" not in AgentAlias.objects.first().facts  # type: ignore[union-attr]
        assert Agent.objects.get(name="OverprivilegedEC2").risk_tier == "high"


class TestAwsAgain:
    def test_new_access_begins_and_access_that_is_gone_ends(self, db: None) -> None:
        run(AWS, export(role("r", allow(["s3:GetObject", "sqs:SendMessage"]))))
        report = run(AWS, export(role("r", allow(["s3:GetObject", "s3:DeleteObject"]))))
        assert told(report) == (1, 0, 1, 0, 0, 0)
        assert report.further == {"accesses_found": 1, "accesses_gone": 1}
        live = Grant.objects.unapproved().values_list("entitlement__name", flat=True)
        assert sorted(live) == ["s3:DeleteObject", "s3:GetObject"]
        ended = Grant.objects.get(entitlement__name="sqs:SendMessage")
        assert (ended.state, ended.revoke_reason) == ("revoked", "No longer there at the source.")

    def test_access_that_another_source_showed_stays(self, cast: Cast) -> None:
        run(AWS, export(role("r", allow("s3:GetObject"))))
        agent = Agent.objects.get(name="r")
        grants.record_discovered(agent, cast.read_records, by=TEST, source="elsewhere")
        assert told(run(AWS, export(role("r", allow("s3:GetObject"))))) == (1, 0, 0, 1, 0, 0)
        assert Grant.objects.unapproved().filter(agent=agent).count() == 2

    def test_the_tier_rises_with_new_access_and_never_falls(self, db: None) -> None:
        run(AWS, export(role("r", allow("s3:GetObject"))))
        assert Agent.objects.get().risk_tier == "high"
        run(AWS, export(role("r", allow("iam:CreateUser"))))
        assert Agent.objects.get().risk_tier == "critical"
        run(AWS, export(role("r", allow("s3:GetObject"))))
        assert Agent.objects.get().risk_tier == "critical"

    def test_two_roles_of_one_name_in_two_accounts_are_two_agents(self, db: None) -> None:
        other = role("r", allow("s3:GetObject"), Arn="arn:aws:iam::999999999999:role/r")
        run(AWS, export(role("r", allow("s3:GetObject")), other))
        assert set(Agent.objects.values_list("slug", flat=True)) == {"r", "r-2"}
        assert System.objects.count() == 2

    def test_a_misread_role_is_not_half_there_and_its_neighbours_are(self, db: None) -> None:
        report = run(
            AWS, export(role("a", allow("s3:GetObject")), role("b", allow("sqs:SendMessage"), allow("broken")), role("c"))
        )
        assert told(report) == (3, 2, 0, 0, 0, 1)
        assert [(fault.row, fault.column) for fault in report.faults] == [
            (2, "RoleDetailList.RolePolicyList[0].PolicyDocument.Statement[1].Action[0]")
        ]
        assert sorted(Agent.objects.values_list("name", flat=True)) == ["a", "c"]
        assert not Entitlement.objects.filter(name="sqs:SendMessage").exists()

    def test_a_file_that_is_cut_off_imports_nothing_though_its_beginning_is_right(self, db: None) -> None:
        report = run(AWS, export(role("a"), role("b"))[:-30])
        assert "cut off" in report.fatal
        assert not Agent.objects.exists()
        assert not TrailEvent.objects.filter(event="agents.imported").exists()


class TestCsv:
    def test_rows_become_discovered_agents_with_proposed_owners(self, cast: Cast) -> None:
        row = ROW | {
            "connected systems": "patient RECORDS; Claims",
            "permissions": "Patient records: records:read; Claims: read claims",
        }
        report = run(CSV, file(row | {"legal entity": "Helene Hospitals"}))
        assert (told(report), report.faults) == ((1, 1, 0, 0, 0, 0), [])
        agent = Agent.objects.get()
        assert (agent.human_owner, agent.technical_owner, agent.legal_entity) == (cast.bob, cast.ann, cast.hospital)
        assert agent.owner_accepted_at is None
        assert agent in Agent.objects.without_accountable_owner()
        assert sorted(system.name for system in agent.systems.all()) == ["Claims", "Patient records"]
        assert agent.data_classes == ["ephi", "personal", "special_category"]
        assert {grant.entitlement for grant in agent.grants.all()} >= {cast.read_records}
        assert told(run(CSV, file(row | {"legal entity": "Helene Hospitals"}))) == (1, 0, 0, 1, 0, 0)

    def test_a_changed_row_is_brought_up_to_date_until_somebody_is_accountable(self, cast: Cast) -> None:
        run(CSV, file(ROW))
        changed = ROW | {"business purpose": "Sorts claims and letters.", "human owner": "dan@example.org"}
        assert told(run(CSV, file(changed))) == (1, 0, 1, 0, 0, 0)
        agent = Agent.objects.get()
        assert (agent.purpose, agent.human_owner) == ("Sorts claims and letters.", cast.dan)
        Agent.objects.update(owner_accepted_at=agent.created_at)
        run(CSV, file(ROW))
        agent.refresh_from_db()
        assert (agent.purpose, agent.human_owner) == ("Sorts claims and letters.", cast.dan)

    @pytest.mark.parametrize(
        ("changes", "column", "sentence"),
        [
            (
                {"human owner": "zoe@example.org"},
                "human owner",
                "Nobody here has the address zoe@example.org. Import people first, or correct it.",
            ),
            ({"legal entity": "Acme"}, "legal entity", "There is no legal entity named Acme."),
            (
                {"permissions": "Claims: triage"},
                "permissions",
                (
                    "What does “triage” on Claims let the agent do? Write it as “Claims: triage [read]” "
                    "or with write, export, delete, pay, configure, manage identities or administer."
                ),
            ),
            ({"region": "x" * 61}, "region", "This has 61 characters; at most 60 are kept."),
        ],
    )
    def test_what_the_registry_refuses_is_named_by_row_and_column_and_leaves_nothing(
        self, cast: Cast, changes: dict[str, str], column: str, sentence: str
    ) -> None:
        before = counted()
        report = run(CSV, file(ROW | changes))
        assert told(report) == (1, 0, 0, 0, 0, 1)
        assert [(fault.row, fault.column, fault.sentence) for fault in report.faults] == [(2, column, sentence)]
        assert counted() == before

    def test_a_header_that_is_wrong_imports_nothing(self, cast: Cast) -> None:
        report = run(CSV, file(ROW | {"shoe size": "44"}))
        assert report.fatal == "Unknown column “shoe size”."
        assert not Agent.objects.exists()

    def test_a_broken_end_of_the_file_imports_nothing(self, cast: Cast) -> None:
        report = run(CSV, file(ROW, ROW | {"environment": "test"}) + b'"open')
        assert "quotation marks" in report.fatal
        assert not Agent.objects.exists()

    def test_more_faults_than_one_can_read_are_counted(self, db: None) -> None:
        rows = [ROW | {"agent name": f"a{n}", "human owner": "", "technical owner": "", "environment": "x"} for n in range(1100)]
        report = run(CSV, file(*rows))
        assert (report.failed, report.fault_count, len(report.faults)) == (1100, 1100, 1000)

    def test_privilege_follows_the_registry_and_a_reader_can_only_add_to_it(self, cast: Cast) -> None:
        row = ROW | {"connected systems": "Claims", "permissions": "read claims; pay claims; configure claims"}
        run(CSV, file(row))
        flags = dict(Entitlement.objects.filter(system__name="Claims").values_list("name", "is_privileged"))
        assert flags == {"read claims": False, "pay claims": True, "configure claims": True}
        assert Entitlement.objects.get(name="pay claims").verb_class == VerbClass.PAY


class TestTheCommand:
    def test_it_shows_what_came_of_it(self, db: None) -> None:
        out = io.StringIO()
        call_command("import_agents", str(SAMPLE), "--format", AWS, stdout=out)
        assert "What was imported" in out.getvalue()
        assert "found in the file" in out.getvalue()
        assert Agent.objects.count() == 3

    def test_a_dry_run_says_so(self, db: None) -> None:
        out = io.StringIO()
        call_command("import_agents", str(SAMPLE), "--format", AWS, "--dry-run", stdout=out)
        assert "dry run, nothing was kept" in out.getvalue()
        assert not Agent.objects.exists()

    def test_it_ends_with_1_and_names_row_and_column(self, cast: Cast, tmp_path: Path) -> None:
        path = tmp_path / "agents.csv"
        path.write_bytes(file(ROW, ROW | {"agent name": "Two", "risk level": "severe [bold]"}))
        out = io.StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("import_agents", str(path), "--format", CSV, stdout=out)
        assert end.value.code == 1
        assert "risk level" in out.getvalue()
        assert "[bold]" in out.getvalue()
        assert Agent.objects.count() == 1

    def test_a_fatal_file_ends_with_1(self, db: None, tmp_path: Path) -> None:
        path = tmp_path / "agents.csv"
        path.write_bytes(b"")
        out = io.StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("import_agents", str(path), "--format", CSV, stdout=out)
        assert end.value.code == 1
        assert "Nothing was imported." in out.getvalue()

    def test_a_file_that_is_not_there_is_a_sentence(self) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_agents", "/nowhere.csv", "--format", CSV)
