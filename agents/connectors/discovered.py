"""What a reader found at a source, before anything of it is stored. No database here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from agents.intake.reports import Fault
from agents.registry.choices import AgentKind, Environment, SystemKind, Tier, VerbClass


@dataclass(frozen=True)
class DiscoveredSystem:
    """Named alike in each import of its source; equal names are one system."""

    name: str
    kind: SystemKind = SystemKind.APPLICATION
    data_classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DiscoveredAccess:
    """One permission that the identity holds there.

    verb_class: None when the file does not say; then the permission must be in the catalogue already.
    is_privileged: True flags it further than the registry's rule does. facts: conditions and where it comes from.
    """

    system: DiscoveredSystem
    name: str
    verb_class: VerbClass | None
    data_classes: tuple[str, ...] = ()
    is_privileged: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class DiscoveredIdentity:
    """One identity of its true kind. row and columns: where its fields stand in the file, for faults found later.

    environment: None when the source does not say. human_owner, technical_owner: e-mail addresses that the file proposes.
    """

    row: int
    source: str
    native_id: str
    name: str
    kind: AgentKind
    environment: Environment | None = None
    platform: str = ""
    purpose: str = ""
    region: str = ""
    data_classes: tuple[str, ...] = ()
    declared_tier: Tier | None = None
    human_owner: str = ""
    technical_owner: str = ""
    legal_entity: str = ""
    last_used_at: datetime | None = None
    systems: tuple[DiscoveredSystem, ...] = ()
    access: tuple[DiscoveredAccess, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)  # model field → column of the file


@dataclass(frozen=True)
class LeftOut:
    """Something of the source that is no machine identity of ours. reason: a sentence, the same for alike things."""

    row: int
    name: str
    reason: str


@dataclass(frozen=True)
class Misread:
    """Something that cannot be taken in until the faults are mended."""

    row: int
    faults: tuple[Fault, ...]


Reading = DiscoveredIdentity | LeftOut | Misread
Reader = Callable[[IO[bytes]], Iterator[Reading]]  # raises Unreadable when the file as a whole cannot be used
