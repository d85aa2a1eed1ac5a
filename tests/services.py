"""A PostgreSQL and a Redis of the tests' own: own folder, own ports, gone afterwards.

    python -m tests.services run [--or-skip] -- COMMAND…   starts both, runs the command with their addresses, stops both
    python -m tests.services start FOLDER                  starts both and prints the variables to export
    python -m tests.services stop FOLDER

Where the servers are not installed a line says what is not covered; in CI that is an error.
"""

import argparse
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from portal.bootstrap import program

OWNER, APP = "mandate_owner", "mandate_app"
OWNER_VARIABLE, APP_VARIABLE, REDIS_VARIABLE = "TEST_DATABASE_OWNER_URL", "TEST_DATABASE_URL", "TEST_REDIS_URL"
SUPERUSER_VARIABLE = "TEST_DATABASE_SUPERUSER_URL"  # makes and drops databases, and attacks the trail in its tests
# The tests' data may be lost in a power cut, so it is not worth a disk flush for each commit; a bench (--durable) pays for it.
POSTGRESQL_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
}


def missing() -> list[str]:
    """Debian's names of the servers that are not on this machine."""
    wanted = {"postgresql": program("postgres"), "redis-server": program("redis-server") or program("valkey-server")}
    return [package for package, path in wanted.items() if path is None]


DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_wal_size": "4GB"}


def start(folder: Path, *, durable: bool = False) -> dict[str, str]:
    """Both run; the variables that tell the tests where. durable: PostgreSQL keeps what it says, as in production."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the postgres user must get through
    port = _start_postgresql(folder / "postgresql", POSTGRESQL_OPTIONS | (DURABLE if durable else {}))
    redis_port = _start_redis(folder / "redis")
    return {
        OWNER_VARIABLE: f"postgres://{OWNER}@127.0.0.1:{port}/postgres",
        APP_VARIABLE: f"postgres://{APP}@127.0.0.1:{port}/postgres",
        SUPERUSER_VARIABLE: f"postgres://postgres@127.0.0.1:{port}/postgres",
        REDIS_VARIABLE: f"redis://127.0.0.1:{redis_port}/0",
    }


def stop(folder: Path) -> None:
    """Neither runs, and their data is gone."""
    data = folder / "postgresql"
    if (data / "postmaster.pid").exists():
        _as_postgres([_binary("pg_ctl"), "stop", "--pgdata", str(data), "--mode", "immediate", "--silent"])
    pid_file = folder / "redis" / "redis.pid"
    if pid_file.exists():
        _end(int(pid_file.read_text()))
    shutil.rmtree(folder, ignore_errors=True)


def _start_postgresql(data: Path, wanted: dict[str, str]) -> int:
    port = free_port()
    data.mkdir()
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)
    _as_postgres([_binary("initdb"), "--pgdata", str(data), "--auth", "trust", "--username", "postgres", "--encoding", "UTF8"])
    options = {**wanted, "port": str(port), "unix_socket_directories": str(data)}
    flags = " ".join(f"-c {name}={value}" for name, value in options.items())
    log = str(data / "server.log")
    _as_postgres([_binary("pg_ctl"), "start", "--pgdata", str(data), "--wait", "--silent", "--log", log, "--options", flags])
    address = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        connection.execute(f"CREATE ROLE {APP} LOGIN")
    return port


def _start_redis(folder: Path) -> int:
    port = free_port()
    folder.mkdir()
    server = program("redis-server") or program("valkey-server")
    pid_file = folder / "redis.pid"
    command = [str(server), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"]
    command += ["--save", "", "--daemonize", "yes", "--pidfile", str(pid_file), "--logfile", str(folder / "server.log")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for _attempt in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0 and pid_file.exists():
                return port
        time.sleep(0.1)
    raise RuntimeError(f"Redis did not start; see {folder / 'server.log'}")


def _binary(name: str) -> str:
    path = program(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path


def _as_postgres(command: list[str]) -> None:
    """PostgreSQL refuses to run as root, so root runs it as the user that Debian made for it."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")


def _end(pid: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for _attempt in range(50):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(command: list[str], *, or_skip: bool, durable: bool = False) -> int:
    """The command's exit code, with both servers there for as long as it ran."""
    lacking = missing()
    if lacking:
        print(f"Not covered here: PostgreSQL and Redis. To cover them install {' and '.join(lacking)}.", file=sys.stderr)
        if os.environ.get("CI") == "true":
            return 1
        return 0 if or_skip else subprocess.run(command, check=False).returncode
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="mandate-services-"))
    try:
        return subprocess.run(command, check=False, env={**os.environ, **start(folder, durable=durable)}).returncode
    finally:
        stop(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("--or-skip", action="store_true", help="without the servers, skip the command")
    running.add_argument("--durable", action="store_true", help="flush every commit to the disk, as in production")
    running.add_argument("command", nargs=argparse.REMAINDER)
    for name in ("start", "stop"):
        verbs.add_parser(name).add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.verb == "run":
        command = given.command[1:] if given.command[:1] == ["--"] else given.command
        return run(command, or_skip=given.or_skip, durable=given.durable)
    if given.verb == "stop":
        stop(given.folder.absolute())
    else:
        for name, value in start(given.folder.absolute()).items():
            print(f"export {name}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
