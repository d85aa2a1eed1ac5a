from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.audit import checkpoints, rollback
from agents.audit.actors import System
from agents.audit.errors import IllegalMove


class Command(BaseCommand):
    help = "Acknowledges that the database was restored from a backup: the portal writes again, in a new epoch of the trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="what happened, as the trail will tell it")

    def handle(self, *args: Any, **options: Any) -> None:
        rollback.look()
        try:
            epoch = rollback.acknowledge(by=System("operator"), reason=options["reason"])
        except IllegalMove as refusal:
            raise CommandError(refusal.sentence) from refusal
        checkpoints.settle()
        self.stdout.write(f"{epoch} began. The portal writes again.".capitalize())
