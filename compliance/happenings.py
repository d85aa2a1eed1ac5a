"""What people decided and what ended in the period: approvals, refusals, review decisions, revocations, the story itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from agents.access.models import Grant, RequestLine
from agents.audit.models import TrailEvent
from compliance.scope import Scope
from reviews.models import Campaign, Item, ReviewDecision

CHUNK = 500


@dataclass(frozen=True)
class Decision:
    """A person's yes or no. about: the identity and the permission, or the identity alone."""

    at: datetime
    agent: str
    about: str
    said: str
    tone: str
    by: str
    reason: str
    where: str


@dataclass(frozen=True)
class Ending:
    """An access that ended. denied_at: from when it was refused; final_at: when it could no longer be restored."""

    denied_at: datetime
    final_at: datetime | None
    agent: str
    about: str
    how: str
    by: str
    reason: str


def decisions(scope: Scope) -> list[Decision]:
    """Every decision about identities in scope, in the order of time: requests and reviews, each version of a changed mind."""
    return sorted(chain(_on_requests(scope), _in_reviews(scope)), key=lambda decision: decision.at)


def _on_requests(scope: Scope) -> Iterator[Decision]:
    lines = RequestLine.objects.filter(
        request__agent__in=scope.agents().order_by().values("pk"), decided_at__gte=scope.begins_at, decided_at__lt=scope.ends_at
    ).select_related("request__agent", "request__requested_by", "entitlement__system", "decided_by")
    for line in lines.order_by("decided_at", "pk"):
        if line.decided_at is None:
            continue
        yield Decision(
            at=line.decided_at,
            agent=str(line.request.agent),
            about=str(line.entitlement),
            said=str(line.state_enum.label),
            tone=line.state_enum.tone,
            by=str(line.decided_by),
            reason=line.decision_reason,
            where=_("request of %(name)s: %(why)s") % {"name": line.request.requested_by, "why": line.request.purpose},
        )


def _in_reviews(scope: Scope) -> Iterator[Decision]:
    rows = ReviewDecision.objects.filter(
        item__agent__in=scope.agents().order_by().values("pk"), at__gte=scope.begins_at, at__lt=scope.ends_at
    ).select_related("item__agent", "item__grant__entitlement__system", "item__campaign", "by")
    tones = {"keep": "good", "end": "bad", "change_needed": "warn"}
    for row in rows.order_by("at", "pk"):
        grant = row.item.grant
        yield Decision(
            at=row.at,
            agent=str(row.item.agent),
            about=str(grant.entitlement) if grant else _("the identity itself"),
            said=str(row.get_choice_display()),
            tone=tones.get(row.choice, "off"),
            by=str(row.by),
            reason=row.reason,
            where=_("review: %(name)s") % {"name": row.item.campaign},
        )


def endings(scope: Scope) -> list[Ending]:
    """Accesses of identities in scope that ended in the period, by a person, by a rule or by time."""
    inside = Q()
    for column in ("held_at", "revoked_at", "expires_at"):
        inside |= Q(**{f"{column}__gte": scope.begins_at, f"{column}__lt": scope.ends_at})
    grants = Grant.objects.filter(inside, pk__in=scope.grants().order_by().values("pk"))
    found = [
        ending for grant in grants.select_related("agent", "entitlement__system", "held_by") if (ending := _ending(grant, scope))
    ]
    return sorted(found, key=lambda ending: ending.denied_at)


def _ending(grant: Grant, scope: Scope) -> Ending | None:
    """None while it was still in force at the end of the period."""
    at = min((moment for moment in (grant.held_at, grant.revoked_at, grant.expires_at) if moment), default=None)
    if at is None or not scope.begins_at <= at < scope.ends_at:
        return None
    ran_out = at == grant.expires_at
    return Ending(
        denied_at=at,
        final_at=at if ran_out else grant.revoked_at,
        agent=str(grant.agent),
        about=str(grant.entitlement),
        how=_("ran out") if ran_out else _("ended") if grant.revoked_at else _("stopped, can still be undone"),
        by=_("time") if ran_out else str(grant.held_by or grant.revoked_by),
        reason="" if ran_out else grant.revoke_reason or grant.hold_reason,
    )


def campaigns(scope: Scope) -> QuerySet[Campaign]:
    """Reviews people could work on in the period, with what became of their items."""
    there = Campaign.objects.covering(scope.begins_at, scope.ends_at).with_progress()
    about = Item.objects.filter(agent__in=scope.agents().order_by().values("pk"))
    return there.filter(pk__in=about.values("campaign")).order_by("opened_at", "pk")


def story(scope: Scope, most: int) -> tuple[int, list[TrailEvent]]:
    """How many events there are about identities in scope, and the newest of them in the order of time."""
    count, newest = 0, list[TrailEvent]()
    abouts = iter([f"agent:{uid}" for uid in scope.agents().order_by("pk").values_list("uid", flat=True)])
    while chunk := list(islice(abouts, CHUNK)):
        events = TrailEvent.objects.filter(about__in=chunk, at__gte=scope.begins_at, at__lt=scope.ends_at)
        count += events.count()
        newest = sorted([*newest, *events.order_by("-at", "-pk")[:most]], key=lambda event: (event.at, event.pk))[-most:]
    return count, newest
