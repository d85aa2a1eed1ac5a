from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from agents.audit import checkpoints, keys
from agents.audit.actors import System
from agents.audit.events import Event
from agents.audit.keys import KeyProblem
from agents.audit.models import TrailRef
from agents.audit.trail import record
from agents.audit.verifier.note import BadNote


class Command(BaseCommand):
    help = "Prints the public keys that checkpoints are signed with; --rotate makes a new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="sign with a new key from now on; the old file stays beside it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["rotate"]:
                checkpoints.settle()  # what stands is signed by the old key
                with transaction.atomic():
                    new = keys.rotate()
                    ref = TrailRef("signing_key", new.id.hex(), str(new))
                    record(Event.SIGNING_KEY_CHANGED, ref, by=System("operator"), after={"key": str(new)})
                checkpoints.settle()
            for key in keys.trusted() or [keys.public_key(keys.signing_key())]:
                self.stdout.write(str(key))
        except (KeyProblem, BadNote) as problem:
            raise CommandError(str(problem)) from problem
