"""Append-only tables: the database itself refuses to change or remove their rows (invariant 6).

Triggers are put back after every migrate, because a table that Django remakes on SQLite silently loses
them. On PostgreSQL the app role gets INSERT and SELECT on these tables and no more.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

APPEND_ONLY = (
    "audit.TrailEvent",
    "audit.Epoch",
    "audit.Seal",
    "audit.TreeNode",
    "audit.Checkpoint",
    "audit.CheckpointReceipt",
    "audit.RemovedSegment",
)


def append_only_models() -> list[type[models.Model]]:
    return [apps.get_model(name) for name in APPEND_ONLY]


def after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Triggers and grants are as they should be."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    for model in append_only_models():
        if model._meta.db_table in present:
            protect(connection, model._meta.db_table, str(model._meta.pk.column))
    if connection.vendor == "postgresql":
        grant_to_app_role(connection)


def protect(connection: BaseDatabaseWrapper, table: str, key: str = "id") -> None:
    """The table's triggers exist. key: its primary key's column."""
    statements = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(table=table, key=key))


@contextmanager
def lifted(connection: BaseDatabaseWrapper, table: str) -> Iterator[None]:
    """Inside, rows of the table can be removed. Needs a transaction and the tables' owner: whatever happens inside, also the end
    of this process, the guards are there when it is over, because taking them away is undone with everything else.

    Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("guards are lifted inside a transaction only")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_keep_rows")
        else:
            cursor.execute(f"DROP TRIGGER {table}_no_delete")
        yield
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_rows")
        else:
            protect(connection, table)


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that should protect a table and do not; empty is healthy."""
    missing = []
    with connection.cursor() as cursor:
        for model in append_only_models():
            table = model._meta.db_table
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled = 'A'",
                    [table],
                )
                wanted = {f"{table}_keep_rows", f"{table}_keep_table"}
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
                wanted = {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"}
            missing += sorted(wanted - {row[0] for row in cursor.fetchall()})
    return missing


def check_protection(*, databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.E001: a table that must be append-only is not."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        present = set(connection.introspection.table_names())
        if not all(model._meta.db_table in present for model in append_only_models()):
            continue  # not migrated yet
        found += [
            Error(
                f"The trigger {name} is missing, so the trail could be changed unseen.",
                hint="Run `manage.py migrate --skip-checks`, which puts it back, and find out who removed it.",
                id="audit.E001",
            )
            for name in missing_triggers(connection)
        ]
    return found


def grant_to_app_role(connection: BaseDatabaseWrapper) -> None:
    """The app role may work with every table, but only add to and read the append-only ones."""
    role: str = settings.MANDATE_APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if not role or cursor.fetchone()[0] == role:
            return
        for statement in rights(role):
            cursor.execute(statement)


def rights(role: str) -> list[str]:
    """What gives the app role its rights, whatever the search path; tables that are not there (yet) are passed over."""
    quoted = '"' + role.replace('"', '""') + '"'
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
    ]
    for model in append_only_models():
        table = f'public."{model._meta.db_table}"'
        statements.append(
            f"DO $body$ BEGIN IF to_regclass('{table}') IS NOT NULL THEN"
            f" REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}; END IF; END $body$"
        )
    return statements


POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION mandate_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
    BEGIN
        RAISE EXCEPTION 'append-only table %: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
    END $body$""",
    "DROP TRIGGER IF EXISTS {table}_keep_rows ON {table}",
    "DROP TRIGGER IF EXISTS {table}_keep_table ON {table}",
    "CREATE TRIGGER {table}_keep_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION mandate_append_only()",
    "CREATE TRIGGER {table}_keep_table BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION mandate_append_only()",
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_rows",
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_table",
)

SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE refused'); END""",
    """CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, 'append-only: DELETE refused'); END""",
    # INSERT OR REPLACE walks past UPDATE and DELETE triggers; this one stops it.
    """CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
    BEGIN SELECT RAISE(ABORT, 'append-only: REPLACE refused'); END""",
)
