"""Who can sign in to the demo, one person per role."""

from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from agents.people.models import User
from portal.demo.organisation import everybody


class Command(BaseCommand):
    help = "Print the address and the demo's sign-ins; without a demo, the address of the first-start page."

    def handle(self, *args: Any, **options: Any) -> None:
        address = settings.MANDATE_BASE_URL
        if not settings.MANDATE_DEMO or not User.objects.filter(email=everybody()[0].email).exists():
            self.stdout.write(
                f"\nMandate: {address}/" + ("" if User.objects.exists() else "start/  (nobody can sign in yet: set it up there)")
            )
            return
        table = Table("Role", "E-mail", title=f"Mandate: {address}/", caption=f"Password of all: {settings.DEMO_PASSWORD}")
        for person in everybody():
            if person.signs_in_as:
                table.add_row(str(person.signs_in_as.label), person.email)
        Console(file=cast(IO[str], self.stdout), width=78).print(table)
