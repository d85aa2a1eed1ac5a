"""The trail: every access and decision has its event, and the stored bytes are what was written."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection
from django.utils.translation import gettext as _

from agents.access.models import Grant, RequestLine
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.audit.protection import append_only_models, missing_triggers
from agents.audit.trail import LEAF
from compliance.controls.registry import answers
from compliance.scope import Scope
from compliance.verdicts import Exceptional, Result, Verdict, judge
from reviews.models import ReviewDecision

CHUNK = 500
BEGUN = (Event.GRANT_STARTED, Event.GRANT_DISCOVERED)
OVER = (Event.GRANT_REVOKED,)
DECIDED = (Event.LINE_APPROVED, Event.LINE_DENIED)


@answers("hipaa", "164.312(b)")
def changes_are_recorded(scope: Scope) -> Result:
    """A hole in the trail is an exception; without holes it is still not the activity in the systems that the rule asks about."""
    found = _recorded(scope)
    if found.verdict == Verdict.EXCEPTION:
        return found
    return Result(
        Verdict.NOT_TESTED,
        found.counted,
        found.population,
        _("The governance trail is whole. What identities do inside the systems is not collected yet, and that is asked for."),
        limits=found.limits,
    )


@answers("hipaa", "164.316(b)(1)")
def decisions_are_recorded(scope: Scope) -> Result:
    return _recorded(scope)


@answers("hipaa", "164.316(b)(2)(i)")
def nothing_is_removed(scope: Scope) -> Result:
    missing = missing_triggers(connection)
    written = TrailEvent.objects.filter(at__gte=scope.begins_at, at__lt=scope.ends_at).count()
    unguarded = [
        Exceptional(_("The database"), _("The trigger %(name)s, which refuses to remove events, is missing.") % {"name": name})
        for name in missing
    ]
    return judge(
        counted=_("tables of events, holding %(n)s events of the period") % {"n": written},
        population=len(append_only_models()),
        exceptions=unguarded,
        exception_count=len(unguarded),
        limits=_("This portal removes no event. Keeping backups for six years is the operator's task and is not tested."),
    )


def _recorded(scope: Scope) -> Result:
    grants = scope.grants()
    begun = {str(uid): str(_("access")) for uid in grants.values_list("uid", flat=True)}
    ended = {str(uid): str(_("end of access")) for uid in grants.filter(state=Grant.State.REVOKED).values_list("uid", flat=True)}
    lines = RequestLine.objects.filter(decided_at__gte=scope.begins_at, decided_at__lt=scope.ends_at)
    lines = lines.filter(request__agent__in=scope.agents().values("pk"))
    decided = {str(uid): str(_("decision")) for uid in lines.values_list("uid", flat=True)}
    reviewed = {str(uid): str(_("review decision")) for uid in _reviewed(scope)}
    gaps = [
        *_without(begun, "grant", BEGUN),
        *_without(ended, "grant", OVER),
        *_without(decided, "line", DECIDED),
        *_without(reviewed, "item", (Event.ITEM_DECIDED,)),
    ]
    event_count, broken = recomputed(scope)
    return judge(
        counted=_("accesses, ends and decisions looked up, and events recomputed"),
        population=len(begun) + len(ended) + len(decided) + len(reviewed) + event_count,
        exceptions=gaps + broken,
        exception_count=len(gaps) + len(broken),
        limits=_("Each event's bytes are compared with its digest here; the verifier checks seals and signed checkpoints."),
    )


def _reviewed(scope: Scope) -> Iterable[object]:
    decisions = ReviewDecision.objects.filter(at__gte=scope.begins_at, at__lt=scope.ends_at)
    return set(decisions.filter(item__agent__in=scope.agents().values("pk")).values_list("item__uid", flat=True))


def _without(expected: dict[str, str], kind: str, events: tuple[Event, ...]) -> Iterator[Exceptional]:
    """Those of the expected that the trail does not tell."""
    keys = iter(sorted(expected))
    while chunk := list(islice(keys, CHUNK)):
        told = TrailEvent.objects.filter(target_kind=kind, target_key__in=chunk, event__in=events)
        for key in sorted(set(chunk) - set(told.values_list("target_key", flat=True))):
            yield Exceptional(f"{expected[key]} {key}", _("The trail does not tell of it."), key)


def recomputed(scope: Scope) -> tuple[int, list[Exceptional]]:
    """How many events about the identities in scope there are in the period, and those whose bytes do not fit their digest."""
    count, broken = 0, []
    abouts = iter([f"agent:{uid}" for uid in scope.agents().order_by("pk").values_list("uid", flat=True)])
    while chunk := list(islice(abouts, CHUNK)):
        events = TrailEvent.objects.filter(about__in=chunk, at__gte=scope.begins_at, at__lt=scope.ends_at).order_by("pk")
        for number, body, digest in events.values_list("pk", "body", "digest").iterator(chunk_size=CHUNK):
            count += 1
            if hashlib.sha256(LEAF + bytes(body)).digest() != bytes(digest):
                broken.append(
                    Exceptional(_("Event %(n)s") % {"n": number}, _("Its bytes are not what was written."), str(number))
                )
    return count, broken
