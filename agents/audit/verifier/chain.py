"""What a seal and an epoch are, as the bytes that are hashed, and how one row of the trail is checked."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

NOTHING = bytes(32)  # what the first seal follows


@dataclass(frozen=True)
class EpochRow:
    number: int
    after_id: int
    size_before: int
    server: str
    common_size: int | None
    lost_size: int | None
    lost_root: bytes | None

    @property
    def digest(self) -> bytes:
        lost = f"{self.common_size} {self.lost_size} {(self.lost_root or b'').hex()}" if self.lost_size is not None else "-"
        text = f"mandate epoch\n{self.number}\n{self.after_id}\n{self.size_before}\n{self.server}\n{lost}\n"
        return sha256(text.encode()).digest()


@dataclass(frozen=True)
class SealRow:
    """sealed_at, last_at: ISO 8601 in UTC with microseconds."""

    number: int
    epoch: int
    size: int
    count: int
    last_xid: int
    last_id: int
    last_at: str
    root: bytes
    frontier: bytes
    previous: bytes
    digest: bytes
    sealed_at: str

    def should_be(self, epoch: EpochRow) -> bytes:
        """The digest these facts have: the chain covers every column but the frontier, which the root covers."""
        text = (
            f"mandate seal\n{self.number}\n{epoch.digest.hex()}\n{self.size}\n{self.count}\n{self.last_xid}\n{self.last_id}\n"
            f"{self.last_at}\n{self.root.hex()}\n{self.previous.hex()}\n{self.sealed_at}\n"
        )
        return sha256(text.encode()).digest()


@dataclass(frozen=True)
class CheckpointRow:
    id: int
    epoch: int
    size: int
    root: bytes
    note: str


@dataclass(frozen=True)
class Removed:
    """Seals whose events were removed when their time was over."""

    first_seal: int
    last_seal: int
    size: int
    count: int
    root: bytes


# xid, id, at (ISO), event, target_kind, target_key, about, actor_kind, actor_key, body, digest
EventRow = tuple[int, int, str, str, str, str, str, str, str, bytes, bytes]


decode: Callable[[str], tuple[dict[str, Any], int]] = json.JSONDecoder().raw_decode


def disagreement(row: EventRow) -> str:
    """Which search column says something else than the hashed bytes; empty when all agree."""
    _xid, _id, at, event, target_kind, target_key, about, actor_kind, actor_key, body, _digest = row
    try:
        text = body.decode()  # UTF-8 and nothing else; guessing costs time too
        told, end = decode(text)
        if end != len(text):
            return "the bytes are not an event"
        target, actor = told["target"], told["actor"]
        if told["event"] == event and told["at"] == at and told["about"] == about:  # noqa: SIM102  (the common way first)
            if target["kind"] == target_kind and target["key"] == target_key:  # noqa: SIM102
                if actor["kind"] == actor_kind and actor["key"] == actor_key:
                    return ""
    except (ValueError, KeyError, TypeError):
        return "the bytes are not an event"
    said = {"event": told["event"], "time": told["at"], "about": told["about"]}
    said |= {"target": (target["kind"], target["key"]), "actor": (actor["kind"], actor["key"])}
    shown = {"event": event, "time": at, "about": about, "target": (target_kind, target_key), "actor": (actor_kind, actor_key)}
    return ", ".join(name for name in said if said[name] != shown[name])


Query = Callable[[str], Iterator[tuple[Any, ...]]]
