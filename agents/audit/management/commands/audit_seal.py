from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.audit import checkpoints
from agents.audit.keys import KeyProblem
from agents.audit.sealing import NotSealed
from agents.audit.verifier.note import BadNote


class Command(BaseCommand):
    help = "Seals what can be sealed now and signs a checkpoint if one is due. The worker does this every few seconds."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sealed = checkpoints.run()
        except (NotSealed, KeyProblem, BadNote) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{sealed} events sealed.")
