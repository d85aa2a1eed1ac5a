"""Writing the trail. A change and its event commit together, or neither does (invariant 5)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise

from agents.audit import gate, labels, reactions, timekeeping
from agents.audit.actors import Actor
from agents.audit.appending import append
from agents.audit.context import origin
from agents.audit.events import Event
from agents.audit.models import TrailEvent, TrailRef
from agents.audit.personal import Label, Person, Personal, told_apart

AFTER_A_RESTORE = (Event.ROLLBACK_ACKNOWLEDGED, Event.EPOCH_BEGUN)  # told while the portal is still read-only
BODY_VERSION = 2  # 2: people's labels are tokens; bytes of version 1 name them in the clear
LEAF = b"\x00"  # RFC 6962 section 2.1: leaves and nodes are hashed apart


class Target(Protocol):
    def trail_ref(self) -> TrailRef: ...


def record(
    event: Event,
    target: Target | TrailRef,
    *,
    by: Actor,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> TrailEvent:
    """The event is part of this transaction, with one `Reaction` row for each registered handler.

    before, after: only what changed; values must be JSON or date, UUID, enum, a person's row, or `Personal` for what else
    tells who somebody is. Those and the labels of people are encrypted; reasons are not: they are kept as written.
    Raises RuntimeError outside a transaction: the change and its event would part ways; Closed while a restored
    backup waits or the clock is behind the trail.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{event} must be recorded in the transaction of the change it tells of")
    if event not in AFTER_A_RESTORE:
        gate.must_be_open()
    ref = target if isinstance(target, TrailRef) else target.trail_ref()
    at = timekeeping.stamp()
    whence = origin()
    body = exact_bytes(
        {
            "v": BODY_VERSION,
            "event": str(event.value),
            "at": at,
            "target": {"kind": ref.kind, "key": ref.key, "label": _label(ref.kind, ref.key, ref.label)},
            "about": ref.about or f"{ref.kind}:{ref.key}",
            "actor": {
                "kind": by.actor_kind,
                "key": by.actor_key,
                "label": _label(by.actor_kind, by.actor_key, by.actor_label),
            },
            "reason": reason,
            "before": {name: told_apart(value) for name, value in (before or {}).items()},
            "after": {name: told_apart(value) for name, value in (after or {}).items()},
            "request_id": whence.request_id,
            "address": whence.address,
        }
    )
    row = TrailEvent(
        at=at,
        event=str(event.value),
        target_kind=ref.kind,
        target_key=ref.key,
        about=ref.about or f"{ref.kind}:{ref.key}",
        actor_kind=by.actor_kind,
        actor_key=by.actor_key,
        body=body,
        digest=hashlib.sha256(LEAF + body).digest(),
    )
    append(row)
    reactions.owe(event, row.pk)
    return row


def _label(kind: str, key: str, label: Label) -> Label:
    """The label of a person is theirs to have erased."""
    return Personal(key, label) if kind == "person" and isinstance(label, str) else label


def exact_bytes(facts: Mapping[str, object]) -> bytes:
    """The one spelling of an event: UTF-8 JSON, keys sorted, no spaces, times in UTC with microseconds."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=plain).encode()


def plain(value: Any) -> object:
    """A value as the trail spells it. Raises TypeError for what has no spelling."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case UUID() | Promise():
            return str(value)
        case Enum():
            return value.value
        case set() | frozenset():
            return sorted(value)
        case Person():
            return labels.token_of(value.as_told)
    raise TypeError(f"the trail cannot spell {type(value).__name__}")
