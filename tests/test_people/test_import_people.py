"""People from a file: the real actions, managers in the right order, nothing half-done."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from agents.audit.models import TrailEvent
from agents.intake.reports import ImportReport
from agents.people.actions import imports
from agents.people.choices import Role
from agents.people.importing import COLUMNS, Person, in_order, people
from agents.people.models import Department, LegalEntity, RoleAssignment, User
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def file(*rows: dict[str, str]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    csv.writer(out).writerows([columns, *([row.get(name, "") for name in columns] for row in rows)])
    return out.getvalue().encode()


def run(*rows: dict[str, str], dry_run: bool = False) -> ImportReport:
    report = imports.run(io.BytesIO(file(*rows)), by=TEST, dry_run=dry_run)
    assert report.adds_up
    return report


def told(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.found, report.created, report.updated, report.unchanged, report.failed


def faults(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.sentence) for fault in report.faults]


def row(name: str, **more: str) -> dict[str, str]:
    return {"email": f"{name.lower()}@example.org", "name": name} | {key.replace("_", " "): text for key, text in more.items()}


def counted() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, LegalEntity, Department, RoleAssignment))


WHOLE = (
    row(
        "Uma",
        legal_entity="Isar Insurance",
        country="de",
        department="Claims",
        manager="vic@example.org",
        job_title="Head of claims",
        location="Munich",
        time_zone="Europe/Berlin",
        roles="requester; reviewer until 2027-03-31",
    ),
    row("Vic", legal_entity="Isar Insurance", country="DE", department="Board", time_zone="Europe/Berlin", roles="System-Owner"),
)


@time_machine.travel("2026-11-23T12:00Z", tick=False)
def test_people_come_with_entity_department_manager_and_roles(db: None) -> None:
    report = run(*WHOLE)
    assert (told(report), faults(report)) == ((2, 2, 0, 0, 0), [])
    uma, vic = User.objects.get(name="Uma"), User.objects.get(name="Vic")
    assert (uma.email, uma.job_title, uma.location, uma.time_zone) == (
        "uma@example.org",
        "Head of claims",
        "Munich",
        "Europe/Berlin",
    )
    assert (str(uma.legal_entity), str(uma.department), uma.manager, vic.manager) == ("Isar Insurance", "Claims", vic, None)
    assert LegalEntity.objects.get().country == "DE"
    assert not uma.has_usable_password()
    assert {(each.role, each.ends_at) for each in uma.role_assignments.all()} == {
        ("requester", None),
        ("reviewer", datetime(2027, 3, 31, 22, tzinfo=UTC)),  # the day's end in Munich
    }
    assert vic.has_role(Role.SYSTEM_OWNER)
    event = TrailEvent.objects.get(event="people.imported")
    assert (event.after["created"], event.after["file_sha256"]) == (2, report.digest)


def test_the_same_file_again_changes_nothing(db: None) -> None:
    run(*WHOLE)
    before, events = counted(), TrailEvent.objects.count()
    assert told(run(*WHOLE)) == (2, 0, 0, 2, 0)
    assert (counted(), TrailEvent.objects.count()) == (before, events + 1)


def test_a_dry_run_tells_the_same_and_keeps_nothing(db: None) -> None:
    before, events = counted(), TrailEvent.objects.count()
    dry = run(*WHOLE, dry_run=True)
    assert (counted(), TrailEvent.objects.count()) == (before, events)
    assert told(dry) == told(run(*WHOLE))


def test_what_differs_is_changed_and_a_column_that_is_not_there_stays(cast: Cast) -> None:
    report = run(row("Ann", job_title="Engineer", manager=""))
    assert told(report) == (1, 0, 1, 0, 0)
    cast.ann.refresh_from_db()
    assert (cast.ann.job_title, cast.ann.manager, cast.ann.legal_entity) == ("Engineer", None, cast.hospital)
    assert cast.ann.has_role(Role.REQUESTER)


def test_a_role_gets_the_end_that_the_file_gives(cast: Cast) -> None:
    run(row("Rae", roles="reviewer until 2090-01-01"))
    assert [each.ends_at for each in RoleAssignment.objects.effective().filter(person=cast.rae)] == [
        datetime(2090, 1, 2, tzinfo=UTC)
    ]
    run(row("Rae", roles="reviewer until 2020-01-01"))
    assert not RoleAssignment.objects.effective().filter(person=cast.rae).exists()
    assert told(run(row("Rae", roles="reviewer until 2020-01-01"))) == (1, 0, 0, 1, 0)


def test_leaving_is_told_with_its_moment_and_is_not_undone_by_an_empty_cell(cast: Cast) -> None:
    assert told(run(row("Rae", left_at="2026-01-31T17:00+01:00"))) == (1, 0, 1, 0, 0)
    cast.rae.refresh_from_db()
    assert (cast.rae.left_at, cast.rae.is_present) == (datetime(2026, 1, 31, 16, tzinfo=UTC), False)
    assert faults(run(row("Rae", left_at=""))) == [(2, "left at", "Rae left on 2026-01-31, says the portal.")]


def test_managers_may_stand_below_and_swap_places(cast: Cast) -> None:
    assert cast.ann.manager == cast.bob
    report = run(row("Bob", manager="ann@example.org"), row("Ann", manager="dan@example.org"))
    assert (told(report), faults(report)) == ((2, 0, 2, 0, 0), [])
    cast.bob.refresh_from_db()
    assert cast.bob.manager == cast.ann


def test_circles_are_refused_by_name_also_through_people_who_are_not_in_the_file(cast: Cast) -> None:
    report = run(row("Dan", manager="ann@example.org"), row("Sam", job_title="Nurse", manager=""))
    assert faults(report) == [
        (2, "manager", "This goes round in a circle: dan@example.org → ann@example.org → bob@example.org → dan@example.org.")
    ]
    assert told(report) == (2, 0, 1, 0, 1)
    report = run(row("Xia", manager="xia@example.org"))
    assert faults(report) == [(2, "manager", "This goes round in a circle: xia@example.org → xia@example.org.")]
    assert not User.objects.filter(name="Xia").exists()


def test_who_reports_to_a_refused_row_is_refused_too(db: None) -> None:
    report = run(
        row("Boss", time_zone="Mars/Base"), row("Mid", manager="boss@example.org"), row("Low", manager="mid@example.org")
    )
    assert [(fault.row, fault.column) for fault in report.faults] == [(2, "time zone"), (3, "manager"), (4, "manager")]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("changes", "column", "sentence"),
    [
        ({"email": ""}, "email", "Fill this in."),
        ({"email": "uma"}, "email", "“uma” is no e-mail address."),
        ({"name": ""}, "name", "Fill this in."),
        ({"name": '=HYPERLINK("x")'}, "name", "A name cannot begin with “=”; spreadsheets take that for a formula."),
        ({"country": "Germany"}, "country", "Two letters, like DE."),
        ({"country": ""}, "country", "Isar Insurance is new here. Give its country, two letters like DE."),
        ({"legal entity": ""}, "department", "A department belongs to a legal entity; name it in the same row."),
        ({"time zone": "Berlin"}, "time zone", "“Berlin” is no time zone; write one like Europe/Berlin."),
        (
            {"manager": "zoe@example.org"},
            "manager",
            "Nobody has the address zoe@example.org, here or among the rows that are right.",
        ),
        ({"left at": "soon"}, "left at", "“soon” is no date; write one like 2027-03-31."),
        ({"left at": "9999-12-31"}, "left at", "“9999-12-31” is no date; write one like 2027-03-31."),
        ({"roles": "reviewer until spring"}, "roles", "“spring” is no date; write one like 2027-03-31."),
        ({"job title": "password=Winter2026!"}, "job title", None),
        ({"job title": "x" * 121}, "job title", "This has 121 characters; at most 120 are kept."),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column_and_nothing_is_kept(
    db: None, changes: dict[str, str], column: str, sentence: str | None
) -> None:
    report = run(WHOLE[0] | {"manager": ""} | changes)
    assert told(report) == (1, 0, 0, 0, 1)
    [found] = faults(report)
    assert found[:2] == (2, column)
    assert sentence in (None, found[2])
    assert counted() == (0, 0, 0, 0)


def test_an_unknown_role_is_named_with_those_there_are(db: None) -> None:
    [(_, column, sentence)] = faults(run(row("Uma", roles="requester; emperor")))
    assert column == "roles"
    assert sentence.startswith("There is no role “emperor”. The roles are: requester, owner, technical_owner,")


def test_the_country_of_a_known_entity_must_agree(cast: Cast) -> None:
    [(_, column, sentence)] = faults(run(row("Uma", legal_entity="HELENE hospitals", country="DE")))
    assert (column, sentence) == ("country", "Helene Hospitals is in US, says the portal.")


def test_an_address_twice_is_a_fault_of_the_second(db: None) -> None:
    report = run(row("Uma"), row("Uma") | {"email": "UMA@example.org"})
    assert faults(report) == [(3, "email", "uma@example.org is in row 2 already.")]
    assert told(report) == (2, 1, 0, 0, 1)


def test_a_wrong_header_imports_nothing(db: None) -> None:
    report = run(row("Uma", shoe_size="44"))
    assert report.fatal == "Unknown column “shoe size”."
    assert not User.objects.exists()
    assert not TrailEvent.objects.filter(event="people.imported").exists()


names = st.sampled_from("abcdefg")


@given(st.dictionaries(names, names), st.dictionaries(names, names | st.just("")))
def test_in_order_every_manager_stands_before_and_nobody_above_themselves(rows: dict[str, str], known: dict[str, str]) -> None:
    def address(name: str) -> str:
        return f"{name}@example.org"

    found = list(
        people(io.BytesIO(file({"email": "", "name": ""}, *(row(who, manager=address(boss)) for who, boss in rows.items()))))
    )
    persons = [each for each in found if isinstance(each, Person)]
    before = {address(who): address(boss) if boss in known else "" for who, boss in known.items()}
    ordered, refused = in_order(persons, before)
    assert len(ordered) + len(refused) == len(persons)
    places = {person.email: place for place, person in enumerate(ordered)}
    above = before | {person.email: person.manager for person in ordered}
    for person in ordered:
        assert person.manager in before or places[person.manager] < places[person.email]
        assert places.get(person.manager, -1) < places[person.email]
        seen, at = {person.email}, person.manager
        while at and at not in seen:
            seen.add(at)
            at = above.get(at, "")
        assert at != person.email


def test_the_command_shows_what_came_of_it_and_ends_with_1_on_faults(db: None, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(file(*WHOLE))
    out = io.StringIO()
    call_command("import_people", str(path), "--dry-run", stdout=out)
    assert "dry run, nothing was kept" in out.getvalue()
    assert not User.objects.exists()
    path.write_bytes(file(*WHOLE, row("Bad", roles="emperor")))
    with pytest.raises(SystemExit) as end:
        call_command("import_people", str(path), stdout=out)
    assert end.value.code == 1
    assert "emperor" in out.getvalue()
    assert User.objects.count() == 2


def test_the_columns_are_those_of_the_documentation() -> None:
    assert COLUMNS.all == (
        "email",
        "name",
        "legal entity",
        "country",
        "department",
        "manager",
        "job title",
        "location",
        "time zone",
        "roles",
        "left at",
    )
