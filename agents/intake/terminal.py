"""An import as it shows itself in a terminal: progress while it runs, then what came of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from agents.intake.reports import ImportReport

Advance = Callable[[int, int], None]  # (done, of how many)
SHOWN_FAULTS = 100


def ignore_progress(done: int, total: int) -> None:
    """For callers without a screen."""


@contextmanager
def progress(console: Console, title: str) -> Iterator[Advance]:
    """A bar that moves with each call of what it gives."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show(report: ImportReport, console: Console) -> None:
    """The numbers, then each fault by row and column."""
    if report.fatal:
        console.print(f"[bold red]{_('Nothing was imported.')}[/] {escape(report.fatal)}")
        return
    title = _("What would be imported (dry run, nothing was kept)") if report.dry_run else _("What was imported")
    console.print(title, style="bold")
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    for label, number in (
        (_("found in the file"), report.found),
        (_("created"), report.created),
        (_("updated"), report.updated),
        (_("unchanged"), report.unchanged),
        *((_("left out: %(reason)s") % {"reason": reason}, number) for reason, number in report.excluded.items()),
        (_("not imported"), report.failed),
        *((what.replace("_", " "), number) for what, number in report.further.items()),
    ):
        table.add_row(escape(label), f"{number:,}")
    console.print(table)
    if report.faults:
        _show_faults(report, console)


def _show_faults(report: ImportReport, console: Console) -> None:
    console.print(_("What to mend"), style="bold")
    table = Table()
    for heading in (_("row"), _("column"), _("what is wrong")):
        table.add_column(heading)
    for fault in report.faults[:SHOWN_FAULTS]:
        table.add_row(str(fault.row), escape(fault.column), escape(fault.sentence))
    console.print(table)
    if report.fault_count > SHOWN_FAULTS:
        console.print(_("… and %(number)d more.") % {"number": report.fault_count - SHOWN_FAULTS})
