"""`import_agents FILE --format csv|aws-account-authorization-details [--dry-run]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.console import Console

from agents.audit.actors import System
from agents.connectors import csv_agents
from agents.connectors.actions import imports
from agents.intake import terminal
from agents.registry.choices import Environment


class Command(BaseCommand):
    help = (
        "Takes identities and their access from a file into the registry, as discovered. Exit code 1 when a row was not. "
        f"Columns of a CSV: {', '.join(csv_agents.COLUMNS.required)}; optional: {', '.join(csv_agents.COLUMNS.optional)}. "
        "Several systems, permissions or data classes are separated by ;. A permission is “System: permission [verb]”."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(imports.READERS), help="what the file is")
        parser.add_argument("--dry-run", action="store_true", help="show what would happen and keep nothing")
        parser.add_argument(
            "--environment",
            choices=Environment.values,
            help="of identities whose own environment the file does not say; otherwise they count as production",
        )

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
            report = imports.run(
                options["format"],
                file,
                by=System("import_agents"),
                dry_run=options["dry_run"],
                environment=Environment(options["environment"]) if options["environment"] else None,
                advance=advance,
            )
        terminal.show(report, console)
        if not report.is_clean:
            raise SystemExit(1)
