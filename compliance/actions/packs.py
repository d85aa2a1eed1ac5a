"""A pack is requested, built exactly once, and handed out; each with its event."""

import logging
import uuid
from collections.abc import Callable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit import checkpoints, sealing
from agents.audit.actors import Actor, System
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.keys import KeyProblem
from agents.audit.models import Checkpoint
from agents.audit.moves import locked, move
from agents.audit.nudges import nudge
from agents.audit.trail import record
from agents.audit.verifier.note import BadNote
from agents.people.models import LegalEntity, User
from compliance import files, permissions
from compliance.documents.pack import document
from compliance.documents.press import NotPrinted, press
from compliance.evidence import SECTIONS, Evidence, collect
from compliance.frameworks import framework, frameworks
from compliance.models import Pack
from compliance.scope import scope_of

logger = logging.getLogger(__name__)

BUILDER = System("evidence")
STEPS = (*SECTIONS, "printing", "sealing")
MOST_ATTEMPTS = 3
MOST_READINGS = 3
LONGEST_DAYS = 366 * 2


class Superseded(Exception):
    """Another worker took the pack over; this one stops."""


@transaction.atomic
def request(key: str, *, since: date, until: date, by: User | System, legal_entity: LegalEntity | None = None) -> Pack:
    """The pack waits to be built. key: of a framework; since, until: days in UTC, both inside.

    Raises NotAllowed, ValidationError (by field), IllegalMove while the same one is on its way. Writes pack.requested.
    """
    if isinstance(by, User) and (why_not := permissions.why_not_request(by)):
        raise NotAllowed(why_not)
    _check(key, since, until)
    pack = Pack(
        framework=key,
        legal_entity=legal_entity,
        since=since,
        until=until,
        requested_by=by if isinstance(by, User) else None,
        requested_by_label=by.actor_label,
        requested_at=clock.now(),
        total=len(STEPS),
    )
    try:
        with transaction.atomic():
            pack.save()
    except IntegrityError as clash:
        raise IllegalMove(_("This pack is on its way already; you find it at the top of the list.")) from clash
    record(
        Event.PACK_REQUESTED,
        pack,
        by=by,
        after={"framework": key, "legal_entity": str(legal_entity or ""), "since": since, "until": until},
    )
    transaction.on_commit(lambda: nudge("compliance.build_pack", pack.pk))
    return pack


def _check(key: str, since: date, until: date) -> None:
    if key not in frameworks():
        raise ValidationError({"framework": _("Choose one of the frameworks.")})
    if since > until:
        raise ValidationError({"until": _("The last day is before the first.")})
    if until > clock.now().date():
        raise ValidationError({"until": _("The last day is still to come; a pack tells what has happened.")})
    if (until - since).days >= LONGEST_DAYS:
        raise ValidationError({"since": _("A pack tells at most two years.")})


def build(pack: Pack) -> bool:
    """The pack is ready or failed, unless another worker is at it. Killed at any moment, the next caller begins again.

    Writes pack.ready or pack.failed, once.
    """
    claim = _claim(pack)
    if claim is None:
        return False
    try:
        return _build(pack, claim)
    except Superseded:
        logger.info("pack taken over", extra={"pack": str(pack.uid)})
    except NotPrinted as problem:
        _fail(pack, claim, str(problem))
    except Exception as problem:
        logger.exception("pack failed", extra={"pack": str(pack.uid)})
        _fail(pack, claim, _("Something broke while it was built (%(what)s).") % {"what": type(problem).__name__})
    return False


def build_due(limit: int = 3) -> int:
    """Packs that wait, or whose worker fell silent, have been built; how many."""
    return sum(build(pack) for pack in Pack.objects.to_build().order_by("pk")[:limit])


def _build(pack: Pack, claim: uuid.UUID) -> bool:
    pack.refresh_from_db()
    if pack.attempts > MOST_ATTEMPTS:
        _fail(
            pack,
            claim,
            _("It was begun %(n)s times and stopped each time. Ask your administrator for the log.") % {"n": MOST_ATTEMPTS},
        )
        return False
    tell = _teller(pack, claim)
    _sign_what_stands()
    evidence = _settled(pack, tell)
    tell("printing")
    written = files.unfinished(pack.uid, claim)
    try:
        press(document(pack, evidence), written, identifier=pack.uid.hex, beat=lambda: tell("printing"))
        tell("sealing")
        _release(pack, claim, evidence, files.keep(written, pack.uid))
    finally:
        written.unlink(missing_ok=True)
    return True


def _sign_what_stands() -> None:
    """The pack names a signed head of the trail that covers what it tells. Without a key it names the one before."""
    try:
        sealing.seal()
        checkpoints.sign(Checkpoint.Cause.URGENT)
    except (KeyProblem, BadNote, sealing.NotSealed):
        logger.exception("no checkpoint could be signed for a pack")


def _settled(pack: Pack, tell: Callable[[str], None]) -> Evidence:
    """Read while the trail stood still; a house that never rests is read once more and the pack says so."""
    for _reading in range(MOST_READINGS):
        evidence = collect(scope_of(framework(pack.framework), pack.since, pack.until, pack.legal_entity), tell)
        if evidence.settled:
            break
    return evidence


def _claim(pack: Pack) -> uuid.UUID | None:
    """A token for exactly one worker. A claim is no governance change: the trail hears of the pack when it is ready."""
    claim = uuid.uuid4()
    taken = Pack.objects.to_build().filter(pk=pack.pk, claim=pack.claim)
    found = taken.update(state=Pack.State.BUILDING.value, claim=claim, heartbeat_at=clock.now(), attempts=pack.attempts + 1)
    return claim if found else None


def _teller(pack: Pack, claim: uuid.UUID) -> Callable[[str], None]:
    """The row says what is being done, and that somebody is doing it. Raises Superseded when that is no longer us."""

    def tell(section: str) -> None:
        ours = Pack.objects.filter(pk=pack.pk, state=Pack.State.BUILDING, claim=claim)
        if not ours.update(section=section, done=STEPS.index(section), heartbeat_at=clock.now()):
            raise Superseded

    return tell


def _held(pack: Pack, claim: uuid.UUID) -> Pack:
    """The row under lock, while the claim is still ours. Raises Superseded."""
    fresh = locked(Pack, pack.pk)
    if fresh.claim != claim or fresh.state != Pack.State.BUILDING:
        raise Superseded
    return fresh


@transaction.atomic
def _release(pack: Pack, claim: uuid.UUID, evidence: Evidence, kept: files.Kept) -> Pack:
    return move(
        _held(pack, claim),
        Pack.State.READY,
        by=BUILDER,
        event=Event.PACK_READY,
        section="",
        done=len(STEPS),
        as_of=evidence.as_of,
        path=kept.name,
        sha256=kept.sha256,
        size=kept.size,
        verdicts=evidence.verdicts,
        trail_root=evidence.trail_root,
        ended_at=clock.now(),
    )


def _fail(pack: Pack, claim: uuid.UUID, reason: str) -> None:
    try:
        with transaction.atomic():
            move(
                _held(pack, claim),
                Pack.State.FAILED,
                by=BUILDER,
                event=Event.PACK_FAILED,
                reason=reason[:500],
                failed_reason=reason[:500],
                ended_at=clock.now(),
            )
    except Superseded:
        logger.info("pack taken over", extra={"pack": str(pack.uid)})


def download(pack: Pack, *, by: User) -> bytes:
    """The bytes that were released; who took them is in the trail. Raises NotAllowed, IllegalMove, FileLost.

    Writes pack.downloaded.
    """
    if why_not := permissions.why_not_read(by):
        raise NotAllowed(why_not)
    if pack.state != Pack.State.READY:
        raise IllegalMove(_("This pack is %(state)s.") % {"state": pack.get_state_display()})
    content = files.read(pack)
    downloaded(pack, by=by)
    return content


@transaction.atomic
def downloaded(pack: Pack, *, by: Actor) -> None:
    """The trail tells who took which bytes. Writes pack.downloaded."""
    record(Event.PACK_DOWNLOADED, pack, by=by, after={"sha256": pack.sha256, "size": pack.size})
