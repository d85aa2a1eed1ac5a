"""What people decided and what ended in the period: approvals, refusals, review decisions, revocations, the story itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from agents.access.models import Grant, RequestLine
from agents.audit import labels
from agents.audit.models import TrailEvent
from compliance.scope import Scope
from reviews.models import Campaign, Item, ReviewDecision

CHUNK = 500
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Decision:
    """A person's yes or no. about: the identity and the permission, or the identity alone."""

    at: datetime
    agent: str
    about: str
    said: str
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


def decisions(scope: Scope, most: int) -> tuple[int, list[Decision]]:
    """How many decisions about identities in scope there are, in requests and reviews, each version of a changed mind;
    and the latest of them in the order of time."""
    on_requests, in_reviews = _on_requests(scope), _in_reviews(scope)
    newest_first = [
        *map(_request_decision, on_requests.order_by("-decided_at", "-pk")[:most]),
        *map(_review_decision, in_reviews.order_by("-at", "-pk")[:most]),
    ]
    newest_first.sort(key=lambda decision: decision.at, reverse=True)  # stable: of one moment, the later row stays first
    return on_requests.count() + in_reviews.count(), newest_first[:most][::-1]


def _on_requests(scope: Scope) -> QuerySet[RequestLine]:
    return RequestLine.objects.filter(
        request__agent__in=scope.agents().order_by().values("pk"), decided_at__gte=scope.begins_at, decided_at__lt=scope.ends_at
    ).select_related("request__agent", "request__requested_by", "entitlement__system", "decided_by")


def _request_decision(line: RequestLine) -> Decision:
    assert line.decided_at is not None  # asked for in the query
    return Decision(
        at=line.decided_at,
        agent=str(line.request.agent),
        about=str(line.entitlement),
        said=str(line.state_enum.label),
        by=str(line.decided_by),
        reason=line.decision_reason,
        where=_("request of %(name)s: %(why)s") % {"name": line.request.requested_by, "why": line.request.purpose},
    )


def _in_reviews(scope: Scope) -> QuerySet[ReviewDecision]:
    return ReviewDecision.objects.filter(
        item__agent__in=scope.agents().order_by().values("pk"), at__gte=scope.begins_at, at__lt=scope.ends_at
    ).select_related("item__agent", "item__grant__entitlement__system", "item__campaign", "by")


def _review_decision(row: ReviewDecision) -> Decision:
    grant = row.item.grant
    return Decision(
        at=row.at,
        agent=str(row.item.agent),
        about=str(grant.entitlement) if grant else _("the identity itself"),
        said=str(row.get_choice_display()),
        by=str(row.by),
        reason=row.reason,
        where=_("review: %(name)s") % {"name": row.item.campaign},
    )


def endings(scope: Scope, most: int) -> tuple[int, list[Ending]]:
    """How many accesses of identities in scope ended in the period, by a person, a rule or time; and the latest of them."""
    moments = [Coalesce(column, Value(NEVER)) for column in ("held_at", "revoked_at", "expires_at")]
    ended = (
        Grant.objects.filter(pk__in=scope.grants().order_by().values("pk"))
        .annotate(over_at=Least(*moments))
        .filter(over_at__gte=scope.begins_at, over_at__lt=scope.ends_at)
        .select_related("agent", "entitlement__system", "held_by")
    )
    latest = [_ending(grant) for grant in ended.order_by("-over_at", "-pk")[:most]]
    return ended.count(), latest[::-1]


def _ending(grant: Grant) -> Ending:
    at = min(moment for moment in (grant.held_at, grant.revoked_at, grant.expires_at) if moment)
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
    return count, list(labels.load(newest))
