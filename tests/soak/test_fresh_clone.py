"""What a newcomer does: clone, `make run`, look, stop, `make run` again."""

import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from agents.people.choices import Role
from tests.database import ROOT
from tests.serving import left_of, serving

pytestmark = [pytest.mark.soak, pytest.mark.sqlite]
FIVE_MINUTES = 300
NOTHING_OF_OURS = {"MANDATE_DATA_DIR": "", "DJANGO_SETTINGS_MODULE": "", "VIRTUAL_ENV": "", "PYTHONPATH": ""}


def test_clone_runs_within_five_minutes_and_again_within_seconds(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    with serving(NOTHING_OF_OURS, tmp_path, "make", "run", checkout=clone) as first:
        took = first.wait_until_healthy(FIVE_MINUTES)
        shown = first.output
        assert f"Mandate: {first.url}/" in shown
        assert "mandate-demo" in shown
        sign_ins = set(re.findall(r"[\w.]+@meridian\.example", shown))
        assert len(sign_ins) == len(Role)
        assert '"level": "error"' not in shown, shown
        below = first.below()
    assert left_of(below, 30) == []
    kept = (clone / "var" / "secret_key").read_text()

    with serving(NOTHING_OF_OURS, tmp_path, "make", "run", checkout=clone) as second:
        again = second.wait_until_healthy()
        assert "The demo organisation stands" not in second.output
        assert set(re.findall(r"[\w.]+@meridian\.example", second.output)) == sign_ins
    assert (clone / "var" / "secret_key").read_text() == kept
    print(f"\nfirst start {took:.0f} s, second {again:.0f} s")

    bare = {**NOTHING_OF_OURS, "MANDATE_DEMO": "0", "MANDATE_DATA_DIR": str(tmp_path / "bare")}
    with serving(bare, tmp_path, "make", "run", checkout=clone) as empty:
        empty.wait_until_healthy()
        assert "@meridian.example" not in empty.output
        with urllib.request.urlopen(empty.url, timeout=20) as page:
            assert page.status == 200
            assert page.url == f"{empty.url}/start/"
