"""Access begins, is stopped, restored and ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.access import permissions
from agents.access.models import Grant, RequestLine
from agents.audit.actors import Actor, System
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.audit.trail import record
from agents.people.models import User
from agents.registry.actions.agents import said
from agents.registry.choices import Origin
from agents.registry.models import Agent, Entitlement

UNDO = timedelta(minutes=10)
SCHEDULER = System("scheduler")


@transaction.atomic
def begin(line: RequestLine, *, by: Actor, days: int) -> Grant:
    """The agent holds what was approved, for so many days. Access found at the source becomes legitimate by this.

    Raises IllegalMove when it holds the same already. Writes grant.started.
    """
    agent, entitlement, now = line.request.agent, line.entitlement, clock.now()
    for found in Grant.objects.unapproved().filter(agent=agent, entitlement=entitlement):
        end(found, by=by, reason=_("Replaced by an approved access."))
    grant = Grant(
        agent=agent,
        entitlement=entitlement,
        not_before=now,
        expires_at=now + timedelta(days=days),
        request_line=line,
        created_at=now,
    )
    try:
        with transaction.atomic():
            grant.save()
    except IntegrityError as clash:
        raise IllegalMove(_("%(agent)s holds %(what)s already.") % {"agent": agent, "what": entitlement}) from clash
    record(
        Event.GRANT_STARTED,
        grant,
        by=by,
        after={"from": grant.not_before, "until": grant.expires_at, "line": line.uid, "request": line.request.uid},
    )
    return grant


@transaction.atomic
def hold(grant: Grant, *, by: User, reason: str) -> Grant:
    """The access is denied from this moment; after the undo window it ends for good.

    reason: shown to the owner and printed in evidence; 1–500 characters.
    Raises NotAllowed, IllegalMove. Writes grant.held.
    """
    grant = locked(Grant, grant.pk)
    if why_not := permissions.why_not_end(by, grant):
        raise NotAllowed(why_not)
    return stop(grant, by=by, reason=reason)


@transaction.atomic
def stop(grant: Grant, *, by: User, reason: str) -> Grant:
    """As `hold`, for floors that have asked their own permission (a review decision). Writes grant.held."""
    grant = locked(Grant, grant.pk)
    now = clock.now()
    return move(
        grant,
        Grant.State.HELD,
        by=by,
        event=Event.GRANT_HELD,
        reason=said(reason),
        held_at=now,
        held_by=by,
        hold_reason=said(reason),
        revoke_due_at=now + UNDO,
    )


@transaction.atomic
def restore(grant: Grant, *, by: User, reason: str = "") -> Grant:
    """The access works again, within its old end. Raises NotAllowed, IllegalMove. Writes grant.restored."""
    grant = locked(Grant, grant.pk)
    if why_not := permissions.why_not_restore(by, grant):
        raise NotAllowed(why_not)
    return move(
        grant,
        Grant.State.ACTIVE,
        by=by,
        event=Event.GRANT_RESTORED,
        reason=reason,
        held_at=None,
        held_by=None,
        hold_reason="",
        revoke_due_at=None,
    )


@transaction.atomic
def revoke(grant: Grant, *, by: User, reason: str) -> Grant:
    """The access is over for good, now, without a time to undo. Raises NotAllowed, IllegalMove. Writes grant.revoked."""
    grant = locked(Grant, grant.pk)
    if why_not := permissions.why_not_end(by, grant):
        raise NotAllowed(why_not)
    return end(grant, by=by, reason=said(reason))


def end(grant: Grant, *, by: Actor, reason: str) -> Grant:
    """The last move, for actions that have asked already. Raises IllegalMove. Writes grant.revoked."""
    now = clock.now()
    return move(
        grant,
        Grant.State.REVOKED,
        by=by,
        event=Event.GRANT_REVOKED,
        reason=reason,
        revoked_at=now,
        held_at=grant.held_at or now,
        revoked_by=by.actor_label,
        revoke_reason=reason[:500],
    )


@transaction.atomic
def record_discovered(
    agent: Agent,
    entitlement: Entitlement,
    *,
    by: Actor,
    source: str,
    facts: Mapping[str, object] | None = None,
    last_used_at: datetime | None = None,
) -> tuple[Grant, bool]:
    """What the agent holds at its source is known here as *discovered*: counted and reviewed, approved by nobody.

    Returns the live access and whether it is new. Writes grant.discovered.
    """
    known = Grant.objects.live().filter(agent=agent, entitlement=entitlement, kind=Grant.Kind.STANDING).first()
    if known is not None:
        Grant.objects.filter(pk=known.pk).update(last_used_at=last_used_at or known.last_used_at)
        return known, False
    grant = Grant.objects.create(
        agent=agent,
        entitlement=entitlement,
        origin=Origin.DISCOVERED,
        not_before=clock.now(),
        created_at=clock.now(),
        source=source,
        facts=dict(facts or {}),
        last_used_at=last_used_at,
    )
    record(Event.GRANT_DISCOVERED, grant, by=by, after={"source": source, "facts": dict(facts or {})})
    return grant, True


def tidy(limit: int = 500) -> int:
    """Rows whose time is over say so. Nothing depends on this having run: `effective()` asked the clock already."""
    settled = 0
    for grant in Grant.objects.due_to_end().select_related("agent", "entitlement__system")[:limit]:
        settled += _settle(grant, Grant.State.REVOKED)
    for grant in Grant.objects.run_out().select_related("agent", "entitlement__system")[:limit]:
        settled += _settle(grant, Grant.State.EXPIRED)
    return settled


def _settle(grant: Grant, to: Grant.State) -> int:
    try:
        with transaction.atomic():
            fresh = locked(Grant, grant.pk)
            if to == Grant.State.EXPIRED:
                move(fresh, to, by=SCHEDULER, event=Event.GRANT_EXPIRED, told={"ended_at": fresh.expires_at})
            elif fresh.state == Grant.State.HELD:
                end(fresh, by=SCHEDULER, reason=fresh.hold_reason)
    except IllegalMove:  # another worker, or a person, was first
        return 0
    return 1
