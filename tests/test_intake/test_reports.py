import io

from rich.console import Console

from agents.intake import terminal
from agents.intake.reports import Fault, ImportReport


def shown(report: ImportReport) -> str:
    out = io.StringIO()
    terminal.show(report, Console(file=out, width=100))
    return out.getvalue()


def test_a_report_adds_up_only_when_nothing_is_lost() -> None:
    lost = ImportReport("csv", found=5, created=1, updated=1, unchanged=1)
    report = ImportReport("csv", found=5, created=1, updated=1, unchanged=1)
    for each in (lost, report):
        each.excluded["a person"] += 1
    report.fail(Fault(2, "name", "Missing."), Fault(2, "region", "Missing."))
    assert (lost.adds_up, report.adds_up) == (False, True)
    assert (report.failed, report.fault_count, report.is_clean) == (1, 2, False)


def test_faults_are_shown_by_row_and_column_as_plain_text() -> None:
    report = ImportReport("csv", found=1)
    report.fail(Fault(7, "job [red]title", "“[bold]x[/]” is wrong."))
    text = shown(report)
    assert "What to mend" in text
    assert "│ 7   │ job [red]title │ “[bold]x[/]” is wrong. │" in text


def test_many_faults_are_cut_and_counted() -> None:
    report = ImportReport("csv", found=150)
    for row in range(150):
        report.fail(Fault(row, "", "Wrong."))
    assert "… and 50 more." in shown(report)


def test_a_fatal_file_says_that_nothing_was_imported() -> None:
    assert shown(ImportReport("csv", fatal="Cut [off].")) == "Nothing was imported. Cut [off].\n"
