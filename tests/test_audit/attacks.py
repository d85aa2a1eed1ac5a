"""What somebody with full power over the database could do to the trail. Each attack must be found by the verifier.

The attacker's trail: batches of 5, 300, 40 and 60 events, a checkpoint after each; the copies of the checkpoints outside
the database, and the signing key, are out of the attacker's reach unless the attack says otherwise.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agents.audit.verifier.chain import NOTHING, EpochRow, SealRow
from agents.audit.verifier.check import verify
from agents.audit.verifier.merkle import Tree
from agents.audit.verifier.note import Head, PublicKey, signed
from agents.audit.verifier.report import Report
from agents.audit.verifier.source import Source

BATCHES = [5, 300, 40, 60]
THIEF = Ed25519PrivateKey.from_private_bytes(b"thief" + bytes(27))
TABLES = ("trailevent", "seal", "treenode", "checkpoint", "epoch", "removedsegment")


@dataclass
class Attacker:
    """execute(sql, args) with %s marks; everything happens in one transaction that the test takes back."""

    run: Callable[[str, tuple[Any, ...]], Any]
    source: Source
    keys: list[PublicKey]
    outside: list[tuple[str, str]]
    ids: list[int] = field(default_factory=list)  # of the events, in sealed order

    def rows(self, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in self.run(statement, args)]

    def do(self, statement: str, *args: Any) -> None:
        self.run(statement, args)

    def event(self, place: int, /, **columns: Any) -> None:
        marks = ", ".join(f"{name} = %s" for name in columns)
        self.do(f"UPDATE audit_trailevent SET {marks} WHERE id = %s", *columns.values(), self.ids[place])

    def seal(self, which: int, /, **columns: Any) -> None:
        marks = ", ".join(f"{name} = %s" for name in columns)
        self.do(f"UPDATE audit_seal SET {marks} WHERE number = %s", *columns.values(), which)

    def body(self, place: int) -> bytes:
        return bytes(self.rows("SELECT body FROM audit_trailevent WHERE id = %s", self.ids[place])[0][0])

    def bend(self, place: int) -> bytes:
        """The body with another reason in it: valid, canonical, of a lie."""
        told = json.loads(self.body(place))
        told["reason"] = "approved by the board"
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def delete(self, *places: int) -> None:
        for place in places:
            self.do("DELETE FROM audit_trailevent WHERE id = %s", self.ids[place])

    def rechain(self) -> None:
        """Digests, seals and tree nodes are recomputed over whatever the events are now: the chain alone looks well."""
        self.do("DELETE FROM audit_treenode")
        tree, previous, size = Tree(), NOTHING, 0
        events = self.rows("SELECT xid, id, body FROM audit_trailevent ORDER BY xid, id")
        epoch = EpochRow(*self._epoch())
        for seal in list(self.source.seals()):
            taken = [row for row in events[size:] if (row[0], row[1]) <= (seal.last_xid, seal.last_id)]
            leaves = []
            for _xid, id_, body in taken:
                leaves.append(sha256(b"\x00" + body).digest())
                self.do("UPDATE audit_trailevent SET digest = %s WHERE id = %s", leaves[-1], id_)
            tree.extend(leaves)
            size += len(taken)
            last = (taken[-1][0], taken[-1][1]) if taken else (seal.last_xid, seal.last_id)
            facts = vars(seal) | {"size": size, "count": len(taken), "root": tree.root, "previous": previous}
            made = SealRow(**(facts | {"last_xid": last[0], "last_id": last[1], "frontier": tree.frontier}))
            previous = made.should_be(epoch)
            self.seal(
                seal.number, size=size, count=len(taken), last_xid=last[0], last_id=last[1], root=tree.root,
                frontier=tree.frontier, previous=made.previous, digest=previous,
            )  # fmt: skip
        for level, index, hashed in tree.kept:
            self.do('INSERT INTO audit_treenode (level, "index", hash) VALUES (%s, %s, %s)', level, index, hashed)

    def _epoch(self) -> tuple[Any, ...]:
        columns = "number, after_id, size_before, server, common_size, lost_size, lost_root"
        return self.rows(f"SELECT {columns} FROM audit_epoch ORDER BY number")[0]

    def resign(self, key: Ed25519PrivateKey = THIEF) -> None:
        """Every checkpoint says what the seals say now, signed with the attacker's own key."""
        seals = list(self.source.seals())
        name = self.keys[0].name
        public = PublicKey(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        for at, (id_,) in enumerate(self.rows("SELECT id FROM audit_checkpoint ORDER BY id")):
            seal = seals[min(at, len(seals) - 1)]
            head = Head(name, seal.size, seal.root, seal.epoch, seal.digest, seal.sealed_at)
            note = signed(head, public, key.sign(head.text().encode()))
            self.do("UPDATE audit_checkpoint SET size = %s, root = %s, note = %s WHERE id = %s", seal.size, seal.root, note, id_)

    def note(self, number: int) -> str:
        return str(self.rows("SELECT note FROM audit_checkpoint ORDER BY id")[number][0])

    def checkpoint(self, number: int, /, **columns: Any) -> None:
        id_ = self.rows("SELECT id FROM audit_checkpoint ORDER BY id")[number][0]
        marks = ", ".join(f"{name} = %s" for name in columns)
        self.do(f"UPDATE audit_checkpoint SET {marks} WHERE id = %s", *columns.values(), id_)

    def cut(self, seals: int) -> None:
        """The last seals are gone, with their events, nodes and checkpoints: the chain ends earlier, and well."""
        kept = list(self.source.seals())[:-seals]
        size = kept[-1].size if kept else 0
        self.delete(*range(size, len(self.ids)))
        self.do("DELETE FROM audit_seal WHERE number > %s", kept[-1].number if kept else 0)
        self.do("DELETE FROM audit_checkpoint WHERE size > %s", size)
        self.do('DELETE FROM audit_treenode WHERE ("index" + 1) * 256 > %s', size)

    def verify(self) -> Report:
        return verify(self.source, keys=self.keys, origin=self.keys[0].name, outside=self.outside)


Attack = Callable[[Attacker], None]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    def register(one: Attack) -> Attack:
        ATTACKS[name] = one
        return one

    return register


def _each() -> Iterator[tuple[str, Attack]]:
    """Attacks that are alike but for a column."""
    columns: dict[str, object] = {
        "event": "agent.suspended", "target_kind": "person", "target_key": "999999999", "about": "agent:x",
        "actor_kind": "person", "actor_key": "somebody", "at": "2020-01-01 00:00:00+00",
    }  # fmt: skip
    for column, value in columns.items():
        yield f"edit the column {column} of an event", lambda a, c=column, v=value: a.event(150, **{c: v})  # type: ignore[misc]
    columns = {
        "epoch": 7, "size": 99_999, "count": 41, "last_xid": 999_999_999, "last_id": 1, "last_at": "2020-01-01 00:00:00+00",
        "root": bytes(32), "frontier": bytes(32), "previous": b"x" * 32, "digest": bytes(32),
        "sealed_at": "2020-01-01 00:00:00+00",
    }  # fmt: skip
    for column, value in columns.items():
        yield f"edit the column {column} of a seal", lambda a, c=column, v=value: a.seal(3, **{c: v})  # type: ignore[misc]
    for column, other in {"epoch": 9, "size": 5, "root": bytes(32)}.items():
        yield f"edit the column {column} of a checkpoint", lambda a, c=column, v=other: a.checkpoint(2, **{c: v})  # type: ignore[misc]
    for column, fact in {"after_id": 3, "size_before": 5, "server": "another", "number": 2}.items():
        yield f"edit the column {column} of the epoch", lambda a, c=column, v=fact: a.do(f"UPDATE audit_epoch SET {c} = %s", v)  # type: ignore[misc]
    for what, place in {"first": 0, "last of a batch": 304, "middle": 200, "last sealed": -1}.items():
        yield f"drop the {what} event", lambda a, p=place: a.delete(p)  # type: ignore[misc]
    for number, name in {1: "first", 3: "middle", 4: "last"}.items():
        yield f"drop the {name} seal", lambda a, n=number: a.do("DELETE FROM audit_seal WHERE number = %s", n)  # type: ignore[misc]
    for old, new in {"405": "404", "epoch 1": "epoch 2", "seal ": "seal 00", "time 20": "time 19"}.items():
        yield f"edit {old.strip()!r} in a signed text", lambda a, o=old, n=new: a.checkpoint(3, note=a.note(3).replace(o, n, 1))  # type: ignore[misc]


ATTACKS |= dict(_each())
