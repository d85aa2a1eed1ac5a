"""A ready pack is evidence: the database itself refuses to change or remove it, whoever asks.

One column may change: the copied name of who asked for it, since people can be erased. The file keeps what it says.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import Warning as CheckWarning
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "compliance_pack"
ERASABLE = "requested_by_label"


def after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """The triggers are there: put back after every migrate, since a table that is remade on SQLite loses them silently."""
    connection = connections[using]
    if apps.get_model("compliance", "Pack")._meta.db_table in connection.introspection.table_names():
        columns = [str(field.column) for field in apps.get_model("compliance", "Pack")._meta.concrete_fields]
        guarded = ", ".join(connection.ops.quote_name(column) for column in columns if column != ERASABLE)
        with connection.cursor() as cursor:
            for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
                cursor.execute(statement.format(guarded=guarded))


def is_guarded(connection: BaseDatabaseWrapper) -> bool:
    if connection.vendor == "postgresql":
        question = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'A'"
        wanted = {"pack_ready"}
    else:
        question = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        wanted = {"pack_ready_update", "pack_ready_delete"}
    with connection.cursor() as cursor:
        cursor.execute(question, [TABLE])
        return wanted <= {row[0] for row in cursor.fetchall()}


def check_guard(*, databases: Any = None, **kwargs: Any) -> list[CheckWarning]:
    """compliance.W001: a ready pack could be changed unseen. A warning, since an error would stop the migrate that mends it."""
    unguarded = [
        alias
        for alias in databases or ()
        if TABLE in connections[alias].introspection.table_names() and not is_guarded(connections[alias])
    ]
    return [
        CheckWarning(
            f"On {alias} the triggers that keep ready packs as they are are missing.",
            hint="Run `manage.py migrate`, which puts them back, and find out who removed them.",
            id="compliance.W001",
        )
        for alias in unguarded
    ]


POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION mandate_pack_ready() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
    BEGIN
        RAISE EXCEPTION 'a ready pack never changes' USING ERRCODE = 'insufficient_privilege';
    END $body$""",
    f"DROP TRIGGER IF EXISTS pack_ready ON {TABLE}",
    f"""CREATE TRIGGER pack_ready BEFORE UPDATE OF {{guarded}} OR DELETE ON {TABLE} FOR EACH ROW WHEN (OLD.state = 'ready')
    EXECUTE FUNCTION mandate_pack_ready()""",
    f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER pack_ready",
)

SQLITE = (
    "DROP TRIGGER IF EXISTS pack_ready_update",
    f"""CREATE TRIGGER pack_ready_update BEFORE UPDATE OF {{guarded}} ON {TABLE} WHEN OLD.state = 'ready'
    BEGIN SELECT RAISE(ABORT, 'a ready pack never changes'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS pack_ready_delete BEFORE DELETE ON {TABLE} WHEN OLD.state = 'ready'
    BEGIN SELECT RAISE(ABORT, 'a ready pack never changes'); END""",
)
