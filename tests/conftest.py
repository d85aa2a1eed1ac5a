"""Which tests run where. The databases are in `tests/database.py`."""

import os
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from agents.audit import gate, timekeeping
from portal.bootstrap import PROGRAMS, program
from tests.database import SESSION_VARIABLE, prepare_own
from tests.people import cast  # noqa: F401  (a fixture for every test)

MARKS = {
    "sqlite": "runs on SQLite only",
    "postgresql": "runs on PostgreSQL only",
    "redis": "needs the tests' Redis; runs together with PostgreSQL, as in production",
    "faketime": "sets the clock of a process of its own; needs Debian's libfaketime",
    "browser": "drives a real browser; runs once, on SQLite",
    "bench": "measures ratios; runs with --bench",
    "soak": "kills, fuzzes or hammers for long; runs with --soak",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    # Tests move time as they like; tests/test_audit/test_timekeeping.py switches this on again, and children have it on.
    timekeeping.is_watching = False
    # A dozen people a test: the real hasher's half second each would be most of the suite.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that belong to another run are left out; nothing is skipped silently."""
    out_of_place = _out_of_place(config)
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark and (mark.args or mark.kwargs.get("transaction")):
            raise pytest.UsageError(f"{item.nodeid}: append-only tables refuse a flush; use the fixture own_database instead.")
        is_out_of_place = any(item.get_closest_marker(name) for name in out_of_place)
        is_the_same_there = config.option.database == "postgresql" and not touches_a_database(item)
        (left_out if is_out_of_place or is_the_same_there else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def touches_a_database(item: pytest.Item) -> bool:
    """Whether the test could come out differently on another database; the others run once, on SQLite."""
    fixtures = set(getattr(item, "fixturenames", ()))
    marks = {mark.name for mark in item.iter_markers()}
    return bool(fixtures & {"db", "own_database"} or marks & {"django_db", "postgresql", "redis"})


def _out_of_place(config: pytest.Config) -> set[str]:
    """The marks whose tests do not run this time."""
    on_postgresql = config.option.database == "postgresql"
    marks = {"sqlite", "browser"} if on_postgresql else {"postgresql", "redis"}
    if not on_postgresql and not has_browser() and os.environ.get("CI") != "true":
        marks.add("browser")
    if program("faketime") is None and os.environ.get("CI") != "true":
        marks.add("faketime")
    if not config.option.bench:
        marks.add("bench")
    if not config.option.soak:
        marks.add("soak")
    return marks


@pytest.fixture(autouse=True)
def checkpoints_of_this_test(settings: Settings) -> None:
    """What a test signs is forgotten with its rows: to the next one it would prove that a backup was restored."""
    settings.MANDATE_CHECKPOINT_DIR = Path(os.environ[SESSION_VARIABLE]) / "checkpoints" / uuid.uuid4().hex
    gate.forget()


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Stands here, not in the plugin, so that it comes after pytest-django's, which would make databases itself."""
    prepare_own()


def has_browser() -> bool:
    return any(program(name) for name in PROGRAMS["chromium"])


def pytest_report_header(config: pytest.Config) -> list[str]:
    lines = [f"mandate: on {config.option.database}"]
    if config.option.database == "sqlite" and not has_browser():
        lines.append("mandate: not covered here: the browser tests. To cover them install chromium.")
    if program("faketime") is None:
        lines.append("mandate: not covered here: a machine whose clock is set. To cover it install faketime.")
    return lines


@pytest.fixture(scope="session")
def browser_program() -> str:
    """The path of the browser that the browser tests drive."""
    found = [program(name) for name in PROGRAMS["chromium"]]
    return next(path for path in found if path)
