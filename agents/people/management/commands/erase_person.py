"""`erase_person EMAIL --reason …`"""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

from agents.audit.actors import System
from agents.audit.errors import Refusal
from agents.people.actions import erasure
from agents.people.models import User


class Command(BaseCommand):
    help = "Erases somebody who has left: their name is gone everywhere but in packs that were handed out. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="why, without the name: the trail keeps it")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(_("Nobody here has the address %(email)s.") % {"email": options["email"]})
        try:
            user = erasure.erase(user, by=System("erase_person"), reason=options["reason"])
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        rewrite_file()
        self.stdout.write(_("Erased. What they did stands under “%(name)s” now.") % {"name": user})


def rewrite_file() -> None:
    """On SQLite, pages that once held the name are written anew; PostgreSQL's vacuum does it by itself."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
