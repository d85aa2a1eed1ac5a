"""Settings come from the environment; what is wrong is told all at once, and production refuses what is unsafe."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.configuration import Misconfigured, read
from tests.database import ROOT

FIT = {
    "MANDATE_MODE": "production",
    "MANDATE_SECRET_KEY": "k" * 20 + "9" * 20,
    "DATABASE_URL": "postgres://app@127.0.0.1/mandate",
    "DATABASE_OWNER_URL": "postgres://owner@127.0.0.1/mandate",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "MANDATE_HOSTS": "mandate.example.org",
    "MANDATE_BASE_URL": "https://mandate.example.org",
}


def told(environment: pytest.MonkeyPatch, folder: Path, **variables: str) -> list[str]:
    """The variables that a start with these, and no other of ours, complains about."""
    for name in list(os.environ):
        if name.startswith(("MANDATE_", "DATABASE_", "REDIS_")):
            environment.delenv(name)
    environment.setenv("MANDATE_DATA_DIR", str(folder))
    for name, value in variables.items():
        environment.setenv(name, value)
    try:
        read()
    except Misconfigured as misconfigured:
        return sorted(problem.split()[0] for problem in misconfigured.problems)
    return []


def start(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a process says that runs this code, or this manage.py command, with these variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MANDATE_", "DATABASE_", "REDIS_"))}
    environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "MANDATE_DATA_DIR": str(folder), **variables}
    command = ["manage.py", code] if code.isalpha() else ["-c", code]
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_every_mistake_is_told_at_once_and_nothing_else(tmp_path: Path) -> None:
    done = start(
        tmp_path,
        "serve",
        MANDATE_MODE="cloud",
        MANDATE_DEBUG="maybe",
        PORT="http",
        DATABASE_URL="mysql://x",
        MANDATE_BASE_URL="ftp://x",
    )
    first, *problems = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert first == "Mandate cannot start. Mend these environment variables:"
    assert sorted(problem.split()[1] for problem in problems) == [
        "DATABASE_URL",
        "MANDATE_BASE_URL",
        "MANDATE_DEBUG",
        "MANDATE_MODE",
        "PORT",
    ]


def test_production_says_all_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, tmp_path, MANDATE_MODE="production") == [
        "DATABASE_OWNER_URL",
        "DATABASE_URL",
        "MANDATE_BASE_URL",
        "MANDATE_HOSTS",
        "MANDATE_SECRET_KEY",
        "REDIS_URL",
    ]


def test_production_starts_when_all_is_fit(tmp_path: Path) -> None:
    done = start(tmp_path, "from django.conf import settings; print(settings.SECRET_KEY)", **FIT)
    assert (done.returncode, done.stdout.strip()) == (0, FIT["MANDATE_SECRET_KEY"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MANDATE_DEBUG", "1"),
        ("MANDATE_DEMO", "1"),
        ("MANDATE_SECRET_KEY", "short"),
        ("MANDATE_SECRET_KEY", ""),
        ("MANDATE_BASE_URL", "http://mandate.example.org"),
        ("MANDATE_HOSTS", ""),
        ("REDIS_URL", ""),
        ("DATABASE_URL", ""),
        ("DATABASE_OWNER_URL", ""),
        ("DATABASE_URL", FIT["DATABASE_OWNER_URL"]),
    ],
)
def test_production_refuses(variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, tmp_path, **{**FIT, variable: value}) == [variable]


@pytest.mark.postgresql  # its client library is what the pure-Python psycopg needs to load at all
def test_production_refuses_the_pure_python_psycopg(tmp_path: Path) -> None:
    done = start(tmp_path, "from portal.configuration import read; read()", **FIT, PSYCOPG_IMPL="python")
    assert done.returncode == 1
    assert "The pure-Python psycopg is installed" in done.stderr


def test_embedded_makes_one_secret_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    code = "from portal.configuration import read; print(read().secret_key)"
    with ThreadPoolExecutor(3) as pool:
        keys = {done.stdout.strip() for done in pool.map(lambda _: start(tmp_path, code), range(3))}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("secret_key.*"))
