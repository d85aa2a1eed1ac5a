"""The tests' own ground: who they are in the database, and that nothing leaks from one to the next."""

import os
import subprocess
import sys
import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction

from tests.database import ROOT, TestDatabase
from tests.services import OWNER_VARIABLE

COUNT = "from django.contrib.contenttypes.models import ContentType as C; print(C.objects.filter(app_label='made').count())"


@pytest.mark.postgresql
@pytest.mark.django_db
def test_tests_run_as_the_app_role_which_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("mandate_app", False, False)
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [("mandate_owner",)]
    assert "mandate_owner@" in os.environ[OWNER_VARIABLE]


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_trailevent SET event = 'x'", "DELETE FROM audit_trailevent", "TRUNCATE audit_trailevent"]
)
def test_app_role_may_not_change_the_trail(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["CREATE TABLE own (id int)", "ALTER TABLE audit_trailevent DISABLE TRIGGER ALL", "DROP TABLE audit_trailevent"]
)
def test_app_role_may_not_change_tables(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_is_set_up_to_wait_and_to_survive() -> None:
    with connection.cursor() as cursor:
        found = {}
        for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout"):
            cursor.execute(f"PRAGMA {name}")
            found[name] = cursor.fetchone()[0]
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1, "busy_timeout": 20000}


@pytest.mark.django_db
def test_append_only_guards_are_in_place() -> None:
    assert run_checks(databases=["default"], include_deployment_checks=False) == []


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_ordinary_tests_roll_back(turn: int) -> None:
    assert ContentType.objects.filter(app_label="made").count() == 0
    ContentType.objects.create(app_label="made", model=f"turn{turn}")


@pytest.mark.parametrize("turn", [1, 2])
def test_own_database_is_shared_by_threads_and_processes(own_database: TestDatabase, turn: int) -> None:
    assert ContentType.objects.filter(app_label="made").count() == 0

    def make() -> None:
        ContentType.objects.create(app_label="made", model=f"turn{turn}")
        connection.close()

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert ContentType.objects.filter(app_label="made").count() == 1
    seen = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", COUNT],
        cwd=ROOT,
        env={**os.environ, **own_database.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.strip() == "1"
