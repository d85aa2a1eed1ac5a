"""The production database: pg_dump and pg_restore as the owner, on one snapshot and in one transaction.

The address and the password reach PostgreSQL's programs through the environment, never on a command line.
"""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import conninfo, pq

from agents.audit.errors import Refusal
from portal.backup.facts import POSTGRESQL_TABLES, facts
from portal.backup.manifest import CannotRestore, Facts
from portal.bootstrap import program

CHUNK = 1024 * 1024
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)
# Everything of ours goes in the transaction in which the backup comes; the schema and what others put there stay.
EMPTY = """SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;
DO $body$
DECLARE it record;
BEGIN
    FOR it IN SELECT c.oid::regclass AS name, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(c.relowner, 'USAGE')
        AND NOT c.relispartition LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE',
            CASE it.kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, it.name);
    END LOOP;
    FOR it IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'S' AND pg_has_role(c.relowner, 'USAGE') LOOP
        EXECUTE format('DROP SEQUENCE IF EXISTS %s CASCADE', it.name);
    END LOOP;
    FOR it IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prokind IN ('f', 'p') AND pg_has_role(p.proowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', it.name);
    END LOOP;
END $body$;
"""


def copy(url: str, target: Path) -> Facts:
    """The dump is the database as it was at one moment. url: of the owner role."""
    with _connected(url) as owner:
        owner.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = owner.execute("SELECT pg_export_snapshot()").fetchone()
        found = facts(lambda question: owner.execute(question.encode()).fetchall(), POSTGRESQL_TABLES)
        options = ["--format=custom", "--no-owner", "--no-privileges", "--schema=public", f"--file={target}"]
        _run([_tool("pg_dump"), *options, f"--snapshot={snapshot[0] if snapshot else ''}"], url)
    return found


def refuse_in_use(url: str) -> None:
    """Raises CannotRestore while others have sessions on the database."""
    with _connected(url) as owner:
        row = owner.execute(OTHERS).fetchone()
    if row and row[0]:
        raise CannotRestore(
            f"The database has {row[0]} other sessions. Stop every web process, worker and beat (and the pooler), then restore."
        )


def load(url: str, dump: Path, expected: Facts, rights: Sequence[str]) -> None:
    """The database holds exactly what was dumped; one transaction, so otherwise it holds what it held before.

    rights: statements that let the app role work with it again, in the same transaction.
    """
    counted = "".join(
        f'DO $body$ BEGIN IF (SELECT count(*) FROM public."{table}") <> {count} THEN'  # noqa: S608
        f" RAISE EXCEPTION 'the table {table} does not hold {count} rows'; END IF; END $body$;\n"
        for table, count in expected.rows.items()  # names and numbers that the manifest's reader let through
    )
    counted += "".join(f"{statement};\n" for statement in rights)
    reading = [_tool("pg_restore"), "--no-owner", "--no-privileges", "--schema=public", "--exit-on-error", "--file=-", str(dump)]
    writing = [_tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    with tempfile.TemporaryFile() as said:
        psql = subprocess.Popen(  # noqa: S603
            writing, env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        )
        restore = subprocess.Popen(reading, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)  # noqa: S603
        try:
            is_whole = _pour(restore, psql, b"BEGIN;\n" + EMPTY.encode(), counted.encode())
        finally:
            restore.kill()
            restore.wait()
            if psql.stdin:
                psql.stdin.close()  # without COMMIT before it, the server takes everything back
            code = psql.wait()
        if code or not is_whole:
            said.seek(0)
            words = said.read(2_000).decode(errors="replace").strip()
            raise CannotRestore(f"PostgreSQL did not take the backup, and the database is as it was. It said: {words}")


def _pour(restore: "subprocess.Popen[bytes]", psql: "subprocess.Popen[bytes]", first: bytes, last: bytes) -> bool:
    """Whether all of it was handed over, COMMIT included."""
    if restore.stdout is None or psql.stdin is None:
        return False
    try:
        psql.stdin.write(first)
        while chunk := restore.stdout.read(CHUNK):
            psql.stdin.write(chunk)
        if restore.wait():
            return False
        psql.stdin.write(b"\n" + last + b"COMMIT;\n")
        psql.stdin.flush()
    except BrokenPipeError:  # psql met an error and ended
        return False
    return True


def _connected(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as problem:
        raise Refusal(f"The database does not answer: {problem}") from problem


def _run(command: list[str], url: str) -> None:
    done = subprocess.run(command, check=False, env=_environment(url), capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise Refusal(f"{Path(command[0]).name} failed: {done.stderr.strip()[:4_000]}")


def _environment(url: str) -> dict[str, str]:
    """What PostgreSQL's programs read instead of a command line."""
    names = {each.keyword.decode(): each.envvar.decode() for each in pq.Conninfo.get_defaults() if each.envvar}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**clean, **{names[key]: str(value) for key, value in conninfo.conninfo_to_dict(url).items() if key in names}}


def _tool(name: str) -> str:
    path = program(name)
    if path is None:
        raise Refusal(f"{name} is not installed here; it comes with PostgreSQL's client programs (postgresql-client).")
    return path
