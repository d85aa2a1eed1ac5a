import os
import socket
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from agents.audit import rollback, sealing
from agents.audit.verifier.note import BadNote
from agents.people.actions import erasure
from agents.people.models import Organisation
from portal.serving import lifeline
from portal.serving.supervisor import Supervisor

PROCESSES = ["web", "worker", "beat"]


class Command(BaseCommand):
    help = "Serves the portal: web server, worker and scheduler under one supervisor. Ctrl-C ends them all."
    requires_system_checks: list[str] = []  # the processes below check; this one must be quick

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="first migrate, and fill an empty database with the demo")
        parser.add_argument("--only", action="append", choices=PROCESSES, help="start only this process")
        parser.add_argument("--end-with-parent", action="store_true", help="stop when the process that started this is gone")

    def handle(self, *args: Any, **options: Any) -> None:
        parent = os.getppid() if options["end_with_parent"] else None
        names = options["only"] or PROCESSES
        configuration = settings.CONFIGURATION
        if "web" in names and not _is_free(configuration.bind, configuration.port):
            raise CommandError(f"Port {configuration.port} is taken. Choose another one: PORT={configuration.port + 1} make run")
        lock = settings.DATA_DIR / lifeline.lock_name(names)
        supervisor = Supervisor(names, lock, say=self._say, parent=parent)
        if not supervisor.take_over():
            raise CommandError(f"Mandate already runs on the data in {settings.DATA_DIR}.")
        if options["prepare"]:
            try:
                self._prepare()
            except KeyboardInterrupt:
                raise CommandError("Stopped before it was ready; the next start goes on from here.", returncode=130) from None
        refuse_the_demo()
        self._look_for_a_restore()
        erasure.apply_again()  # nothing while a restored backup waits; then the due job does it
        call_command("sign_ins", stdout=self.stdout)
        self.stdout.write("Ctrl-C stops it.\n")
        self.stdout.flush()
        connections.close_all()
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where there is none
        supervisor.run()

    def _prepare(self) -> None:
        """The tables are as the code wants them, and an empty database has the demo organisation (unless MANDATE_DEMO=0)."""
        for command in (["createcachetable"], ["migrate"]):
            if settings.CONFIGURATION.database_owner_url:  # only a process of its own runs as the owner
                subprocess.run([sys.executable, sys.argv[0], *command, "--verbosity", "0"], check=True)  # noqa: S603
            else:
                call_command(*command, verbosity=0)
        if settings.MANDATE_DEMO:
            call_command("seed_demo", "--if-empty")

    def _look_for_a_restore(self) -> None:
        """A database that is behind what was signed is told of before the first page is served."""
        try:
            found = rollback.look()
            sealing.meet_the_server()
        except BadNote as problem:
            raise CommandError(
                f"The newest checkpoint in {settings.MANDATE_CHECKPOINT_DIR} cannot be believed: {problem}."
            ) from problem
        if found is not None:
            self.stdout.write(
                f"READ-ONLY: Mandate signed for {found.known_size} events, this database has {found.found_size} of its own.\n"
                f"A backup was restored. An administrator must acknowledge it at {settings.MANDATE_BASE_URL}/restore/\n"
            )

    def _say(self, line: str) -> None:
        self.stderr.write(line)


def refuse_the_demo() -> None:
    """Raises CommandError in production on a database that was seeded as a demo: its people share one known password."""
    if settings.MANDATE_PRODUCTION and Organisation.objects.filter(is_demo=True).exists():
        raise CommandError(
            "This database holds the demo, whose people share one known password. Production needs a database of its own."
        )


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
