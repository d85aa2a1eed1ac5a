"""A call that names a key happens once, however often it is sent, and every repetition gets the first one's answer.

A call first claims its key, in a transaction of its own, so that others see it is under way. The change and its answer are
then stored in one transaction under that claim: a process killed before the commit has changed nothing and its claim runs
out; one killed after it has left the answer; and one that was so slow that another took the key is undone.
"""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from agents import clock
from agents.audit.models import IdempotentCall

LEASE = timedelta(minutes=1)  # how long a call may take before a repetition may take its key
KEPT = timedelta(days=7)
LARGEST = 64 * 1024  # bytes of an answer that is kept
LONGEST_KEY = 200
NOT_KEPT = {"not-kept": ""}  # stands in the place of headers


@dataclass(frozen=True)
class Answer:
    """body is None when it was too large, streamed or secret, so that only the fact is kept."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = b""


@dataclass(frozen=True)
class Claim:
    """The key is ours until its lease is over."""

    call: int
    token: uuid.UUID


class InFlight(Exception):
    """The same call is under way."""


class OtherCall(Exception):
    """The key belongs to a call with another address or content."""


class Lost(Exception):
    """The call took so long that a repetition has taken its key; what it did must be undone."""


def is_key(text: str) -> bool:
    """1 to 200 printable characters of ASCII."""
    return 1 <= len(text) <= LONGEST_KEY and text.isascii() and text.isprintable()


def fingerprint(method: str, address: str, body: bytes) -> str:
    """SHA-256 of what is asked. address: path and query, which hold no line breaks."""
    return hashlib.sha256(f"{method} {address}\n".encode() + body).hexdigest()


def begin(caller: str, key: str, asked: str) -> Claim | Answer:
    """The claim of a call that is to be done now, or the answer of one that was done. Not inside a transaction.

    caller: "person:<uid>"; asked: its fingerprint. Raises InFlight, OtherCall.
    """
    token, now = uuid.uuid4(), clock.now()
    lease = {"claim": token, "claimed_until": now + LEASE}
    fresh = IdempotentCall(caller=caller, key=key, fingerprint=asked, created_at=now, **lease)
    IdempotentCall.objects.bulk_create([fresh], ignore_conflicts=True)
    found = IdempotentCall.objects.filter(caller=caller, key=key).first()
    if found is None:  # freed between the two statements
        raise InFlight
    if found.claim == token:
        return Claim(found.pk, token)
    if found.fingerprint != asked:
        raise OtherCall
    if found.status is not None:
        body = None if found.headers == NOT_KEPT else bytes(found.body)
        return Answer(found.status, {} if body is None else dict(found.headers), body)
    is_ours = found.claimed_until is None or found.claimed_until <= now
    if not is_ours or not IdempotentCall.objects.filter(pk=found.pk, claim=found.claim, status=None).update(**lease):
        raise InFlight
    return Claim(found.pk, token)


def keep(claim: Claim, answer: Answer) -> None:
    """Every repetition gets this answer. Inside the transaction of what the call did. Raises Lost."""
    is_small = answer.body is not None and len(answer.body) <= LARGEST
    stored = IdempotentCall.objects.filter(pk=claim.call, claim=claim.token, status=None).update(
        status=answer.status,
        headers=answer.headers if is_small else NOT_KEPT,
        body=answer.body if is_small else b"",
        claim=None,
        claimed_until=None,
    )
    if not stored:
        raise Lost


def free(claim: Claim) -> None:
    """The call did nothing; the key may be used again at once."""
    IdempotentCall.objects.filter(pk=claim.call, claim=claim.token, status=None).delete()


def forget() -> int:
    """Calls older than a week are forgotten; how many."""
    return IdempotentCall.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]
