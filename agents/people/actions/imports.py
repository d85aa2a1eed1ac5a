"""People from a file: each row wholly or not at all, managers before their reports."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.actors import Actor
from agents.audit.errors import Refusal
from agents.audit.events import Event
from agents.audit.models import TrailRef
from agents.audit.trail import record
from agents.intake.bounded import Source, fingerprint, rereadable
from agents.intake.csv_files import MAX_BYTES
from agents.intake.errors import Unreadable
from agents.intake.reports import Fault, ImportReport
from agents.intake.terminal import Advance, ignore_progress
from agents.people import importing
from agents.people.actions import organisations, people, roles
from agents.people.actions.organisations import NewEntity
from agents.people.importing import COUNTRY, DEPARTMENT, ENTITY, FIELDS, LEFT, LOCATION, MANAGER, TITLE, ZONE, Person
from agents.people.models import LegalEntity, RoleAssignment, User

SOURCE = "people"


def run(stream: Source, *, by: Actor, dry_run: bool = False, advance: Advance = ignore_progress) -> ImportReport:
    """The people of the file are here with entity, department, manager and roles, and the report says who is not, and why.

    Roles that the file does not name stay; nobody is removed. dry_run: the same work, row by row, then taken back. Each row is
    one transaction; the same file again changes nothing. Writes people.imported, unless dry or nothing could be read.
    """
    report = ImportReport(SOURCE, dry_run=dry_run)
    try:
        with rereadable(stream, MAX_BYTES) as copy:
            report.digest = fingerprint(copy)
            found = list(importing.people(copy))
    except Unreadable as problem:
        return ImportReport(SOURCE, dry_run=dry_run, fatal=problem.sentence, digest=report.digest)
    report.found = len(found)
    for faults in found:
        if isinstance(faults, list):
            report.fail(*faults)
    known = {email: manager or "" for email, manager in User.objects.values_list("email", "manager__email")}
    ordered, refused = importing.in_order([each for each in found if isinstance(each, Person)], known)
    for fault in refused:
        report.fail(fault)
    to_come = {person.email for person in ordered} if dry_run else set()
    for done, person in enumerate(ordered, start=1):
        _one(person, report, by=by, to_come=to_come)
        advance(done, len(ordered))
    report.faults.sort(key=lambda fault: fault.row)
    if not dry_run:
        with transaction.atomic():
            record(Event.PEOPLE_IMPORTED, TrailRef("import", SOURCE, SOURCE), by=by, after=report.told())
    return report


def _one(person: Person, report: ImportReport, *, by: Actor, to_come: set[str]) -> None:
    try:
        is_new, is_changed = _take_in(person, by=by, dry_run=report.dry_run, to_come=to_come)
    except ValidationError as problem:
        report.fail(*_faults(person, problem))
    except Refusal as problem:
        report.fail(Fault(person.row, "", problem.sentence))
    except IntegrityError:
        report.fail(Fault(person.row, "", _("Somebody else changed the same person at this moment. Import the file again.")))
    else:
        report.created += is_new
        report.updated += is_changed and not is_new
        report.unchanged += not is_changed and not is_new


@transaction.atomic
def _take_in(person: Person, *, by: Actor, dry_run: bool, to_come: set[str]) -> tuple[bool, bool]:
    """(new, changed). to_come: e-mail addresses that a dry run would have added by now. Raises ValidationError, Refusal."""
    details = _details(person, by=by, to_come=to_come)
    user = User.objects.filter(email__iexact=person.email).first()
    is_new = user is None
    is_changed = False
    if user is None:
        user = people.join(email=person.email, by=by, **details)
    else:
        if details_differ := {name: value for name, value in details.items() if getattr(user, name) != value}:
            user = people.change(user, by=by, **details_differ)
        is_changed = bool(details_differ) or bool(person.manager and not User.objects.filter(email=person.manager).exists())
    is_changed |= _assign(user, person, by=by)
    is_changed |= _leave(user, person, by=by)
    if dry_run:
        transaction.set_rollback(True)
    return is_new, is_changed


def _details(person: Person, *, by: Actor, to_come: set[str]) -> dict[str, Any]:
    """What the file says, as `people.join` and `people.change` take it; only of columns that the file has."""
    details: dict[str, Any] = {"name": person.name}
    for column, name in ((TITLE, "job_title"), (LOCATION, "location"), (ZONE, "time_zone")):
        if column in person.given and (person.texts[column] or column != ZONE):
            details[name] = person.texts[column]
    if ENTITY in person.given:
        details["legal_entity"] = entity = _entity(person, by=by)
        if DEPARTMENT in person.given:
            named = person.texts[DEPARTMENT]
            details["department"] = organisations.department_of(entity, named) if entity and named else None
    if MANAGER in person.given:
        details["manager"] = _manager(person, to_come)
    return details


def _entity(person: Person, *, by: Actor) -> LegalEntity | None:
    name, country = person.texts[ENTITY], person.texts[COUNTRY]
    if not name:
        return None
    entity = LegalEntity.objects.filter(name__iexact=name).first()
    if entity is None:
        if not country:
            raise ValidationError({"country": _("%(name)s is new here. Give its country, two letters like DE.") % {"name": name}})
        return organisations.add_entity(NewEntity(name, country), by=by)
    if country and country != entity.country:
        raise ValidationError(
            {"country": _("%(name)s is in %(country)s, says the portal.") % {"name": entity.name, "country": entity.country}}
        )
    return entity


def _manager(person: Person, to_come: set[str]) -> User | None:
    if not person.manager:
        return None
    manager = User.objects.filter(email__iexact=person.manager).first()
    if manager is None and person.manager not in to_come:
        raise ValidationError({"manager": _("The row of %(email)s was not imported.") % {"email": person.manager}})
    return manager


def _assign(user: User, person: Person, *, by: Actor) -> bool:
    """The roles of the file are held until the dates of the file. True when that changed something."""
    held = {each.role: each for each in RoleAssignment.objects.effective().filter(person=user)}
    is_changed = False
    for role, until in person.roles.items():
        is_over = until is not None and until <= clock.now()
        current = held.get(role)
        if current is not None and current.ends_at == until:
            continue
        if current is not None:
            roles.end(current, by=by, reason=_("The imported list gives another end."))
        if not is_over:
            roles.assign(user, role, by=by, until=until, reason=_("Imported list of people."))
        is_changed |= current is not None or not is_over
    return is_changed


def _leave(user: User, person: Person, *, by: Actor) -> bool:
    if LEFT not in person.given or user.left_at == person.left_at:
        return False
    if person.left_at is None:
        raise ValidationError(
            {"left_at": _("%(name)s left on %(day)s, says the portal.") % {"name": user.name, "day": f"{user.left_at:%Y-%m-%d}"}}
        )
    people.leave(user, by=by, at=person.left_at, reason=_("Imported list of people."))
    return True


def _faults(person: Person, problem: ValidationError) -> list[Fault]:
    if hasattr(problem, "error_dict"):
        return [
            Fault(person.row, FIELDS.get(name, name), sentence)
            for name, sentences in problem.message_dict.items()
            for sentence in sentences
        ]
    return [Fault(person.row, "", sentence) for sentence in problem.messages]
