"""`import_people FILE [--dry-run]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.console import Console

from agents.audit.actors import System
from agents.intake import terminal
from agents.people import importing
from agents.people.actions import imports


class Command(BaseCommand):
    help = (
        f"Takes people in from a CSV file with the columns: {', '.join(importing.COLUMNS.all)}. Exit code 1 when a row was not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="show what would happen and keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.ending = ""
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        try:
            file = options["file"].open("rb")
        except OSError as problem:
            raise CommandError(
                _("%(file)s cannot be read: %(why)s") % {"file": options["file"], "why": problem.strerror}
            ) from problem
        with file, terminal.progress(console, _("Importing %(file)s") % {"file": options["file"].name}) as advance:
            report = imports.run(file, by=System("import_people"), dry_run=options["dry_run"], advance=advance)
        terminal.show(report, console)
        if not report.is_clean:
            raise SystemExit(1)
