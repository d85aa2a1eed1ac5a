"""What a reader found goes into the registry: each row wholly or not at all, all of it told in the trail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.access.actions import grants
from agents.access.models import Grant
from agents.audit.actors import Actor
from agents.audit.errors import Refusal
from agents.audit.events import Event
from agents.audit.trail import record
from agents.connectors import aws, csv_agents
from agents.connectors.discovered import DiscoveredAccess, DiscoveredIdentity, DiscoveredSystem, LeftOut, Misread, Reader, Reading
from agents.intake.bounded import Source, fingerprint, rereadable
from agents.intake.csv_files import MAX_BYTES
from agents.intake.errors import Unreadable
from agents.intake.reports import Fault, ImportReport
from agents.intake.terminal import Advance, ignore_progress
from agents.people.models import LegalEntity, User
from agents.registry.actions import systems
from agents.registry.actions.discovery import Found, Outcome, import_ref, register_discovered
from agents.registry.choices import Environment
from agents.registry.models import Agent, Entitlement, System

READERS: Mapping[str, Reader] = {csv_agents.FORMAT: csv_agents.read, aws.FORMAT: aws.read}


def run(
    source: str,
    stream: Source,
    *,
    by: Actor,
    dry_run: bool = False,
    environment: Environment | None = None,
    advance: Advance = ignore_progress,
) -> ImportReport:
    """Everything readable of the file is in the registry as discovered, and the report says what was not, and why.

    source: a key of READERS. environment: of identities whose own the file does not say. dry_run: the same work, row by
    row, then taken back. Each row is one transaction, so stopping in the middle leaves whole rows, and running the same
    file again changes nothing but what is missing. Writes agents.imported, unless dry or nothing could be read.
    """
    report = ImportReport(source, dry_run=dry_run)
    try:
        with rereadable(stream, MAX_BYTES) as copy:
            report.digest = fingerprint(copy)
            # Read to its end before anything is stored: a file that is wrong as a whole imports nothing.
            report.found = sum(1 for _reading in READERS[source](copy))
            copy.seek(0)
            _take_in_all(READERS[source], copy, report, by=by, environment=environment, advance=advance)
    except Unreadable as problem:
        return ImportReport(source, dry_run=dry_run, fatal=problem.sentence, digest=report.digest)
    if not dry_run:
        with transaction.atomic():
            record(Event.AGENTS_IMPORTED, import_ref(source), by=by, after=report.told())
    return report


def _take_in_all(
    reader: Reader,
    copy: IO[bytes],
    report: ImportReport,
    *,
    by: Actor,
    environment: Environment | None,
    advance: Advance,
) -> None:
    for done, reading in enumerate(reader(copy), start=1):
        _one(reading, report, by=by, environment=environment)
        advance(done, report.found)


def _one(reading: Reading, report: ImportReport, *, by: Actor, environment: Environment | None) -> None:
    match reading:
        case LeftOut():
            report.excluded[reading.reason] += 1
        case Misread():
            report.fail(*reading.faults)
        case DiscoveredIdentity():
            try:
                taken = _take_in(reading, by=by, environment=environment, dry_run=report.dry_run)
            except ValidationError as problem:
                report.fail(*_faults(reading, problem))
            except Refusal as problem:
                report.fail(Fault(reading.row, "", problem.sentence))
            except IntegrityError:
                report.fail(
                    Fault(reading.row, "", _("Somebody else changed the same agent at this moment. Import the file again."))
                )
            else:
                taken.tell(report)


@dataclass
class _Taken:
    """What one row came to."""

    outcome: Outcome
    begun: int = 0
    ended: int = 0

    def tell(self, report: ImportReport) -> None:
        if self.outcome == Outcome.CREATED:
            report.created += 1
        elif self.outcome == Outcome.UPDATED or self.begun or self.ended:
            report.updated += 1
        else:
            report.unchanged += 1
        report.count("accesses_found", self.begun)
        report.count("accesses_gone", self.ended)


@transaction.atomic
def _take_in(found: DiscoveredIdentity, *, by: Actor, environment: Environment | None, dry_run: bool) -> _Taken:
    """The identity with its systems and accesses, all or nothing. Raises ValidationError, Refusal."""
    where = found.environment or environment
    known = {system: _system(system, found.source, where, by=by) for system in _systems_of(found)}
    held = list(_entitlements(found.access, known, by=by))
    agent, outcome = register_discovered(
        Found(
            source=found.source,
            native_id=found.native_id,
            name=found.name,
            kind=found.kind,
            # The strictest is taken for true while nobody knows; the facts say so.
            environment=where or Environment.PRODUCTION,
            platform=found.platform,
            purpose=found.purpose,
            region=found.region,
            human_owner=_person(found.human_owner, "human_owner"),
            technical_owner=_person(found.technical_owner, "technical_owner"),
            declared_tier=found.declared_tier or "",
            last_used_at=found.last_used_at,
            facts={**found.facts, **({} if where else {"environment": "not said by the source, taken for production"})},
        ),
        by=by,
        systems=list(known.values()),
        verbs=sorted({entitlement.verb_class for entitlement, _access in held}),
        reached=sorted({*found.data_classes, *(one for entitlement, _access in held for one in _reached(entitlement))}),
        legal_entity=_entity(found.legal_entity),
    )
    taken = _Taken(outcome)
    live = set(Grant.objects.live().filter(agent=agent, kind=Grant.Kind.STANDING).values_list("entitlement_id", flat=True))
    for entitlement, access in held:
        if entitlement.pk not in live:
            _grant, is_new = grants.record_discovered(agent, entitlement, by=by, source=found.source, facts=access.facts)
            taken.begun += is_new
    taken.ended = _end_what_is_gone(agent, found.source, [entitlement for entitlement, _access in held], by=by)
    if dry_run:
        transaction.set_rollback(True)
    return taken


def _end_what_is_gone(agent: Agent, source: str, held: list[Entitlement], *, by: Actor) -> int:
    """Access that this source showed before, and shows no more, is over."""
    gone = Grant.objects.unapproved().filter(agent=agent, source=source).exclude(entitlement__in=[each.pk for each in held])
    ended = 0
    for grant in gone.select_related("agent", "entitlement__system"):
        grants.end(grant, by=by, reason=_("No longer there at the source."))
        ended += 1
    return ended


def _systems_of(found: DiscoveredIdentity) -> dict[DiscoveredSystem, None]:
    return dict.fromkeys((*found.systems, *(access.system for access in found.access)))


def _system(system: DiscoveredSystem, source: str, environment: Environment | None, *, by: Actor) -> System:
    """The catalogue's system of that name, without case; else a new one that nobody owns yet."""
    known = System.objects.filter(name__iexact=system.name).order_by("id").first()
    if known is not None:
        return known
    return systems.ensure(
        system.name,
        by=by,
        kind=system.kind,
        data_classes=list(system.data_classes),
        environment=environment or Environment.PRODUCTION,
        source=source,
    )


def _entitlements(
    accesses: Sequence[DiscoveredAccess], known: Mapping[DiscoveredSystem, System], *, by: Actor
) -> Iterator[tuple[Entitlement, DiscoveredAccess]]:
    """Each access with its permission in the catalogue, described as far as the source does when it is new there."""
    for discovered, system in known.items():
        here = {access.name: access for access in accesses if access.system == discovered}
        described = {each.name: each for each in Entitlement.objects.filter(system=system, name__in=list(here))}
        for name, access in here.items():
            entitlement = described.get(name) or _describe(access, system, by=by)
            entitlement.system = system  # not asked for again when the trail names it
            yield entitlement, access


def _describe(access: DiscoveredAccess, system: System, *, by: Actor) -> Entitlement:
    if access.verb_class is None:
        raise ValidationError(
            {
                "access": _(
                    "What does “%(name)s” on %(system)s let the agent do? Write it as “%(system)s: %(name)s [read]” "
                    "or with write, export, delete, pay, configure, manage identities or administer."
                )
                % {"name": access.name, "system": system.name}
            }
        )
    return systems.ensure_entitlement(
        system,
        access.name,
        by=by,
        verb_class=access.verb_class,
        data_classes=access.data_classes,
        is_privileged=access.is_privileged or None,
    )


def _reached(entitlement: Entitlement) -> list[str]:
    return list(entitlement.data_classes or entitlement.system.data_classes)


def _person(email: str, field: str) -> User | None:
    if not email:
        return None
    person = User.objects.present().filter(email__iexact=email).first()
    if person is None:
        raise ValidationError(
            {field: _("Nobody here has the address %(email)s. Import people first, or correct it.") % {"email": email}}
        )
    return person


def _entity(name: str) -> LegalEntity | None:
    if not name:
        return None
    entity = LegalEntity.objects.filter(name__iexact=name).first()
    if entity is None:
        raise ValidationError({"legal_entity": _("There is no legal entity named %(name)s.") % {"name": name}})
    return entity


def _faults(found: DiscoveredIdentity, problem: ValidationError) -> list[Fault]:
    """The action's refusal by row and column."""
    if hasattr(problem, "error_dict"):
        return [
            Fault(found.row, found.columns.get(name, name), sentence)
            for name, sentences in problem.message_dict.items()
            for sentence in sentences
        ]
    return [Fault(found.row, "", sentence) for sentence in problem.messages]
