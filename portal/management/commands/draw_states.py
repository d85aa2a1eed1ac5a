from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.configuration import BASE_DIR
from portal.drawing import states_page


class Command(BaseCommand):
    help = "Draw docs/states.md from the models."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the page is not as the code draws it")

    def handle(self, *args: Any, **options: Any) -> None:
        page = BASE_DIR / "docs" / "states.md"
        drawn = states_page()
        if not options["check"]:
            page.write_text(drawn)
            self.stdout.write(f"Drew {page.relative_to(BASE_DIR)}.")
        elif not page.exists() or page.read_text() != drawn:
            raise CommandError("docs/states.md is older than the code. Run `manage.py draw_states` and commit it.")
