"""Builders that run the real actions: what they return came about as it does in life."""

from typing import Any

from agents.access.actions import grants, lines, registrations
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.people.models import User
from agents.registry.actions import agents as registry
from agents.registry.actions.discovery import Found, register_discovered
from agents.registry.choices import AgentKind, DataClass, Environment
from agents.registry.models import Agent, Entitlement
from tests.people import TEST, Cast


def draft(cast: Cast, *, by: User | None = None, wanted: dict[Entitlement, int] | None = None, **fields: Any) -> Agent:
    """A complete draft of Ann's, asking to read patient records for 30 days."""
    details: dict[str, Any] = {
        "name": "Discharge summariser",
        "environment": Environment.PRODUCTION,
        "platform": "Claude on Bedrock",
        "purpose": "Writes first drafts of discharge letters for a doctor to check.",
        "region": "US",
        "data_classes": [DataClass.EPHI],
        "human_owner": cast.bob,
        "technical_owner": cast.ann,
        "legal_entity": cast.hospital,
    } | fields
    return registrations.save_draft(
        None,
        by=by or cast.ann,
        wanted=wanted if wanted is not None else {cast.read_records: 30},
        systems=sorted({e.system for e in (wanted or {cast.read_records: 30})}, key=str),
        **details,
    )


def agent_at(state: Agent.State, cast: Cast, **fields: Any) -> Agent:
    """An agent that went the real way to that state."""
    agent = draft(cast, **fields)
    if state == Agent.State.DRAFT:
        return agent
    agent = registrations.submit(agent, by=agent.registered_by or cast.ann)
    if state == Agent.State.PENDING_OWNER:
        return agent
    agent = registrations.accept(agent, by=agent.human_owner or cast.bob)
    if state == Agent.State.PENDING_APPROVAL:
        return agent
    for line in open_lines(agent):
        lines.approve(line, by=line.stages.get().approver or cast.cat)
    agent.refresh_from_db()
    if state == Agent.State.SUSPENDED:
        return registry.suspend(agent, by=cast.sid, reason="Odd behaviour.")
    if state == Agent.State.RETIRED:
        return registrations.retire(agent, by=cast.sid, reason="No longer needed.")
    if state != Agent.State.ACTIVE:
        raise ValueError(f"no way to {state} is built yet")
    return agent


def open_lines(agent: Agent) -> list[RequestLine]:
    return list(RequestLine.objects.filter(request__agent=agent, state=RequestLine.State.PENDING).order_by("id"))


def request_of(agent: Agent) -> AccessRequest:
    return AccessRequest.objects.get(agent=agent, is_registration=True)


def grant_at(state: Grant.State, cast: Cast, **fields: Any) -> Grant:
    """The grant of an active agent, taken to that state by real people."""
    grant = Grant.objects.get(agent=agent_at(Agent.State.ACTIVE, cast, **fields))
    if state == Grant.State.ACTIVE:
        return grant
    if state == Grant.State.HELD:
        return grants.hold(grant, by=cast.bob, reason="Not needed.")
    if state == Grant.State.REVOKED:
        return grants.revoke(grant, by=cast.bob, reason="Not needed.")
    raise ValueError(f"no way to {state} is built: move the clock")


def discovered(cast: Cast, *, name: str = "etl-runner", entitlement: Entitlement | None = None) -> Agent:
    """A workload found in a cloud account, holding access that nobody approved."""
    held = entitlement or cast.read_records
    agent, _outcome = register_discovered(
        Found(
            source="aws:012345678901",
            native_id=f"arn:aws:iam::012345678901:role/{name}",
            name=name,
            kind=AgentKind.WORKLOAD,
            environment=Environment.PRODUCTION,
            platform="AWS EC2",
        ),
        by=TEST,
        systems=[held.system],
        verbs=[held.verb_class],
        reached=held.system.data_classes,
        legal_entity=cast.hospital,
    )
    grants.record_discovered(agent, held, by=TEST, source="aws:012345678901")
    return agent
