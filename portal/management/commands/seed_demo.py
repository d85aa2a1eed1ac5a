"""An empty portal becomes the invented Meridian Group, with a past."""

from argparse import ArgumentParser
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.audit.models import TrailEvent
from agents.people.actions.organisations import is_first_start
from portal.demo.story import Story


class Command(BaseCommand):
    help = "Fill an empty portal with the demo organisation. Refused in production and on a trail that has begun."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing, quietly, when people exist already")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and not is_first_start():
            return
        if settings.MANDATE_PRODUCTION:
            raise CommandError("The demo is never put into a production portal.")
        if TrailEvent.objects.exists() or not is_first_start():
            raise CommandError("This portal has a past of its own. The demo needs an empty database.")
        columns = (SpinnerColumn(), TextColumn("Telling the demo's past: {task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(file=cast(IO[str], self.stdout)), transient=True) as progress:
            task = progress.add_task("people", total=None)
            # One transaction: a demo that was cut off in the middle never existed.
            with transaction.atomic():
                Story(settings.DEMO_PASSWORD, lambda label: progress.update(task, description=label)).tell()
        self.stdout.write("The demo organisation stands: Meridian Group, five businesses, a year of history.")
