"""Sets up what a fresh machine lacks, before any package is there: environment, packages, system libraries.

Run as a file, with nothing but the standard library:  python3 -I portal/bootstrap.py run|check|test
Twice does nothing: a stamp in the environment remembers the lock that was installed.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST = (3, 11)
LOCKS = {"run": "requirements.lock", "check": "requirements-dev.lock", "test": "requirements-dev.lock"}

# What WeasyPrint loads to write a PDF, under the names Linux and macOS know.
LIBRARIES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "libpango-1.0.0.dylib"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.0.dylib"),
    "libharfbuzz-subset0": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
}
LIBRARY_FOLDERS = ("", "/opt/homebrew/lib/", "/usr/local/lib/")
# What the tests use beside Python: Debian's package, and the programs that show it is there.
PROGRAMS = {
    "postgresql": ("postgres", "initdb"),
    "redis-server": ("redis-server", "valkey-server"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "faketime": ("faketime",),
}


def main() -> None:
    """The machine can run the named target, or a sentence says what a person must install."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=LOCKS)
    target = parser.parse_args().target
    use_new_enough_python()
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once set up one after the other
        install_packages(target)
        install_libraries()
        if target == "test":
            install_programs()


def use_new_enough_python() -> None:
    """This process runs on Python 3.11 or newer, if the machine has one."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(15, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, "-I", *sys.argv])  # noqa: S606
    give_up(
        f"Mandate needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
        "Install it, or name the one you have: make PYTHON=python3.12 run"
    )


def install_packages(target: str) -> None:
    """`.venv` holds exactly the packages of the target's lock, each checked against its hash."""
    lock = ROOT / LOCKS[target]
    stamp = ENVIRONMENT / f"installed-{lock.stem}"
    wanted = hashlib.sha256(lock.read_bytes() + environment_version().encode()).hexdigest()
    if environment_version() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not environment_version():
        say("Making the Python environment .venv")
        make_environment()
    say(f"Installing the packages of {lock.name} (a minute or two, the first time only)")
    if not any(runs(command) for command in installers(lock)):
        give_up("The packages could not be installed; the lines above say why. Is the package index reachable?")
    for name in LOCKS.values():
        path = ROOT / name
        if path == lock or target != "run":  # the developers' lock holds the other one's packages too
            content = path.read_bytes() + environment_version().encode()
            (ENVIRONMENT / f"installed-{path.stem}").write_text(hashlib.sha256(content).hexdigest())


def environment_version() -> str:
    """The version of the environment's Python; empty when there is no environment that works."""
    if not PYTHON.exists():
        return ""
    command = [str(PYTHON), "-I", "-c", "import sys; print(sys.version)"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return answer.stdout.strip() if answer.returncode == 0 else ""


def make_environment() -> None:
    """`.venv` is made afresh, by the first way that this machine offers."""
    fresh = [sys.executable, "-I", "-m", "venv", "--clear"]
    if importlib.util.find_spec("ensurepip") and runs([*fresh, str(ENVIRONMENT)]):
        return
    uv = shutil.which("uv")
    if uv and runs([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)]):
        return
    if system_pip() and runs([*fresh, "--without-pip", str(ENVIRONMENT)]):
        return
    debian = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if apt_may_install() and (apt_install(debian) or apt_install("python3-venv")) and runs([*fresh, str(ENVIRONMENT)]):
        return
    give_up(
        f"This Python ({sys.executable}) cannot make an environment: it has neither ensurepip nor pip.\n"
        "Install one of them, then start again: on Debian or Ubuntu `sudo apt-get install python3-venv`, elsewhere pip or uv."
    )


def installers(lock: Path) -> list[list[str]]:
    """The commands that could install the lock, best first."""
    wanted = ["--require-hashes", "--requirement", str(lock)]
    quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input", *wanted]
    found = []
    if shutil.which("uv"):
        found.append(["uv", "pip", "install", "--quiet", "--python", str(PYTHON), *wanted])
    if has_module(PYTHON, "pip"):
        found.append([str(PYTHON), "-m", "pip", *quiet])
    elif system_pip():
        found.append([*system_pip(), "--python", str(PYTHON), *quiet])
    elif has_module(PYTHON, "ensurepip"):
        runs([str(PYTHON), "-I", "-m", "ensurepip"])
        found.append([str(PYTHON), "-m", "pip", *quiet])
    return found


def system_pip() -> list[str]:
    """The command of a pip outside the environment; empty when there is none."""
    if has_module(Path(sys.executable), "pip"):
        return [sys.executable, "-m", "pip"]
    pip = shutil.which("pip3") or shutil.which("pip")
    return [pip] if pip else []


def has_module(python: Path, name: str) -> bool:
    """Whether that Python could import the module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    return subprocess.run([str(python), "-I", "-c", code], capture_output=True, check=False).returncode == 0  # noqa: S603


def install_libraries() -> None:
    """The libraries behind the PDFs can be loaded."""
    missing = [package for package, names in LIBRARIES.items() if not loads(names)]
    if not missing or (apt_may_install() and apt_install(*missing)):
        return
    give_up(
        "Mandate writes its evidence packs with Pango and HarfBuzz, which this machine lacks. Install them, then start again:\n"
        f"  Debian, Ubuntu: sudo apt-get install {' '.join(missing)}\n"
        "  Fedora: sudo dnf install pango   Arch: sudo pacman -S pango   Alpine: apk add pango   macOS: brew install pango"
    )


def loads(names: tuple[str, ...]) -> bool:
    """Whether one of these shared libraries can be loaded."""
    for name in names:
        for folder in LIBRARY_FOLDERS:
            try:
                ctypes.CDLL(folder + name)
            except OSError:
                continue
            return True
    return False


def install_programs() -> None:
    """The databases and the browser of the tests are there, or a line says which are not."""
    missing = [package for package, names in PROGRAMS.items() if not any(program(name) for name in names)]
    if not missing or (apt_may_install() and apt_install(*missing)):
        return
    if os.environ.get("CI") == "true":
        give_up(f"In CI every test must run; not installed: {', '.join(missing)}.")
    say(f"To run every test, install {', '.join(missing)} (Debian's names); the others run without.")


def program(name: str) -> str | None:
    """Where a program is; Debian keeps PostgreSQL's servers beside PATH."""
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(beside[-1]) if beside else None)


def apt_may_install() -> bool:
    """Whether this is Debian or a child of it, and we may install packages."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> bool:
    """The Debian packages are installed; false when apt could not, and then its words are shown."""
    say(f"Installing with apt-get: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", *packages]
    words = ""
    for command in (install, ["apt-get", "update", "--quiet=2"], install):
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)  # noqa: S603
        if done.returncode == 0 and command is install:
            return True
        words += done.stdout + done.stderr
    say(words)
    return False


def runs(command: list[str]) -> bool:
    """Whether the command ended well; what it prints is shown."""
    return subprocess.run(command, check=False, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0  # noqa: S603


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def give_up(line: str) -> None:
    """Ends the set-up with a sentence for the person."""
    say(line)
    sys.exit(1)


if __name__ == "__main__":
    main()
