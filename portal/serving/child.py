"""One process below the supervisor:  python -m portal.serving.child web|worker|beat"""

import os
import sys
import warnings
from collections.abc import Callable

import django
from celery.exceptions import SecurityWarning
from django.conf import settings
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from portal.celery import app
from portal.serving import lifeline

QUEUES = "default,packs,connectors"
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # no worker listens to another


def web() -> None:
    """Answers HTTP on the configured address, one process with a few threads (SQLite writes one at a time anyway)."""
    Server(
        "portal.wsgi:application",
        address=settings.CONFIGURATION.bind,
        port=settings.CONFIGURATION.port,
        interface=Interfaces.WSGI,
        workers=int(os.environ.get("MANDATE_WEB_PROCESSES", "1")),
        blocking_threads=int(os.environ.get("MANDATE_WEB_THREADS", "8")),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=8,
        log_level=LogLevels.error,
    ).serve()


def worker() -> None:
    """Does the work outside the request, in threads."""
    warnings.simplefilter("ignore", SecurityWarning)  # root in a container is the operator's choice
    threads = ["--pool", "threads", "--concurrency", "4", "--queues", QUEUES]
    app.start(["--quiet", "worker", *threads, *ALONE, "--loglevel", "WARNING"])


def beat() -> None:
    """Nudges the due work; its entries are static, so it keeps no file."""
    app.start(["--quiet", "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile", ""])


CHILDREN: dict[str, Callable[[], None]] = {"web": web, "worker": worker, "beat": beat}


if __name__ == "__main__":
    lifeline.hold_on()
    django.setup()
    CHILDREN[sys.argv[1]]()
