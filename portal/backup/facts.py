"""What a database holds, asked of the copy itself, so that it fits the copy to the row."""

from collections.abc import Callable
from typing import Any

from portal.backup.manifest import Facts

Ask = Callable[[str], list[Any]]
SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
POSTGRESQL_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def facts(ask: Ask, tables: str) -> Facts:
    """tables: the question for the names of the tables."""
    names = sorted(row[0] for row in ask(tables))
    rows = {name: int(ask(f'SELECT count(*) FROM "{name}"')[0][0]) for name in names}  # noqa: S608  (the database's own names)
    newest = None
    if rows.get("audit_checkpoint"):
        epoch, size, root = ask("SELECT epoch, size, root FROM audit_checkpoint ORDER BY epoch DESC, size DESC, id DESC LIMIT 1")[
            0
        ]
        newest = {"epoch": epoch, "size": size, "root": bytes(root).hex()}
    applied = ask("SELECT app, name FROM django_migrations ORDER BY app, name") if "django_migrations" in rows else []
    return Facts(rows.get("audit_trailevent", 0), newest, rows, [list(each) for each in applied])
