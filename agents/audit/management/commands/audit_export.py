from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.audit.export import export


class Command(BaseCommand):
    help = "Writes the trail into a folder with its checkpoints and a verifier that needs nothing but Python."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        console = Console(file=cast(IO[str], self.stdout))
        try:
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task("reading", total=None)
                target = export(options["folder"], lambda table, done: bar.update(task, description=f"{table}: {done:,} rows"))
        except FileExistsError as problem:
            raise CommandError(f"{problem} is there already; name an empty folder.") from problem
        self.stdout.write(f"Written to {target.parent}. README.txt there says how to check it.")
