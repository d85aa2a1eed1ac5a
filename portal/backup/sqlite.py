"""The embedded database: one file, copied while the portal writes, put back by one rename."""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from agents.audit.errors import Refusal
from portal.backup.archive import Advance
from portal.backup.facts import SQLITE_TABLES, facts
from portal.backup.manifest import CannotRestore, Facts
from portal.backup.workshop import settle

PAGES = 2_000  # copied between two looks at the progress


def copy(database: Path, target: Path, advance: Advance) -> Facts:
    """The copy is the database as it was at one moment, whatever is written meanwhile."""
    if not database.exists():
        raise Refusal(f"There is no database in {database.parent} yet.")
    with closing(sqlite3.connect(database, timeout=20, isolation_level=None)) as source:
        source.execute("BEGIN")  # one read transaction: with WAL nobody waits for it, and the copy never begins afresh
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target, isolation_level=None)) as copied:
            source.backup(copied, pages=PAGES, progress=lambda _status, left, total: advance(total - left, total))
            copied.execute("PRAGMA journal_mode = DELETE")
            return _checked(copied)


def look_over(copied: Path, expected: Facts) -> None:
    """The file is a sound database that holds what its manifest says. Raises CannotRestore."""
    try:
        with closing(sqlite3.connect(copied, isolation_level=None)) as connection:
            found = _checked(connection)
    except (sqlite3.DatabaseError, Refusal) as problem:
        raise CannotRestore("The database in this archive is damaged.") from problem
    if found != expected:
        raise CannotRestore("The database in this archive does not hold what its list of contents says.")


def _checked(connection: sqlite3.Connection) -> Facts:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Refusal(f"The database is damaged: {verdict}")
    return facts(lambda question: connection.execute(question).fetchall(), SQLITE_TABLES)


def make_whole(database: Path) -> None:
    """All of it stands in its one file. Raises CannotRestore while anybody else has it open."""
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=2, isolation_level=None)) as connection:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "in use"
    except sqlite3.DatabaseError:
        return  # it is not a database any more, which may be why somebody restores
    if mode != "delete":
        raise CannotRestore("Something still works on this database. Stop the portal and every command, then restore.")


def swap(staged: Path, database: Path, kept: Path) -> None:
    """The staged file is the database, by one rename; the one before it is kept in the folder `kept`."""
    if database.exists():
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = kept / database.name
        try:
            os.link(database, before)
        except OSError:  # a file system without links
            shutil.copy2(database, before)
        before.chmod(0o600)
        settle(kept)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            database.with_name(database.name + ending).unlink()
    settle(staged)
    staged.replace(database)
    settle(database.parent)
