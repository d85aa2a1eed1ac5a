"""Identities found at a source: they exist already, so the registry takes them in as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from django.db import transaction

from agents import clock
from agents.audit.actors import Actor
from agents.audit.events import Event
from agents.audit.models import TrailRef
from agents.audit.moves import locked
from agents.audit.trail import record
from agents.people.models import LegalEntity, User
from agents.registry import rules
from agents.registry.choices import Origin
from agents.registry.models import Agent, AgentAlias, System
from agents.registry.names import nearest_free_slug


class Outcome(Enum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Found:
    """One identity as a source tells it. source and native_id name it there; kind is its true kind.

    human_owner, technical_owner: whom the source proposes; nobody is accountable before they accept.
    """

    source: str
    native_id: str
    name: str
    kind: str
    environment: str
    platform: str = ""
    purpose: str = ""
    region: str = ""
    human_owner: User | None = None
    technical_owner: User | None = None
    declared_tier: str = ""
    last_used_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@transaction.atomic
def register_discovered(
    found: Found,
    *,
    by: Actor,
    systems: Sequence[System] = (),
    verbs: Sequence[str] = (),
    reached: Sequence[str] = (),
    legal_entity: LegalEntity | None = None,
) -> tuple[Agent, Outcome]:
    """The identity is in the registry as *discovered*: active, since it works at its source, but owned by nobody.

    Found again it is brought up to date; what people decided about it stays, and its tier only rises.
    verbs, reached: verb classes and data classes of its access. Writes agent.discovered or agent.changed.
    """
    alias = AgentAlias.objects.select_related("agent").filter(source=found.source, native_id=found.native_id).first()
    if alias is None:
        return _take_in(found, by=by, systems=systems, verbs=verbs, reached=reached, legal_entity=legal_entity), Outcome.CREATED
    return alias.agent, _bring_up_to_date(alias, found, by=by, systems=systems, verbs=verbs, reached=reached)


def _take_in(
    found: Found,
    *,
    by: Actor,
    systems: Sequence[System],
    verbs: Sequence[str],
    reached: Sequence[str],
    legal_entity: LegalEntity | None,
) -> Agent:
    hits = rules.tier_hits(data_classes=sorted(set(reached)), verbs=verbs, environment=found.environment, has_owner=False)
    agent = Agent(
        name=found.name,
        slug=nearest_free_slug(found.name),
        kind=found.kind,
        state=Agent.State.ACTIVE,
        origin=Origin.DISCOVERED,
        environment=found.environment,
        platform=found.platform,
        purpose=found.purpose,
        region=found.region,
        data_classes=sorted(set(reached)),
        legal_entity=legal_entity,
        human_owner=found.human_owner,
        technical_owner=found.technical_owner,
        declared_tier=found.declared_tier,
        risk_tier=rules.highest(found.declared_tier, *(hit.tier for hit in hits)),
        tier_reasons=[hit.reason for hit in hits],
        activated_at=clock.now(),
    )
    agent.full_clean(exclude=["human_owner", "technical_owner"])
    agent.save()
    agent.systems.set(systems)
    AgentAlias.objects.create(
        agent=agent,
        source=found.source,
        native_id=found.native_id,
        last_used_at=found.last_used_at,
        last_seen_at=clock.now(),
        facts=dict(found.facts),
    )
    record(
        Event.AGENT_DISCOVERED,
        agent,
        by=by,
        after={
            "source": found.source,
            "native_id": found.native_id,
            "kind": found.kind,
            "risk_tier": agent.risk_tier,
            "last_used_at": found.last_used_at,
        },
    )
    return agent


def _bring_up_to_date(
    alias: AgentAlias, found: Found, *, by: Actor, systems: Sequence[System], verbs: Sequence[str], reached: Sequence[str]
) -> Outcome:
    agent = locked(Agent, alias.agent.pk)
    before = {"last_used_at": alias.last_used_at, "facts": alias.facts}
    after = {"last_used_at": found.last_used_at, "facts": dict(found.facts)}
    AgentAlias.objects.filter(pk=alias.pk).update(last_seen_at=clock.now(), **after)
    told: dict[str, tuple[object, object]] = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    told |= _describe_anew(agent, found) | _raise_tier(agent, verbs=verbs, reached=reached)
    if new_systems := set(systems) - set(agent.systems.all()):
        agent.systems.add(*new_systems)
        told["new_systems"] = ([], sorted(system.name for system in new_systems))
    if not told:
        return Outcome.UNCHANGED
    agent.full_clean(exclude=["human_owner", "technical_owner"])
    agent.save()
    record(
        Event.AGENT_CHANGED,
        agent,
        by=by,
        before={name: old for name, (old, _new) in told.items()},
        after={name: new for name, (_old, new) in told.items()},
    )
    return Outcome.UPDATED


def _describe_anew(agent: Agent, found: Found) -> dict[str, tuple[object, object]]:
    """What the source says of it counts until somebody is accountable; then that person does. Gives what changed."""
    if agent.owner_accepted_at is not None:
        return {}
    told: dict[str, tuple[object, object]] = {}
    for name in ("platform", "purpose", "region", "environment", "human_owner", "technical_owner"):
        old, new = getattr(agent, name), getattr(found, name)
        if new and new != old:
            setattr(agent, name, new)
            told[name] = (old or "", new)
    return told


def _raise_tier(agent: Agent, *, verbs: Sequence[str], reached: Sequence[str]) -> dict[str, tuple[object, object]]:
    """The tier follows what it reaches now, upwards only: lowering takes a second person."""
    hits = rules.tier_hits(
        data_classes=sorted({*agent.data_classes, *reached}),
        verbs=verbs,
        environment=agent.environment,
        has_owner=agent.owner_accepted_at is not None,
    )
    tier = rules.highest(agent.risk_tier, *(hit.tier for hit in hits))
    if tier == agent.risk_tier:
        return {}
    old, agent.risk_tier, agent.tier_reasons = agent.risk_tier, tier, [hit.reason for hit in hits]
    return {"risk_tier": (old, tier.value)}


def import_ref(source: str) -> TrailRef:
    """What the event of an import run is told of."""
    return TrailRef("import", source, source)
