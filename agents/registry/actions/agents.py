"""An agent's life in the registry: drafted, submitted, owned, active, suspended, retired.

`agents.access.actions.registrations` calls these together with the access request that belongs to them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.audit.actors import Actor
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.audit.trail import record
from agents.people.models import User
from agents.registry import permissions, rules
from agents.registry.choices import Tier
from agents.registry.models import Agent, System
from agents.registry.names import free_slug

FIELDS = (
    "name",
    "kind",
    "environment",
    "platform",
    "purpose",
    "region",
    "data_classes",
    "human_owner",
    "technical_owner",
    "legal_entity",
    "department",
    "declared_tier",
)
REQUIRED = ("name", "environment", "platform", "purpose", "region", "data_classes", "human_owner", "technical_owner")

# The lease outlives the next review: the longest round of the tier, the three days within which a review opens in time,
# and the fourteen days it stays open. What opens later than that is late, and leases end meanwhile: not reviewed is not kept.
LEASE = {
    Tier.CRITICAL: timedelta(days=31 + 3 + 14),
    Tier.HIGH: timedelta(days=31 + 3 + 14),
    Tier.MEDIUM: timedelta(days=92 + 3 + 14),
    Tier.LOW: timedelta(days=366 + 3 + 14),
}


@transaction.atomic
def save_draft(agent: Agent | None, *, by: User, systems: Sequence[System] | None = None, **fields: Any) -> Agent:
    """The draft holds what was given, complete or not; a new one is begun when `agent` is None.

    fields: of FIELDS. Raises NotAllowed, ValidationError. Writes agent.registered for a new draft only:
    a draft is not yet governed, its final content is told when it is submitted.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    if agent is None:
        if why_not := permissions.why_not_register(by):
            raise NotAllowed(why_not)
        agent = Agent(registered_by=by)
    else:
        agent = locked(Agent, agent.pk)
        if why_not := permissions.why_not_edit(by, agent):
            raise NotAllowed(why_not)
    for name, value in fields.items():
        setattr(agent, name, value)
    is_new = agent.pk is None
    agent.clean_fields(exclude=[name for name in REQUIRED if getattr(agent, name) in ("", None, [])])
    agent.save()
    if systems is not None:
        agent.systems.set(systems)
    if is_new:
        record(Event.AGENT_REGISTERED, agent, by=by)
    return agent


@transaction.atomic
def submit(agent: Agent, *, by: User, verbs: Collection[str], reached: Collection[str]) -> Agent:
    """The proposed owner is asked; the name is taken for good and the tier is computed.

    verbs, reached: verb classes and data classes of the permissions asked for.
    Raises NotAllowed, IllegalMove, ValidationError (by field). Writes agent.submitted.
    """
    agent = locked(Agent, agent.pk)
    if why_not := permissions.why_not_edit(by, agent):
        raise NotAllowed(why_not)
    missing = {name: _("Fill this in before you submit.") for name in REQUIRED if not getattr(agent, name)}
    if missing:
        raise ValidationError(missing)
    for role in ("human_owner", "technical_owner"):
        if not getattr(agent, role).is_present:
            raise ValidationError({role: _("%(name)s has left.") % {"name": getattr(agent, role).name}})
    tier, reasons = tier_of(agent, verbs=verbs, reached=reached)
    if tier in (Tier.HIGH, Tier.CRITICAL) and agent.human_owner_id == agent.technical_owner_id:
        raise ValidationError(
            {"technical_owner": _("At tier %(tier)s the two owners must be different people.") % {"tier": tier.label}}
        )
    slug = agent.slug or free_slug(agent)
    try:
        with transaction.atomic():
            return move(
                agent,
                Agent.State.PENDING_OWNER,
                by=by,
                event=Event.AGENT_SUBMITTED,
                told=_story(agent),
                slug=slug,
                risk_tier=tier,
                tier_reasons=reasons,
                submitted_at=clock.now(),
                state_reason="",
            )
    except IntegrityError as clash:
        if not Agent.objects.filter(slug=slug).exclude(pk=agent.pk).exists():
            raise  # not the name: the trail could not take it
        raise ValidationError({"name": _("This name was taken a moment ago. Choose another.")}) from clash


def tier_of(agent: Agent, *, verbs: Collection[str], reached: Collection[str]) -> tuple[Tier, list[str]]:
    """The computed tier and its reasons; a declared risk level can only raise it."""
    hits = rules.tier_hits(
        data_classes=sorted({*agent.data_classes, *reached}),
        verbs=verbs,
        environment=agent.environment,
        has_owner=agent.human_owner_id is not None,
    )
    tier = rules.highest(agent.declared_tier, *(hit.tier for hit in hits))
    reasons = [hit.reason for hit in hits]
    if agent.declared_tier == tier and all(hit.tier != tier for hit in hits):
        reasons.insert(0, _("raised by who registered it"))
    return tier, reasons


@transaction.atomic
def accept_ownership(agent: Agent, *, by: User) -> Agent:
    """This person is accountable from now on. Accepting ownership approves no access.

    Raises NotAllowed, IllegalMove. Writes ownership.accepted.
    """
    agent = locked(Agent, agent.pk)
    if why_not := permissions.why_not_accept(by, agent):
        raise NotAllowed(why_not)
    return move(agent, Agent.State.PENDING_APPROVAL, by=by, event=Event.OWNERSHIP_ACCEPTED, owner_accepted_at=clock.now())


@transaction.atomic
def refuse_ownership(agent: Agent, *, by: User, reason: str) -> Agent:
    """The registration goes back to its author as a draft, with the reason. Writes ownership.refused."""
    agent = locked(Agent, agent.pk)
    if why_not := permissions.why_not_accept(by, agent):
        raise NotAllowed(why_not)
    return move(agent, Agent.State.DRAFT, by=by, event=Event.OWNERSHIP_REFUSED, reason=said(reason), state_reason=said(reason))


@transaction.atomic
def return_to_draft(agent: Agent, *, by: Actor, reason: str) -> Agent:
    """Nothing was approved, so its author may change it and try again. Writes agent.returned."""
    agent = locked(Agent, agent.pk)
    return move(
        agent,
        Agent.State.DRAFT,
        by=by,
        event=Event.AGENT_RETURNED,
        reason=said(reason),
        state_reason=said(reason),
        owner_accepted_at=None,
    )


@transaction.atomic
def activate(agent: Agent, *, by: Actor) -> Agent:
    """The agent works, until its lease ends or a review extends it. Writes agent.activated."""
    agent = locked(Agent, agent.pk)
    now = clock.now()
    return move(
        agent,
        Agent.State.ACTIVE,
        by=by,
        event=Event.AGENT_ACTIVATED,
        activated_at=now,
        eligible_until=now + LEASE[Tier(agent.risk_tier)],
    )


@transaction.atomic
def suspend(agent: Agent, *, by: User, reason: str) -> Agent:
    """Every decision about this agent is no, at once; its epoch moves on, so resuming revives no token.

    Raises NotAllowed, IllegalMove. Writes agent.suspended.
    """
    agent = locked(Agent, agent.pk)
    if why_not := permissions.why_not_suspend(by, agent):
        raise NotAllowed(why_not)
    return move(
        agent,
        Agent.State.SUSPENDED,
        by=by,
        event=Event.AGENT_SUSPENDED,
        reason=said(reason),
        suspended_at=clock.now(),
        authority_epoch=agent.authority_epoch + 1,
        state_reason=said(reason),
    )


@transaction.atomic
def resume(agent: Agent, *, by: User, reason: str) -> Agent:
    """The agent works again with what it still holds. Writes agent.resumed."""
    agent = locked(Agent, agent.pk)
    if why_not := permissions.why_not_resume(by, agent):
        raise NotAllowed(why_not)
    return move(
        agent,
        Agent.State.ACTIVE,
        by=by,
        event=Event.AGENT_RESUMED,
        reason=said(reason),
        suspended_at=None,
        state_reason="",
    )


@transaction.atomic
def extend_lease(agent: Agent, *, by: Actor, reason: str) -> Agent:
    """A passed review keeps the agent eligible for another term; never shortens it. Writes agent.lease_extended."""
    agent = locked(Agent, agent.pk)
    before = agent.eligible_until
    after = clock.now() + LEASE[Tier(agent.risk_tier)]
    if before is None or after > before:
        Agent.objects.filter(pk=agent.pk).update(eligible_until=after)
        agent.eligible_until = after
        record(
            Event.AGENT_LEASE_EXTENDED,
            agent,
            by=by,
            reason=reason,
            before={"eligible_until": before},
            after={"eligible_until": after},
        )
    return agent


def said(reason: str) -> str:
    """A reason people will read: 1 to 500 characters. Raises ValidationError."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Give a reason; it is shown to the people concerned and kept as evidence.")})
    if len(reason) > 500:
        raise ValidationError({"reason": _("Keep the reason under 500 characters.")})
    return reason


def _story(agent: Agent) -> Mapping[str, object]:
    """What the registration said when it was submitted: the part of a draft that evidence needs."""
    return {
        name: value if isinstance(value, User | list) else str(value or "") for name in FIELDS if (value := getattr(agent, name))
    } | {"systems": sorted(agent.systems.values_list("name", flat=True))}
