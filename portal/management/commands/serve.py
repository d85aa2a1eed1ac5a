import os
import socket
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portal.serving.supervisor import Supervisor


class Command(BaseCommand):
    help = "Serves the portal: web server, worker and scheduler under one supervisor. Ctrl-C ends them all."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", action="append", choices=["web", "worker", "beat"], help="start only this process")
        parser.add_argument("--end-with-parent", action="store_true", help="stop when the process that started this is gone")

    def handle(self, *args: Any, **options: Any) -> None:
        parent = os.getppid() if options["end_with_parent"] else None
        names = options["only"] or ["web", "worker", "beat"]
        configuration = settings.CONFIGURATION
        if "web" in names and not _is_free(configuration.bind, configuration.port):
            raise CommandError(f"Port {configuration.port} is taken. Choose another one: PORT={configuration.port + 1} make run")
        self.stdout.write(f"\nMandate: {settings.MANDATE_BASE_URL}\n")
        if "sign_ins" in get_commands():
            call_command("sign_ins", stdout=self.stdout)
        self.stdout.write("Ctrl-C stops it.\n")
        self.stdout.flush()
        connections.close_all()
        lock = settings.DATA_DIR / f"serve-{'-'.join(sorted(names))}.lock"
        if not Supervisor(names, lock, say=self._say, parent=parent).run():
            raise CommandError(f"Mandate already runs on the data in {settings.DATA_DIR}.")

    def _say(self, line: str) -> None:
        self.stderr.write(line)


def _is_free(host: str, port: int, patience: float = 5.0) -> bool:
    """Whether the web server will get the address; one that is just stopping is waited for."""
    give_up_at = time.monotonic() + patience
    while True:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                if time.monotonic() > give_up_at:
                    return False
                time.sleep(0.2)
            else:
                return True
