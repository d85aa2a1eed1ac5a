"""Checks an exported trail:  python verify.pyz trail.sqlite3 --keys keys.txt [--checkpoints FOLDER]
or the proof of one event:   python verify.pyz event-17.json --keys keys.txt

Exit code 0: the trail is whole. 1: it is not, and each problem says where. 2: the files could not be read.
"""

import argparse
import sqlite3
import sys
from pathlib import Path

from agents.audit.verifier.check import verify
from agents.audit.verifier.folder import keys_of, notes_of
from agents.audit.verifier.note import BadNote
from agents.audit.verifier.proof import why_not_proved
from agents.audit.verifier.source import of_sqlite


def main() -> None:
    """For verify.pyz, which calls a function and not a module."""
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trail", type=Path, help="the SQLite file of an export or an embedded portal, or the proof of one event")
    parser.add_argument("--keys", type=Path, required=True, help="the public keys you trust, one a line (keys.txt)")
    parser.add_argument("--checkpoints", type=Path, help="a folder of checkpoints that were kept elsewhere")
    parser.add_argument("--origin", default="", help="the trail's name; any when left out")
    given = parser.parse_args(arguments)
    try:
        keys = keys_of(given.keys)
        if given.trail.suffix == ".json":
            return _tell_of_proof(why_not_proved(given.trail.read_text(encoding="utf-8"), keys, given.origin))
        outside = list(notes_of(given.checkpoints)) if given.checkpoints else []
        report = verify(of_sqlite(given.trail), keys=keys, origin=given.origin, outside=outside)
    except (OSError, BadNote, sqlite3.Error, ValueError) as problem:
        print(f"Could not read it: {problem}", file=sys.stderr)
        return 2
    print("\n".join(report.lines()))
    return 0 if report.is_well else 1


def _tell_of_proof(wrong: str) -> int:
    print(f"PROBLEM: {wrong}" if wrong else "The event stands in the signed trail, as it is told here.")
    return 1 if wrong else 0


if __name__ == "__main__":
    main()
