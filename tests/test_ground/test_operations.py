"""What docs/operations.md tells an operator to type exists, and nothing an operator can set is left out."""

import re
from pathlib import Path

from django.core.management import get_commands, load_command_class

from tests.database import ROOT

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
READ = re.compile(r"""(?:env\.\w+|environ\.get|_flag|_port)\((?:env, )?"([A-Z][A-Z_]+)\"""")
NAMED = re.compile(r"`((?:MANDATE|DATABASE|REDIS|EMAIL|DEMO)_[A-Z_]+|PORT)`")


def variables() -> set[str]:
    """What the code reads from the environment, tests and process internals aside."""
    sources = [*(ROOT / "portal").glob("*.py"), ROOT / "portal" / "serving" / "child.py"]
    found = {name for path in sources for name in READ.findall(path.read_text())}
    return found - {"CI", "DJANGO_SETTINGS_MODULE"}


def test_every_command_that_the_docs_name_exists() -> None:
    commands = get_commands()
    for path in DOCS:
        for name in set(re.findall(r"manage\.py ([a-z_]+)", path.read_text())) - {"help"}:
            assert name in commands, f"{path.name} names manage.py {name}"


def test_every_option_that_the_docs_name_exists() -> None:
    commands = get_commands()
    for name, line in re.findall(r"manage\.py ([a-z_]+)((?: [^`\n]*)?)", OPERATIONS):
        if name == "help":
            continue
        parser = load_command_class(str(commands[name]), name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", line)) <= known, (name, line)


def test_every_variable_that_the_docs_name_is_read_and_every_one_read_is_named() -> None:
    assert set(NAMED.findall(OPERATIONS)) == variables()


def test_every_address_and_file_that_the_docs_name_exists() -> None:
    for path in DOCS:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            if not target.startswith("http"):
                assert (path.parent / Path(target)).exists(), (path.name, target)


def test_metrics_that_are_alarmed_on_are_there() -> None:
    told = (ROOT / "portal" / "metrics.py").read_text()
    for name in set(re.findall(r"`?(mandate_[a-z_]+)(?: [>=]|\{)", OPERATIONS)):
        assert f'"{name}"' in told, name
