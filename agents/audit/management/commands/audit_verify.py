import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.audit import live
from agents.audit.verifier.note import BadNote


class Command(BaseCommand):
    help = (
        "Recomputes the whole trail from its stored bytes: every event, link, root and checkpoint, also those in the checkpoint"
        " folder. Exit code 1 when it is not whole. For a check without the portal see audit_export."
    )
    requires_system_checks: list[str] = []  # a missing guard must not keep anybody from looking

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoints", type=Path, help="a folder of checkpoints kept elsewhere, instead of the portal's own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.completed:,} events recomputed"), TimeElapsedColumn())
        console = Console(file=cast(IO[str], self.stdout))
        try:
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task("events", total=None)
                report = live.check(lambda done: bar.update(task, completed=done), checkpoints=options["checkpoints"])
        except (BadNote, OSError) as problem:
            raise CommandError(f"The keys or checkpoints could not be read: {problem}") from problem
        self.stdout.write("\n".join(report.lines()))
        if not report.is_well:
            sys.exit(1)
