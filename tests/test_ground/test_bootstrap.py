"""The set-up, as far as it can be tried without a second machine; `tests/soak/test_fresh_clone.py` does it for real."""

import ast
import hashlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

from portal import bootstrap
from tests.database import ROOT


def test_set_up_needs_only_the_standard_library() -> None:
    tree = ast.parse((ROOT / "portal" / "bootstrap.py").read_text())
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


def test_environment_that_holds_the_lock_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    content = (ROOT / "requirements.lock").read_bytes() + bootstrap.environment_version().encode()
    (tmp_path / "installed-requirements").write_text(hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(bootstrap, "installers", lambda lock: pytest.fail("it installed again"))
    bootstrap.install_packages("run")


def test_machine_without_any_installer_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path / "none")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(bootstrap, "has_module", lambda python, name: False)
    with pytest.raises(SystemExit) as end:
        bootstrap.make_environment()
    assert end.value.code == 1
    assert "sudo apt-get install python3-venv" in capsys.readouterr().err


def test_machine_without_pango_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bootstrap, "loads", lambda names: False)
    monkeypatch.setattr(bootstrap, "apt_may_install", lambda: False)
    with pytest.raises(SystemExit):
        bootstrap.install_libraries()
    assert "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_carry_hashes_and_no_addresses(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert "--index-url" not in lock
    wanted = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert wanted
    assert all("--hash=sha256:" in package for package in wanted)


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        assert re.search(rf'"{re.escape(dependency)}",\s+# \S', text), dependency
