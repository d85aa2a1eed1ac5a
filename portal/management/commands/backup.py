"""`backup DIR_OR_FILE [--with-keys]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from agents.audit.actors import System
from agents.audit.errors import Refusal
from agents.intake import terminal
from portal.backup import taking


class Command(BaseCommand):
    help = "Writes one archive with the database, the packs and the files. The portal may run meanwhile."
    requires_system_checks: list[str] = []  # a damaged portal is worth a backup too

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("where", type=Path, help="a folder, or the file to write; a backup never replaces a file")
        parser.add_argument("--with-keys", action="store_true", help="put the secret key and the signing keys in it")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout), highlight=False)
        try:
            taken = taking.take(
                options["where"],
                with_keys=options["with_keys"],
                by=System("operator"),
                show=lambda title: terminal.progress(console, title),
            )
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        except OSError as problem:
            raise CommandError(f"The backup could not be written: {problem}") from problem
        facts = taken.manifest.facts
        self.stdout.write(f"{taken.path}\nSHA-256 {taken.sha256}")
        self.stdout.write(f"It holds {facts.trail_size:,} trail events and {len(taken.manifest.members):,} files.")
        if options["with_keys"]:
            self.stdout.write("It holds the keys: whoever has this file can sign as this portal. Keep it like a key.")
        else:
            self.stdout.write("It holds no keys: keep the secret key and the signing key elsewhere, or use --with-keys.")
        if not taken.is_recorded:
            self.stdout.write("The portal is read-only, so its trail does not tell of this backup.")
