"""All that `make check` looks at; every check runs, so that one look shows everything that is wrong.

python -m tests.check [WORD…]      only the checks whose name contains one of the words
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["agents", "reviews", "compliance", "portal"]
LONGEST_FILE, MEDIAN_FILE = 500, 90

PYTHON = [sys.executable, "-m"]
MANAGE = [sys.executable, "manage.py"]
CHECKS: dict[str, list[str]] = {
    "format": [*PYTHON, "ruff", "format", "--check", "--quiet", "."],
    "lint": [*PYTHON, "ruff", "check", "--quiet", "."],
    "imports": [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
    "types": [*PYTHON, "mypy", "."],
    "templates": [*PYTHON, "djlint", "templates", "--lint", "--quiet"],
    "security": [*PYTHON, "bandit", "--quiet", "--recursive", "--configfile", "pyproject.toml", *PACKAGES],
    "django": [*MANAGE, "check", "--fail-level", "WARNING"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "drawn docs": [*MANAGE, "draw_states", "--check"],
}


def main() -> int:
    words = sys.argv[1:]
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MANDATE_DATA_DIR": folder, "PYTHONPATH": str(ROOT)}
        for name, command in CHECKS.items():
            if words and not any(word in name for word in words):
                continue
            started = time.monotonic()
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - started:.0f} s)", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout + done.stderr)
    if not words and not sizes():
        failed.append("file sizes")
    print(f"make check: {'failed: ' + ', '.join(failed) if failed else 'all is well'}")
    return 1 if failed else 0


def sizes() -> bool:
    """Whether the code stays readable in one sitting: no file over 500 lines, half of them under 90."""
    lengths = {
        path: len(path.read_text().splitlines())
        for package in [*PACKAGES, "tests"]
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    }
    written = {path: length for path, length in lengths.items() if length}
    longest = [f"  {path.relative_to(ROOT)}: {length} lines" for path, length in written.items() if length > LONGEST_FILE]
    median = statistics.median(written.values())
    is_well = not longest and median < MEDIAN_FILE
    verdict = "ok    " if is_well else "FAILED"
    print(f"{verdict} file sizes: {len(written)} files, median {median:.0f} lines, longest {max(written.values())}")
    print("\n".join(longest), end="\n" if longest else "")
    return is_well


if __name__ == "__main__":
    sys.exit(main())
