from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.audit import removal
from agents.audit.actors import System
from agents.audit.errors import Refusal


class Command(BaseCommand):
    help = "Removes whole sealed parts of the trail whose time is over; their roots stay. Needs the owner role on PostgreSQL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before", required=True, type=date.fromisoformat, help="only what is older than this day, YYYY-MM-DD"
        )
        parser.add_argument("--reason", required=True, help="why, as the trail will tell it")
        parser.add_argument("--dry-run", action="store_true", help="say what would be removed and keep it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            planned = removal.plan(options["before"])
            if not planned.seals:
                raise CommandError(planned.kept_because or _("There is nothing to remove."))
            first, last = planned.seals[0].number, planned.seals[-1].number
            told = ngettext(
                "%(count)s event in the seals %(first)s to %(last)s, from %(since)s to %(until)s",
                "%(count)s events in the seals %(first)s to %(last)s, from %(since)s to %(until)s",
                planned.count,
            ) % {
                "count": planned.count,
                "first": first,
                "last": last,
                "since": f"{planned.first_at:%Y-%m-%d}",
                "until": f"{planned.last_at:%Y-%m-%d}",
            }
            if options["dry_run"]:
                self.stdout.write(_("Would be removed: %(told)s.") % {"told": told})
            else:
                segment = removal.remove(options["before"], by=System("audit_remove"), reason=options["reason"])
                self.stdout.write(
                    _("Removed: %(told)s. Their root stays: %(root)s") % {"told": told, "root": bytes(segment.root).hex()}
                )
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        if planned.kept_because:
            self.stdout.write(_("It ends there: %(why)s") % {"why": planned.kept_because})
