"""Reads people from CSV. Nothing is stored here; `actions/imports.py` does that.

Columns, in any order: email, name; optional: legal entity, country (of the legal entity, two letters; needed when it is new),
department, manager (e-mail), job title, location, time zone, roles, left at. An empty cell means none; a column that is not
there leaves things as they are. Roles are separated by `;`, each perhaps with its last day: `reviewer until 2027-03-31`. A date
counts to its end in the person's time zone; `left at` may also be a moment like 2026-11-30T17:00+01:00.
"""

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from agents.intake.csv_files import Columns, Row, read
from agents.intake.errors import Unreadable
from agents.intake.names import clean_name
from agents.intake.reports import Fault
from agents.intake.secret_detection import find
from agents.people.choices import Role
from agents.people.models.user import zones

EMAIL, NAME, ENTITY, COUNTRY, DEPARTMENT = "email", "name", "legal entity", "country", "department"
MANAGER, TITLE, LOCATION, ZONE, ROLES, LEFT = "manager", "job title", "location", "time zone", "roles", "left at"
COLUMNS = Columns(required=(EMAIL, NAME), optional=(ENTITY, COUNTRY, DEPARTMENT, MANAGER, TITLE, LOCATION, ZONE, ROLES, LEFT))
# What a ValidationError of the actions names, as a column of the file.
FIELDS = {"legal_entity": ENTITY, "job_title": TITLE, "time_zone": ZONE, "left_at": LEFT}
MOST_PEOPLE = 200_000
YEARS = range(1950, 2200)
LENGTHS = {EMAIL: 254, NAME: 150, ENTITY: 120, DEPARTMENT: 120, TITLE: 120, LOCATION: 120, ZONE: 60}
ROLE = re.compile(r"(?P<role>.+?)(?:\s+until\s+(?P<day>\S+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """One row. given: columns that the file has; roles: until when, None for no end; left_at: aware."""

    row: int
    email: str
    name: str
    given: frozenset[str]
    texts: Mapping[str, str]  # column → clean text
    roles: Mapping[Role, datetime | None]
    left_at: datetime | None

    @property
    def manager(self) -> str:
        return self.texts.get(MANAGER, "")


def people(stream: IO[bytes]) -> Iterator[Person | Fault | list[Fault]]:
    """Each row as a person, or all that is wrong with it. Raises Unreadable when the header or the file is wrong."""
    seen: dict[str, int] = {}
    for row in read(stream, COLUMNS, max_rows=MOST_PEOPLE):
        if isinstance(row, Fault):
            yield [row]
            continue
        line = _Line(row)
        person = line.person()
        if person.email and (first := seen.setdefault(person.email, row.number)) != row.number:
            line.fault(EMAIL, _("%(email)s is in row %(row)d already.") % {"email": person.email, "row": first})
        yield line.faults or person


def in_order(found: Iterable[Person], managers: Mapping[str, str]) -> tuple[list[Person], list[Fault]]:
    """(people with each manager before their reports, faults of the others).

    managers: e-mail → manager's e-mail (or empty) of everybody known already. Refused are a manager nobody knows, and circles;
    who is refused counts as before, or not at all.
    """
    left = {person.email: person for person in found}
    faults: list[Fault] = []
    while True:
        wrong = _strangers(left, managers) or _circles(left, managers)
        if not wrong:
            break
        for email, sentence in wrong.items():
            faults.append(Fault(left.pop(email).row, MANAGER, sentence))
    ordered: dict[str, Person] = {}
    for person in left.values():
        chain = [person]
        while (above := left.get(chain[-1].manager)) is not None and above.email not in ordered:
            chain.append(above)
        ordered |= {each.email: each for each in reversed(chain) if each.email not in ordered}
    return list(ordered.values()), faults


def _strangers(left: Mapping[str, Person], managers: Mapping[str, str]) -> dict[str, str]:
    return {
        person.email: _("Nobody has the address %(email)s, here or among the rows that are right.") % {"email": person.manager}
        for person in left.values()
        if person.manager and person.manager not in left and person.manager not in managers
    }


def _circles(left: Mapping[str, Person], managers: Mapping[str, str]) -> dict[str, str]:
    """The people of the file who would stand above themselves."""
    settled: set[str] = set()
    wrong: dict[str, str] = {}
    for start in left:
        path: dict[str, None] = {}
        at = start
        while at and at not in settled and at not in path:
            path[at] = None
            at = left[at].manager if at in left and MANAGER in left[at].given else managers.get(at, "")
        if at in path:
            circle = list(path)[list(path).index(at) :]
            told = " → ".join([*circle[:5], *(["…"] if len(circle) > 5 else []), circle[0]])
            wrong |= {
                email: _("This goes round in a circle: %(circle)s.") % {"circle": told} for email in circle if email in left
            }
        settled |= path.keys()
    return wrong


class _Line:
    """One row, field by field; what is wrong is collected."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.faults: list[Fault] = []

    def fault(self, column: str, sentence: str) -> None:
        self.faults.append(Fault(self._row.number, column, sentence))

    def person(self) -> Person:
        texts = {column: self._text(column) for column in self._row.cells if column not in (ROLES, LEFT)}
        for column in (EMAIL, MANAGER):
            texts[column] = self._email(column, texts.get(column, ""))
        for column in (EMAIL, NAME):
            if not self._row.cells[column]:
                self.fault(column, _("Fill this in."))
        if texts.get(DEPARTMENT) and not texts.get(ENTITY):
            self.fault(DEPARTMENT, _("A department belongs to a legal entity; name it in the same row."))
        texts[COUNTRY] = texts.get(COUNTRY, "").upper()
        if texts[COUNTRY] and not re.fullmatch(r"[A-Z]{2}", texts[COUNTRY]):
            self.fault(COUNTRY, _("Two letters, like DE."))
        zone = self._zone(texts.get(ZONE, ""))
        left_at = self._moment(LEFT, self._text(LEFT), zone) if self._row.cells.get(LEFT) else None
        return Person(
            row=self._row.number,
            email=texts[EMAIL],
            name=texts[NAME],
            given=frozenset(self._row.cells),
            texts=texts,
            roles=dict(self._roles(zone)),
            left_at=left_at,
        )

    def _text(self, column: str) -> str:
        raw = self._row.cells.get(column, "")
        if suspicion := find(raw):
            self.fault(column, suspicion.sentence)
            return ""
        try:
            return clean_name(raw, max_length=LENGTHS.get(column, 2000))
        except Unreadable as problem:
            self.fault(column, problem.sentence)
            return ""

    def _email(self, column: str, text: str) -> str:
        try:
            if text:
                validate_email(text)
        except ValidationError:
            self.fault(column, _("“%(text)s” is no e-mail address.") % {"text": text[:60]})
            return ""
        return text.lower()

    def _zone(self, name: str) -> zoneinfo.ZoneInfo:
        if name and name not in zones():
            self.fault(ZONE, _("“%(name)s” is no time zone; write one like Europe/Berlin.") % {"name": name})
            name = ""
        return zoneinfo.ZoneInfo(name or "UTC")

    def _roles(self, zone: zoneinfo.ZoneInfo) -> Iterator[tuple[Role, datetime | None]]:
        for part in filter(None, (piece.strip() for piece in self._text(ROLES).split(";"))):
            found = ROLE.fullmatch(part)
            role = _role(found["role"]) if found else None
            if found is None or role is None:
                self.fault(
                    ROLES,
                    _("There is no role “%(name)s”. The roles are: %(roles)s.")
                    % {"name": part[:60], "roles": ", ".join(Role.values)},
                )
            else:
                yield role, self._moment(ROLES, found["day"], zone) if found["day"] else None

    def _moment(self, column: str, text: str, zone: zoneinfo.ZoneInfo) -> datetime | None:
        """A day's end, or the moment itself."""
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                moment = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone)
            else:
                moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            moment = None
        if moment is not None and moment.year in YEARS:
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
        if text:
            self.fault(column, _("“%(text)s” is no date; write one like 2027-03-31.") % {"text": text[:40]})
        return None


def _role(name: str) -> Role | None:
    key = re.sub(r"[\s_-]+", "_", name.strip().casefold())
    return next((role for role in Role if key in (role.value, re.sub(r"[\s_-]+", "_", str(role.label).casefold()))), None)
