from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.audit import checkpoints
from agents.audit.keys import KeyProblem
from agents.audit.models import Checkpoint
from agents.audit.sealing import NotSealed
from agents.audit.verifier.note import BadNote


class Command(BaseCommand):
    help = "Seals now, signs a checkpoint, keeps it in the checkpoint folder and prints it. Keep a copy somewhere else."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            checkpoints.settle()
            made = checkpoints.sign(Checkpoint.Cause.OPERATOR)
        except (NotSealed, KeyProblem, BadNote) as problem:
            raise CommandError(str(problem)) from problem
        if made is None:
            raise CommandError("Nothing was signed: the trail is empty, another process is signing, or a restored backup waits.")
        self.stdout.write(made.note, ending="")
