from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.audit import due


class Command(BaseCommand):
    help = "Does all work that is due now. Safe to call from cron as well as by the scheduler, twice at once too."

    def handle(self, *args: Any, **options: Any) -> None:
        settled = due.run_all()
        for name, count in settled.items():
            self.stdout.write(f"{name}: {'failed, see the log' if count < 0 else count}")
        if any(count < 0 for count in settled.values()):
            raise CommandError("Some due work failed.")
