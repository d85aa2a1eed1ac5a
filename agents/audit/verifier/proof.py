"""Checks the proof of one event, as the portal hands it out, with nothing but a public key."""

import json
from collections.abc import Sequence
from typing import Any

from agents.audit.verifier.merkle import is_included, leaf
from agents.audit.verifier.note import BadNote, PublicKey, opened


def why_not_proved(proof: str, keys: Sequence[PublicKey], origin: str = "") -> str:
    """Empty when the event in the proof stands in a trail that a trusted key signed; otherwise what is wrong."""
    try:
        told: dict[str, Any] = json.loads(proof)
        body, path = str(told["body"]).encode(), [bytes.fromhex(step) for step in told["path"]]
        position, note = int(told["position"]), str(told["checkpoint"])
    except (ValueError, KeyError, TypeError):
        return "this is no proof of an event"
    try:
        head = opened(note, list(keys), origin)
    except BadNote as problem:
        return str(problem)
    if not is_included(leaf(body), position, head.size, path, head.root):
        return "the event does not stand in the trail that was signed"
    return ""
