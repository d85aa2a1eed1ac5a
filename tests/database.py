"""The databases of the tests, as a pytest plugin that is loaded before Django reads its settings.

One database is migrated for the whole run, by the real `manage.py migrate` as the owner role. Each worker process
gets a copy of it; ordinary tests roll back. Nothing is ever flushed: the append-only tables refuse that, rightly.
A test that needs commits, threads or child processes asks for the fixture `own_database`.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, connections
from django.test import override_settings
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.services import APP_VARIABLE, OWNER_VARIABLE, REDIS_VARIABLE, SUPERUSER_VARIABLE

ROOT = Path(__file__).resolve().parent.parent
SESSION_VARIABLE = "TEST_SESSION_FOLDER"
OURS = ("MANDATE_", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "PORT", "DEMO_PASSWORD")


@dataclass(frozen=True)
class TestDatabase:
    """One database and the folder of files that belongs to it."""

    __test__ = False
    kind: str
    name: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment to work on this database."""
        found = {"MANDATE_DATA_DIR": str(self.folder)}
        if self.kind == "postgresql":
            found["DATABASE_URL"] = _at(os.environ[APP_VARIABLE], self.name)
            found["DATABASE_OWNER_URL"] = _at(os.environ[OWNER_VARIABLE], self.name)
        return found

    @property
    def django_name(self) -> str:
        """What stands in settings.DATABASES["default"]["NAME"]."""
        return self.name if self.kind == "postgresql" else str(self.folder / "mandate.sqlite3")

    def command(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """The outcome of a manage.py command on this database, in a process of its own."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        environment = {**os.environ, **self.environment, **more}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def copy(self, name: str, folder: Path) -> "TestDatabase":
        """Another database with the same content."""
        folder.mkdir(parents=True, exist_ok=True)
        twin = TestDatabase(self.kind, name, folder)
        if self.kind == "postgresql":
            _as_owner("CREATE DATABASE {} TEMPLATE {}", twin.name, self.name)
        else:
            shutil.copy(self.django_name, twin.django_name)
        return twin

    def drop(self) -> None:
        """The database is gone, whoever still uses it."""
        if self.kind == "postgresql":
            _as_superuser("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
        shutil.rmtree(self.folder, ignore_errors=True)


def template() -> TestDatabase:
    """The migrated database of this run, made by whichever process needs it first."""
    session = Path(os.environ[SESSION_VARIABLE])
    kind = os.environ["TEST_DATABASE"]
    made = TestDatabase(kind, f"mandate_{session.name[-8:]}_template", session / "template")
    with (session / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (session / "template.ready").exists():
            made.folder.mkdir()
            if kind == "postgresql":
                _as_owner("CREATE DATABASE {}", made.name)
            for command in (["createcachetable"], ["migrate", "--verbosity", "0"]):
                done = made.command(*command)
                if done.returncode:
                    pytest.exit(f"manage.py {command[0]} failed:\n{done.stdout}{done.stderr}", returncode=3)
            (session / "template.ready").touch()
    return made


def make_empty(place: TestDatabase) -> None:
    """The database is there and holds nothing; on SQLite that is an empty folder."""
    if place.kind == "postgresql":
        _as_owner("CREATE DATABASE {}", place.name)


def _at(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _as_owner(statement: str, *names: str) -> None:
    _run(OWNER_VARIABLE, statement, *names)


def _as_superuser(statement: str, *names: str) -> None:
    """Only a superuser may end the sessions of other roles, and those of the server's own vacuum workers."""
    _run(SUPERUSER_VARIABLE, statement, *names)


def _run(url_variable: str, statement: str, *names: str) -> None:
    with psycopg.connect(os.environ[url_variable], autocommit=True) as server:
        server.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mandate")
    group.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="what the tests run on")
    group.addoption("--bench", action="store_true", help="run the benches too")
    group.addoption("--soak", action="store_true", help="run the slow kill, fuzz and hammer tests too")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Before pytest-django reads the settings: this process's own database stands in the environment."""
    kind: str = early_config.known_args_namespace.database
    if kind == "postgresql" and OWNER_VARIABLE not in os.environ:
        raise pytest.UsageError(
            "--database postgresql needs its servers: python -m tests.services run -- python -m pytest --database postgresql"
        )
    for name in list(os.environ):
        if name.startswith(OURS):
            del os.environ[name]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if worker == "main":
        os.environ[SESSION_VARIABLE] = tempfile.mkdtemp(prefix="mandate-tests-")
        os.environ["TEST_DATABASE"] = kind
    os.environ.update(_own(worker).environment)
    return (yield)


def _own(worker: str) -> TestDatabase:
    session = Path(os.environ[SESSION_VARIABLE])
    return TestDatabase(os.environ["TEST_DATABASE"], f"mandate_{session.name[-8:]}_{worker}", session / worker)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last one out removes the databases of the run."""
    if "PYTEST_XDIST_WORKER" in os.environ or SESSION_VARIABLE not in os.environ:
        return
    connections.close_all()
    session = Path(os.environ.pop(SESSION_VARIABLE))
    if os.environ["TEST_DATABASE"] == "postgresql":
        for folder in session.iterdir():
            if folder.is_dir():
                TestDatabase("postgresql", f"mandate_{session.name[-8:]}_{folder.name}", folder).drop()
    shutil.rmtree(session, ignore_errors=True)


def prepare_own() -> None:
    """This process has its copy."""
    own = _own(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    template().copy(own.name, own.folder)
    # One connection a thread is easier to follow in a test than a pool; served processes keep theirs.
    connections.settings["default"].setdefault("OPTIONS", {}).pop("pool", None)


@pytest.fixture
def own_database(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[TestDatabase]:
    """A fresh database of this test alone, that threads and child processes can share: commits are real here.

    Children get `{**os.environ, **own_database.environment}`. Not together with the mark django_db, which rolls back.
    """
    if request.node.get_closest_marker("django_db"):
        pytest.fail("own_database and the mark django_db exclude each other: take one of them")
    twin = fresh(tmp_path / "data")
    try:
        with inside(twin, django_db_blocker):
            yield twin
    finally:
        twin.drop()


def fresh(folder: Path) -> TestDatabase:
    """A migrated, empty database; whoever made it drops it."""
    return template().copy(f"mandate_{uuid.uuid4().hex[:12]}", folder)


def places(twin: TestDatabase) -> dict[str, Path]:
    """The settings that name a place below the data folder."""
    return {
        "DATA_DIR": twin.folder,
        "PACK_DIR": twin.folder / "packs",
        "MANDATE_CHECKPOINT_DIR": twin.folder / "checkpoints",
        "MANDATE_SIGNING_KEY_FILE": twin.folder / "signing_key.pem",
    }


@contextmanager
def inside(twin: TestDatabase, blocker: DjangoDbBlocker) -> Iterator[None]:
    """As long as this lasts, the models, files and children of this process are those of the twin."""
    database = connections.settings["default"]
    usual = database["NAME"]
    connection.close()
    database["NAME"] = twin.django_name
    before = {name: os.environ.get(name) for name in twin.environment}
    os.environ.update(twin.environment)
    try:
        with override_settings(**places(twin)), blocker.unblock():
            yield
            connections.close_all()
    finally:
        database["NAME"] = usual
        for name, value in before.items():
            if value is not None:
                os.environ[name] = value


@pytest.fixture
def redis_url() -> str:
    """A Redis that is only the tests'. Only for tests marked redis."""
    return os.environ[REDIS_VARIABLE]
