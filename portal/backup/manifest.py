"""What an archive says about itself; its last member, so that an archive without one was cut off."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from agents.audit.errors import Refusal
from agents.intake import strict_json
from agents.intake.errors import TooLarge, Unreadable

NAME = "manifest.json"
FORMAT = 1
LARGEST = 256 * 1024 * 1024  # bytes; a member takes about 150
DIGEST = re.compile(r"[0-9a-f]{64}")
TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")


class CannotRestore(Refusal):
    """The archive is not put back; nothing was touched."""


@dataclass(frozen=True)
class Member:
    """One file of the archive. size: bytes; sha256: of its content, in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Facts:
    """What the database held. checkpoint: epoch, size and root of the newest one; rows: of each table."""

    trail_size: int
    checkpoint: dict[str, Any] | None
    rows: dict[str, int]
    migrations: list[list[str]]  # app and name of each one applied


@dataclass(frozen=True)
class Manifest:
    """topology: sqlite or postgresql; created_at: ISO 8601, UTC."""

    format: int
    version: str
    topology: str
    created_at: str
    facts: Facts
    members: list[Member]

    def spell(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n"

    @property
    def taken_at(self) -> datetime:
        return datetime.fromisoformat(self.created_at)


def parse(raw: bytes) -> Manifest:
    """Raises CannotRestore for anything a backup would not have written."""
    try:
        said = strict_json.loads(raw, max_bytes=LARGEST)
        if said["format"] > FORMAT:
            raise CannotRestore("This backup was taken by a newer Mandate. Install that version first, then restore.")
        found = Manifest(
            format=said["format"],
            version=str(said["version"]),
            topology=str(said["topology"]),
            created_at=str(said["created_at"]),
            facts=Facts(**said["facts"]),
            members=[Member(**each) for each in said["members"]],
        )
        sound = (
            found.taken_at.tzinfo is not None
            and all(DIGEST.fullmatch(member.sha256) and member.size >= 0 for member in found.members)
            and all(TABLE.fullmatch(table) and count >= 0 for table, count in found.facts.rows.items())
            and all(len(migration) == 2 for migration in found.facts.migrations)
        )
    except (Unreadable, TooLarge, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise CannotRestore("The list of contents in this archive cannot be read; it is damaged or not a backup.") from problem
    if not sound:
        raise CannotRestore("The list of contents in this archive says impossible things; it is damaged.")
    return found
