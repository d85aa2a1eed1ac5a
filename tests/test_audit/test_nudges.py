"""Nudges name tasks that exist (ADR 3)."""

import re
from pathlib import Path

from portal.celery import app

ROOT = Path(__file__).resolve().parents[2]


def nudged_names() -> set[str]:
    sources = [path for package in ("agents", "reviews", "compliance", "portal") for path in (ROOT / package).rglob("*.py")]
    return {name for path in sources for name in re.findall(r'\bnudge\(\s*"([^"]+)"', path.read_text())}


def test_every_nudged_name_is_a_registered_task() -> None:
    app.loader.import_default_modules()
    assert nudged_names() <= set(app.tasks)
    assert "audit.react" in nudged_names()
