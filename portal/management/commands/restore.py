"""`restore FILE --yes`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from agents.audit.actors import System
from agents.audit.errors import Refusal
from agents.intake import terminal
from portal.backup import restoring
from portal.backup.restoring import Restored


class Command(BaseCommand):
    help = "Puts a backup in the place of what is there. Stop the portal first. Everything is checked before it is touched."
    requires_system_checks: list[str] = []  # what is there may be damaged; that is why somebody restores

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="what is there now shall be replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            raise CommandError("This replaces the database in use. If that is meant, say it: --yes")
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        try:
            restored = restoring.restore(
                options["file"], by=System("operator"), show=lambda title: terminal.progress(console, title)
            )
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        except OSError as problem:
            raise CommandError(f"The backup could not be restored: {problem}") from problem
        for sentence in _told(restored):
            self.stdout.write(sentence)


def _told(restored: Restored) -> list[str]:
    facts = restored.manifest.facts
    lines = [
        f"Restored: the backup of {restored.manifest.taken_at:%-d %B %Y, %H:%M} UTC with {facts.trail_size:,} trail events.",
    ]
    if restored.kept:
        lines.append(f"What was there before is kept in {restored.kept}. Remove it when you are sure.")
    if restored.keys:
        lines.append(f"Put back because none was there: {', '.join(restored.keys)}.")
    if restored.left_alone:
        lines.append(f"Left as they are, though the backup holds others: {', '.join(restored.left_alone)}.")
    if restored.checkpoints_put_back:
        lines.append("The checkpoints of the backup are in place, since there were none.")
    if restored.missing is not None:
        lines.append(
            f"{restored.missing:,} events after the backup are known to be missing. The portal is read-only until you have looked"
            " at what is lost and said so: `manage.py audit_acknowledge --reason …`."
        )
    if restored.doubt:
        lines.append(f"Whether events are missing could not be told: {restored.doubt}")
    lines.append(f"Next: `manage.py audit_verify`, then start the portal on {settings.MANDATE_BASE_URL}.")
    return lines
