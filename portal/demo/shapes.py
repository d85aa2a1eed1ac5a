"""What the demo's tables are made of: systems, permissions, agents, and identities found at a source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agents.registry.choices import AgentKind, Criticality, DataClass, Environment, SystemKind, SystemMode, VerbClass

Fate = Literal["active", "suspended", "retired", "waits for owner", "waits for approval", "sent back", "draft"]


@dataclass(frozen=True)
class Permission:
    name: str
    verb: VerbClass
    effect: str


@dataclass(frozen=True)
class Catalogued:
    """A system as its owner describes it."""

    name: str
    kind: SystemKind
    owner: str
    entity: str
    region: str
    data_classes: tuple[DataClass, ...]
    permissions: tuple[Permission, ...]
    criticality: Criticality = Criticality.IMPORTANT
    mode: SystemMode = SystemMode.ENFORCE
    environment: Environment = Environment.PRODUCTION


@dataclass(frozen=True)
class Cast:
    """An agent: what it is for, who answers for it, and how far it has come.

    refused: permission → the reason of the system's owner; ended: permission → why a review ended it;
    unused: permissions that it holds and never used.
    """

    name: str
    days_ago: int
    purpose: str
    asked: tuple[str, ...]
    data_classes: tuple[DataClass, ...]
    owner: str
    technical: str
    asked_by: str
    region: str
    platform: str = "Claude on Bedrock"
    days: int = 365
    fate: Fate = "active"
    kind: AgentKind = AgentKind.AI_AGENT
    environment: Environment = Environment.PRODUCTION
    reason: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discovered:
    """A machine identity found in a cloud account: it works, and nobody answers for it.

    days_unused: days since its last use today, None: no use is known; days_ago: when it was found.
    """

    name: str
    kind: AgentKind
    platform: str
    holds: tuple[str, ...]
    days_unused: int | None
    days_ago: int = 30
    purpose: str = ""
    environment: Environment = Environment.PRODUCTION


@dataclass(frozen=True)
class Account:
    """A cloud account that is scanned, and who it belongs to."""

    number: str
    entity: str
    region: str
    found: tuple[Discovered, ...]
