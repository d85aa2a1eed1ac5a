"""An agent and the access it is registered with travel together: draft, submitted, accepted or refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents import clock
from agents.access.actions import grants
from agents.access.models import AccessRequest, ApprovalStage, Grant, RequestLine
from agents.access.routing import system_owner_of
from agents.audit.actors import Actor
from agents.audit.errors import NotAllowed
from agents.audit.events import Event
from agents.audit.moves import locked, move
from agents.people.models import User
from agents.registry import permissions
from agents.registry.actions import agents
from agents.registry.actions.agents import said
from agents.registry.models import Agent, Entitlement

OPEN_FOR = timedelta(days=14)  # then the request expires and nothing is granted
MOST_LINES = 50


@transaction.atomic
def save_draft(agent: Agent | None, *, by: User, wanted: Mapping[Entitlement, int] | None = None, **fields: Any) -> Agent:
    """The draft and what it asks for are stored, complete or not; one can leave and come back.

    wanted: permission → days; None leaves the lines as they are. fields: see `agents.save_draft`.
    Raises NotAllowed, ValidationError.
    """
    agent = agents.save_draft(agent, by=by, **fields)
    request, _created = AccessRequest.objects.get_or_create(
        agent=agent, is_registration=True, state=AccessRequest.State.DRAFT, defaults={"requested_by": by}
    )
    if wanted is not None:
        if len(wanted) > MOST_LINES:
            raise ValidationError({"permissions": _("Ask for at most %(most)s permissions at once.") % {"most": MOST_LINES}})
        request.lines.all().delete()  # a draft's lines are nobody's evidence yet
        lines = [RequestLine(request=request, entitlement=what, duration_days=days) for what, days in wanted.items()]
        for line in lines:
            line.clean_fields()
        RequestLine.objects.bulk_create(lines)
    return agent


@transaction.atomic
def submit(agent: Agent, *, by: User) -> Agent:
    """The proposed owner is asked to accept. Raises NotAllowed, IllegalMove, ValidationError by field.

    Writes agent.submitted.
    """
    request = drafted_for(agent)
    asked_for = list(request.lines.select_related("entitlement__system")) if request else []
    if not asked_for:
        raise ValidationError({"permissions": _("Choose at least one permission.")})
    return agents.submit(
        agent,
        by=by,
        verbs={line.entitlement.verb_class for line in asked_for},
        reached={
            data_class
            for line in asked_for
            for data_class in line.entitlement.data_classes or line.entitlement.system.data_classes
        },
    )


@transaction.atomic
def accept(agent: Agent, *, by: User) -> Agent:
    """This person is accountable, and each line of the registration goes to whom it concerns.

    Raises NotAllowed, IllegalMove. Writes ownership.accepted and request.submitted.
    """
    agent = agents.accept_ownership(agent, by=by)
    request = drafted_for(agent)
    if request is None:
        raise ValidationError(_("This registration asks for no permission; send it back."))
    now = clock.now()
    lines = list(request.lines.select_related("entitlement__system__owner__manager"))
    ApprovalStage.objects.bulk_create(
        ApprovalStage(line=line, approver=route.approver, routed_because=route.because)
        for line in lines
        for route in [system_owner_of(line.entitlement, requested_by=request.requested_by)]
    )
    move(
        request,
        AccessRequest.State.PENDING,
        by=request.requested_by,
        event=Event.REQUEST_SUBMITTED,
        reason=request.purpose or agent.purpose[:500],
        told={"lines": [str(line.entitlement) for line in lines]},
        purpose=request.purpose or agent.purpose,
        submitted_at=now,
        expires_at=now + OPEN_FOR,
    )
    return agent


@transaction.atomic
def refuse(agent: Agent, *, by: User, reason: str) -> Agent:
    """The registration goes back to its author with the reason. Writes ownership.refused."""
    return agents.refuse_ownership(agent, by=by, reason=reason)


@transaction.atomic
def retire(agent: Agent, *, by: User, reason: str) -> Agent:
    """The identity is over for good, its name stays taken, and everything it holds ends now.

    Raises NotAllowed, IllegalMove. Writes agent.retired and grant.revoked for each access.
    """
    agent = locked(Agent, agent.pk)
    if why_not := permissions.why_not_retire(by, agent):
        raise NotAllowed(why_not)
    agent = move(
        agent,
        Agent.State.RETIRED,
        by=by,
        event=Event.AGENT_RETIRED,
        reason=said(reason),
        retired_at=clock.now(),
        authority_epoch=agent.authority_epoch + 1,
        state_reason=said(reason),
    )
    _end_everything(agent, by=by)
    return agent


def _end_everything(agent: Agent, *, by: Actor) -> None:
    # Requests first: an approval that is being made meanwhile has then either stored its grant, or finds no request.
    for request in AccessRequest.objects.filter(agent=agent, state__in=("draft", "pending", "needs_information")):
        move(request, AccessRequest.State.CANCELLED, by=by, event=Event.REQUEST_CANCELLED, reason=_("The agent was retired."))
    for grant in Grant.objects.live().filter(agent=agent).select_for_update(of=("self",)):
        grants.end(grant, by=by, reason=_("The agent was retired."))


def drafted_for(agent: Agent) -> AccessRequest | None:
    """What the agent will ask for once its owner has accepted."""
    return AccessRequest.objects.filter(agent=agent, is_registration=True, state=AccessRequest.State.DRAFT).first()


def registration_of(agent: Agent) -> AccessRequest | None:
    """The request that came with the agent, while it is not over; lines of it are what the agent was registered for."""
    return (
        AccessRequest.objects.filter(agent=agent, is_registration=True)
        .exclude(state__in=(AccessRequest.State.CANCELLED, AccessRequest.State.EXPIRED))
        .order_by("-id")
        .first()
    )
