"""Reads a list of agents as CSV: the registry's eleven fields, and a few more if one likes.

Columns, in any order: agent name, human owner, technical owner (e-mail addresses), model or platform, business purpose,
connected systems, permissions, data classes, environment, region, risk level. Optional: kind (else AI agent), legal entity, id
(what the list calls it, if its name may change). Several systems, permissions and data classes are separated by `;`.

A permission is `System: permission [verb]`. The system may be left out when the row names one only; the verb (read, write,
export, delete, pay, configure, manage identities, administer) when the permission begins with it or is in the catalogue already.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import IO, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from agents.connectors.discovered import DiscoveredAccess, DiscoveredIdentity, DiscoveredSystem, Misread, Reading
from agents.intake.csv_files import Columns, Row
from agents.intake.csv_files import read as read_rows
from agents.intake.errors import Unreadable
from agents.intake.names import clean_name, clean_text, slug
from agents.intake.reports import Fault
from agents.intake.secret_detection import find
from agents.registry.choices import AgentKind, DataClass, Environment, Tier, VerbClass

FORMAT = "csv"
SOURCE = "csv"
NAME, OWNER, TECHNICAL, PLATFORM, PURPOSE = (
    "agent name",
    "human owner",
    "technical owner",
    "model or platform",
    "business purpose",
)
SYSTEMS, PERMISSIONS, CLASSES = "connected systems", "permissions", "data classes"
ENVIRONMENT, REGION, TIER = "environment", "region", "risk level"
KIND, ENTITY, ID = "kind", "legal entity", "id"
COLUMNS = Columns(
    required=(NAME, OWNER, TECHNICAL, PLATFORM, PURPOSE, SYSTEMS, PERMISSIONS, CLASSES, ENVIRONMENT, REGION, TIER),
    optional=(KIND, ENTITY, ID),
)
FIELDS = {
    "name": NAME,
    "human_owner": OWNER,
    "technical_owner": TECHNICAL,
    "platform": PLATFORM,
    "purpose": PURPOSE,
    "systems": SYSTEMS,
    "access": PERMISSIONS,
    "data_classes": CLASSES,
    "environment": ENVIRONMENT,
    "region": REGION,
    "declared_tier": TIER,
    "kind": KIND,
    "legal_entity": ENTITY,
}
MOST_PARTS = 200  # of one cell
PERMISSION = re.compile(r"(?:(?P<system>[^:\[\]]{1,120}):\s+)?(?P<name>[^\[\]]{1,200}?)\s*(?:\[(?P<verb>[^\[\]]{1,40})\])?")

E = TypeVar("E", bound=Enum)


def read(stream: IO[bytes]) -> Iterator[Reading]:
    """Every row of the file: taken in, or misread with its faults. Raises Unreadable when the header or the file is wrong."""
    seen: dict[str, int] = {}
    for row in read_rows(stream, COLUMNS):
        if isinstance(row, Fault):
            yield Misread(row.row, (row,))
            continue
        line = _Line(row)
        identity = line.identity()
        if not line.faults and (first := seen.setdefault(identity.native_id, row.number)) != row.number:
            line.fault(NAME, _("This is the same agent as in row %(row)d.") % {"row": first})
        yield Misread(row.number, tuple(line.faults)) if line.faults else identity


class _Line:
    """One row, field by field; what is wrong is collected, so that a person can mend all of it at once."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.faults: list[Fault] = []

    def fault(self, column: str, sentence: str) -> None:
        self.faults.append(Fault(self._row.number, column, sentence))

    def identity(self) -> DiscoveredIdentity:
        name = self._cell(NAME, clean_name)
        if not name:
            self._missing(NAME)
        environment = self._choice(ENVIRONMENT, Environment)
        if not environment and not self._row.cells[ENVIRONMENT]:
            self._missing(ENVIRONMENT)
        systems = tuple(dict.fromkeys(DiscoveredSystem(each) for each in self._parts(SYSTEMS)))
        classes = tuple(
            dict.fromkeys(str(value) for each in self._parts(CLASSES) if (value := self._one(CLASSES, DataClass, each)))
        )
        return DiscoveredIdentity(
            row=self._row.number,
            source=SOURCE,
            native_id=self._cell(ID, clean_name) or f"{slug(name)}@{environment}",
            name=name,
            kind=self._choice(KIND, AgentKind) or AgentKind.AI_AGENT,
            environment=environment,
            platform=self._cell(PLATFORM, clean_name),
            purpose=self._cell(PURPOSE, lambda raw: clean_text(raw, max_length=1000)),
            region=self._cell(REGION, lambda raw: clean_name(raw, max_length=60)),
            data_classes=classes,
            declared_tier=self._choice(TIER, Tier),
            human_owner=self._email(OWNER),
            technical_owner=self._email(TECHNICAL),
            legal_entity=self._cell(ENTITY, clean_name),
            systems=systems,
            access=tuple(self._access(systems)),
            facts={column: text for column, text in self._row.cells.items() if text},
            columns=FIELDS,
        )

    def _cell(self, column: str, clean: Callable[[str], str]) -> str:
        raw = self._row.cells.get(column, "")
        if suspicion := find(raw):
            self.fault(column, suspicion.sentence)
            return ""
        try:
            return clean(raw)
        except Unreadable as problem:
            self.fault(column, problem.sentence)
            return ""

    def _missing(self, column: str) -> None:
        if not any(fault.column == column for fault in self.faults):
            self.fault(column, _("Fill this in."))

    def _email(self, column: str) -> str:
        email = self._cell(column, clean_name).lower()
        try:
            if email:
                validate_email(email)
        except ValidationError:
            self.fault(column, _("“%(text)s” is no e-mail address.") % {"text": email[:60]})
            return ""
        return email

    def _parts(self, column: str) -> list[str]:
        parts = [part for part in (piece.strip() for piece in self._cell(column, str).split(";")) if part]
        if len(parts) > MOST_PARTS:
            self.fault(column, _("At most %(most)d of these in one cell.") % {"most": MOST_PARTS})
            return []
        try:
            return [clean_name(part, max_length=200 if column == PERMISSIONS else 120) for part in parts]
        except Unreadable as problem:
            self.fault(column, problem.sentence)
            return []

    def _choice(self, column: str, choices: type[E]) -> E | None:
        text = self._cell(column, clean_name)
        return self._one(column, choices, text) if text else None

    def _one(self, column: str, choices: type[E], text: str) -> E | None:
        """The choice by its value or its words, without case."""
        for choice in choices:
            if _key(text) in (_key(str(choice.value)), _key(str(getattr(choice, "label", "")))):
                return choice
        words = ", ".join(str(choice.value) for choice in choices)
        self.fault(column, _("“%(text)s” is none of: %(choices)s.") % {"text": text[:60], "choices": words})
        return None

    def _access(self, systems: tuple[DiscoveredSystem, ...]) -> Iterator[DiscoveredAccess]:
        by_name = {system.name.casefold(): system for system in systems}
        for part in self._parts(PERMISSIONS):
            found = PERMISSION.fullmatch(part)
            if not found:
                self.fault(PERMISSIONS, _("Write “%(part)s” as “System: permission [verb]”.") % {"part": part[:60]})
                continue
            system = by_name.get((found["system"] or "").strip().casefold())
            name = found["name"]
            if system is None and len(systems) == 1:
                system = systems[0]
                name = part.partition("[")[0].strip()
            if system is None:
                self.fault(
                    PERMISSIONS, _("Say which of the row's systems “%(part)s” is on: “System: permission”.") % {"part": part[:60]}
                )
                continue
            verb = self._one(PERMISSIONS, VerbClass, found["verb"]) if found["verb"] else _verb_in_front(name)
            yield DiscoveredAccess(system=system, name=name, verb_class=verb)


def _verb_in_front(name: str) -> VerbClass | None:
    key = _key(name)
    return next((verb for verb in VerbClass if key == verb.value or key.startswith(f"{verb.value}_")), None)


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
