"""What somebody reads before they decide: one access line, or the ownership of one agent."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from agents import clock
from agents.access.actions.registrations import registration_of
from agents.access.models import AccessRequest, ApprovalStage, Grant, RequestLine
from agents.access.permissions import why_not_decide
from agents.access.routing import Route, system_owner_of
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.people.models import User
from agents.registry.choices import DataClass, Environment
from agents.registry.models import Agent, Entitlement
from agents.registry.permissions import why_not_accept


@dataclass(frozen=True)
class LineCase:
    """One access asked for. why_not: why this person cannot decide it; None while they can."""

    line: RequestLine
    stage: ApprovalStage | None
    why_not: str | None
    is_open: bool
    holds: list[Grant]
    holds_the_same: Grant | None
    earlier: RequestLine | None
    cautions: list[str]
    others: list[RequestLine]

    @property
    def request(self) -> AccessRequest:
        return self.line.request

    @property
    def agent(self) -> Agent:
        return self.line.request.agent

    @property
    def entitlement(self) -> Entitlement:
        return self.line.entitlement


@dataclass(frozen=True)
class OwnershipCase:
    """An agent and the person who would answer for it. wanted: what it asks for, with who would decide that."""

    agent: Agent
    request: AccessRequest | None
    why_not: str | None
    is_open: bool
    wanted: list[tuple[RequestLine, Route]]
    earlier: TrailEvent | None


def line_case(line: RequestLine, user: User) -> LineCase:
    """line: with request.agent, entitlement.system and stages at hand."""
    request, agent = line.request, line.request.agent
    held = list(
        Grant.objects.unexpired().filter(agent=agent).select_related("entitlement__system").order_by("entitlement__system__name")
    )
    return LineCase(
        line=line,
        stage=next(iter(line.stages.all()), None),
        why_not=why_not_decide(user, line),
        is_open=line.state == RequestLine.State.PENDING and _is_running(request),
        holds=held,
        holds_the_same=next((grant for grant in held if grant.entitlement_id == line.entitlement_id), None),
        earlier=_last_decision(line),
        cautions=cautions(agent, line.entitlement),
        others=[other for other in request.lines.select_related("entitlement__system") if other.pk != line.pk],
    )


def ownership_case(agent: Agent, user: User) -> OwnershipCase:
    request = registration_of(agent)
    lines = request.lines.select_related("entitlement__system__owner__manager") if request else []
    refused = TrailEvent.objects.filter(about=f"agent:{agent.uid}", event=Event.OWNERSHIP_REFUSED).order_by("-id")
    return OwnershipCase(
        agent=agent,
        request=request,
        why_not=why_not_accept(user, agent),
        is_open=agent.state == Agent.State.PENDING_OWNER,
        wanted=[(line, system_owner_of(line.entitlement, requested_by=line.request.requested_by)) for line in lines],
        earlier=refused.first(),
    )


def cautions(agent: Agent, entitlement: Entitlement) -> list[str]:
    """What an attentive colleague would point at: facts, not verdicts."""
    found = []
    if not entitlement.plain_effect:
        found.append(_("The owner of %(system)s has not described this permission.") % {"system": entitlement.system})
    reached = entitlement.data_classes or entitlement.system.data_classes
    beyond = [str(DataClass(name).label) for name in reached if name not in agent.data_classes]
    if beyond:
        found.append(_("It reaches %(what)s; the registration does not name that.") % {"what": ", ".join(beyond)})
    if not reached:
        found.append(_("Which data it reaches is unknown: nobody has classified it."))
    if entitlement.system.environment == Environment.PRODUCTION != agent.environment:
        found.append(
            _("A %(environment)s agent would reach a production system.") % {"environment": agent.get_environment_display()}
        )
    if entitlement.is_privileged:
        found.append(_("Privileged: it can change or take out what others rely on."))
    return found


def _is_running(request: AccessRequest) -> bool:
    """Asked the clock, not a job: a request whose time is over is over."""
    return request.state == AccessRequest.State.PENDING and (request.expires_at is None or request.expires_at > clock.now())


def _last_decision(line: RequestLine) -> RequestLine | None:
    decided = RequestLine.objects.filter(
        request__agent=line.request.agent_id, entitlement=line.entitlement_id, decided_at__isnull=False
    ).exclude(pk=line.pk)
    return decided.select_related("decided_by").order_by("-decided_at").first()
