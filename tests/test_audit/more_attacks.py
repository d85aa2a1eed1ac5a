"""Attacks in several steps: re-chaining, forks, replays, excuses."""

import json

from agents.audit.verifier.note import Head, signed
from tests.test_audit.attacks import ATTACKS, THIEF, Attacker, attack

SWAP = "UPDATE audit_trailevent SET body = %s, digest = %s WHERE id = %s"


@attack("edit an event's bytes")
def _(a: Attacker) -> None:
    a.event(150, body=a.bend(150))


@attack("edit an event's bytes and its digest")
def _(a: Attacker) -> None:
    a.event(150, body=a.bend(150))
    digest = a.rows("SELECT digest FROM audit_trailevent WHERE id = %s", a.ids[151])[0][0]
    a.event(150, digest=digest)


@attack("edit an event's digest only")
def _(a: Attacker) -> None:
    a.event(150, digest=bytes(32))


@attack("flip one bit of an event")
def _(a: Attacker) -> None:
    body = bytearray(a.body(7))
    body[20] ^= 1
    a.event(7, body=bytes(body))


@attack("add a space to the JSON")
def _(a: Attacker) -> None:
    a.event(150, body=a.body(150).replace(b",", b", ", 1))


@attack("order the keys of the JSON another way")
def _(a: Attacker) -> None:
    told = json.loads(a.body(150))
    a.event(150, body=json.dumps(dict(reversed(told.items())), separators=(",", ":"), ensure_ascii=False).encode())


@attack("write letters as escapes in the JSON")
def _(a: Attacker) -> None:
    a.event(150, body=a.body(150).replace(b'"reason"', b'"reas\\u006fn"', 1))


@attack("name a key twice in the JSON, the second time with a lie")
def _(a: Attacker) -> None:
    a.event(150, body=a.body(150)[:-1] + b',"reason":"approved by the board"}')


@attack("append a NUL to an event")
def _(a: Attacker) -> None:
    a.event(150, body=a.body(150) + b"\x00")


@attack("empty an event")
def _(a: Attacker) -> None:
    a.event(150, body=b"")


@attack("swap the bytes of two events")
def _(a: Attacker) -> None:
    one, two = a.body(10), a.body(11)
    a.event(10, body=two)
    a.event(11, body=one)


@attack("swap two whole events")
def _(a: Attacker) -> None:
    columns = "at, event, target_kind, target_key, about, actor_kind, actor_key, body, digest"
    marks = ", ".join(f"{name} = %s" for name in columns.split(", "))
    one, two = (a.rows(f"SELECT {columns} FROM audit_trailevent WHERE id = %s", a.ids[place])[0] for place in (10, 11))
    a.do(f"UPDATE audit_trailevent SET {marks} WHERE id = %s", *two, a.ids[10])
    a.do(f"UPDATE audit_trailevent SET {marks} WHERE id = %s", *one, a.ids[11])


@attack("move an event to the end of the trail")
def _(a: Attacker) -> None:
    a.event(10, id=max(a.ids) + 1000, xid=10**12)


@attack("move an event before the first")
def _(a: Attacker) -> None:
    a.event(10, id=-5, xid=-1)


COPY = (
    "INSERT INTO audit_trailevent (id, at, event, target_kind, target_key, about, actor_kind, actor_key, body, digest, xid)"
    " SELECT %s, at, event, target_kind, target_key, about, actor_kind, actor_key, body, digest, %s"
    " FROM audit_trailevent WHERE id = %s"
)


@attack("duplicate an event among the sealed ones")
def _(a: Attacker) -> None:
    a.do(COPY, -7, -1, a.ids[10])


@attack("put a foreign event among the sealed ones and re-chain")
def _(a: Attacker) -> None:
    a.do(COPY, -7, -1, a.ids[10])
    a.rechain()


@attack("drop an event and re-chain whole")
def _(a: Attacker) -> None:
    a.delete(150)
    a.rechain()


@attack("drop an event, re-chain, and fill up to the same size")
def _(a: Attacker) -> None:
    a.delete(150)
    a.do(COPY, -7, -1, a.ids[10])
    a.rechain()


@attack("edit an event and re-chain whole")
def _(a: Attacker) -> None:
    a.event(150, body=a.bend(150))
    a.rechain()


@attack("edit an event, re-chain and sign with another key")
def _(a: Attacker) -> None:
    a.event(150, body=a.bend(150))
    a.rechain()
    a.resign()


@attack("edit an event, re-chain and drop every checkpoint in the database")
def _(a: Attacker) -> None:
    a.event(150, body=a.bend(150))
    a.rechain()
    a.do("DELETE FROM audit_checkpoint")


@attack("edit the last event of all, re-chain and drop the checkpoint over it")
def _(a: Attacker) -> None:
    a.event(-1, body=a.bend(-1))
    a.rechain()
    a.do("DELETE FROM audit_checkpoint WHERE size = 405")


@attack("swap two events and re-chain whole")
def _(a: Attacker) -> None:
    one, two = a.body(10), a.body(11)
    a.event(10, body=two)
    a.event(11, body=one)
    a.rechain()


@attack("cut the last seal")
def _(a: Attacker) -> None:
    a.cut(1)


@attack("cut all but the first seal")
def _(a: Attacker) -> None:
    a.cut(3)


@attack("empty the trail")
def _(a: Attacker) -> None:
    a.cut(4)


@attack("empty the trail, epochs and all")
def _(a: Attacker) -> None:
    a.cut(4)
    a.do("DELETE FROM audit_epoch")


@attack("cut the last seal and excuse it with an epoch that lost it")
def _(a: Attacker) -> None:
    a.cut(1)
    a.do(
        "INSERT INTO audit_epoch (number, begun_at, after_id, size_before, server, reason, common_size, lost_size, lost_root)"
        " SELECT 2, begun_at, %s, 345, server, 'restored', 345, 405, %s FROM audit_epoch",
        a.ids[344],
        bytes(32),
    )


REMOVE = (
    "INSERT INTO audit_removedsegment (first_seal, last_seal, first_position, size, count, root, first_at, last_at, removed_at,"
    " removed_by, reason) SELECT 2, 2, 5, size, count, root, last_at, last_at, last_at, 'x', 'x' FROM audit_seal WHERE number = 2"
)


@attack("drop a batch and excuse it as removed after its time")
def _(a: Attacker) -> None:
    a.delete(*range(5, 305))
    a.do(REMOVE)


@attack("excuse a batch as removed while its events are there")
def _(a: Attacker) -> None:
    a.do(REMOVE)


@attack("swap two seals")
def _(a: Attacker) -> None:
    a.seal(2, number=99)
    a.seal(3, number=2)
    a.seal(99, number=3)


@attack("fork: a second seal after the third, over fewer events")
def _(a: Attacker) -> None:
    a.delete(-1)
    a.rechain()


@attack("split a seal in two")
def _(a: Attacker) -> None:
    xid = a.rows("SELECT xid FROM audit_trailevent WHERE id = %s", a.ids[350])[0][0]
    a.seal(4, count=6, size=351, last_id=a.ids[350], last_xid=xid)
    a.rechain()


@attack("edit a tree node")
def _(a: Attacker) -> None:
    a.do("UPDATE audit_treenode SET hash = %s", bytes(32))


@attack("drop a tree node")
def _(a: Attacker) -> None:
    a.do("DELETE FROM audit_treenode")


@attack("add a tree node for events that do not exist")
def _(a: Attacker) -> None:
    a.do('INSERT INTO audit_treenode (level, "index", hash) VALUES (8, 40, %s)', bytes(32))


@attack("drop a checkpoint row")
def _(a: Attacker) -> None:
    a.do("DELETE FROM audit_checkpoint WHERE size = 305")


@attack("replay an old checkpoint as the newest")
def _(a: Attacker) -> None:
    a.checkpoint(3, note=a.note(0))


@attack("put a checkpoint of another trail into the row, signed with the right key's name")
def _(a: Attacker) -> None:
    a.checkpoint(3, note=a.note(3).replace(a.keys[0].name, "elsewhere/trail"))


@attack("sign a checkpoint with another key of the same name")
def _(a: Attacker) -> None:
    a.resign(THIEF)


@attack("take the signature off a checkpoint")
def _(a: Attacker) -> None:
    a.checkpoint(1, note=a.note(1)[: a.note(1).index("—")])


@attack("put the signature of one checkpoint under another")
def _(a: Attacker) -> None:
    text, signature = a.note(1).split("\n\n")[0], a.note(2).split("\n\n")[1]
    a.checkpoint(1, note=f"{text}\n\n{signature}")


@attack("show a checkpoint from outside that knows more (a rolled back database)")
def _(a: Attacker) -> None:
    a.cut(1)
    a.do("DELETE FROM audit_checkpoint WHERE size > 345")


@attack("bring a foreign trail's checkpoint into the folder")
def _(a: Attacker) -> None:
    head = Head("elsewhere/trail", 405, bytes(32), 1, bytes(32), "2026-01-01T00:00:00.000000+00:00")
    a.outside.append(("folder", signed(head, a.keys[0], THIEF.sign(head.text().encode()))))


@attack("bring a checkpoint of a later epoch, as after a second rollback")
def _(a: Attacker) -> None:
    a.do("UPDATE audit_epoch SET number = 0")
    a.do("UPDATE audit_seal SET epoch = 0")


__all__ = ["ATTACKS"]
