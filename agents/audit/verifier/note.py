"""Signed checkpoints: C2SP tlog-checkpoint (origin, size, root, extension lines) inside a C2SP signed note.

mandate.example/trail
1204
<root, base64>
epoch 1
seal <chain digest, hex>
time 2026-11-24T17:20:49.000000+00:00

— mandate.example/trail <key id and signature, base64>
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

from agents.audit.verifier.signatures import is_signed

ALGORITHM = b"\x01"  # Ed25519, as signed notes number it
DASH = "— "


class BadNote(ValueError):
    """The text is no checkpoint, or nobody trusted signed it. The sentence says which."""


@dataclass(frozen=True)
class PublicKey:
    """A verifier key: its name and 32 bytes; spelled "name+hex key id+base64"."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ALGORITHM + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ALGORITHM + self.public).decode()}"

    @classmethod
    def parse(cls, spelled: str) -> "PublicKey":
        """Raises BadNote."""
        parts = spelled.strip().split("+", 2)
        try:
            raw = base64.b64decode(parts[2], validate=True)
        except (IndexError, binascii.Error) as problem:
            raise BadNote(f"{spelled[:80]!r} is no verifier key") from problem
        key = cls(parts[0], raw[1:])
        if raw[:1] != ALGORITHM or len(key.public) != 32 or key.id.hex() != parts[1]:
            raise BadNote(f"{spelled[:80]!r} is no verifier key")
        return key


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: so many events, with this root and this chain digest, in this epoch, at this time (ISO)."""

    origin: str
    size: int
    root: bytes
    epoch: int
    seal: bytes
    time: str

    def text(self) -> str:
        """The bytes that are signed, ending in a newline."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nepoch {self.epoch}\nseal {self.seal.hex()}\ntime {self.time}\n"


def signed(head: Head, key: PublicKey, signature: bytes) -> str:
    """The note. signature: over head.text()."""
    return f"{head.text()}\n{DASH}{key.name} {base64.b64encode(key.id + signature).decode()}\n"


def opened(note: str, keys: list[PublicKey], origin: str = "") -> Head:
    """What the note says, once a trusted key's signature fits. origin: refuse any other (empty: take any).

    Raises BadNote.
    """
    text, gap, signatures = note.rpartition("\n\n")
    if not gap:
        raise BadNote("this is no signed note")
    text += "\n"
    head = _head(text)
    if origin and head.origin != origin:
        raise BadNote(f"the checkpoint is of another trail, {head.origin}")
    if not any(_fits(line, text, key) for line in signatures.splitlines() for key in keys):
        raise BadNote("no trusted key signed this checkpoint")
    return head


def _head(text: str) -> Head:
    lines = text.split("\n")
    try:
        origin, size, root, epoch, seal, time, rest = lines
        head = Head(
            origin,
            int(size),
            base64.b64decode(root, validate=True),
            int(epoch.removeprefix("epoch ")),
            bytes.fromhex(seal.removeprefix("seal ")),
            time.removeprefix("time "),
        )
    except (ValueError, binascii.Error) as problem:
        raise BadNote("this is no checkpoint of ours") from problem
    if rest or head.text() != text:  # one spelling only
        raise BadNote("this is no checkpoint of ours")
    return head


def _fits(line: str, text: str, key: PublicKey) -> bool:
    name, _space, encoded = line.removeprefix(DASH).rpartition(" ")
    if not line.startswith(DASH) or name != key.name:
        return False
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return raw[:4] == key.id and is_signed(key.public, text.encode(), raw[4:])
