"""The keys that open people's labels in the trail: made once, read in bulk, gone when a person is erased.

A key is remembered for seconds only, so that an erasure is true everywhere soon. It is used for writing from memory only
when its row is so old that no transaction can still take it back.
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from django.utils.translation import gettext as _

from agents import clock
from agents.audit import models, personal
from agents.audit.models.label_key import LabelKey
from agents.audit.personal import Personal, Token

KEY = 32  # bytes
SETTLED = timedelta(minutes=10)  # no transaction lives that long
READ_FOR = 5.0  # seconds
WRITE_FOR = 60.0
MOST_REMEMBERED = 10_000
CHUNK = 500


class Known(NamedTuple):
    """A key as it was when it was read, and whether its row can still be undone. key: None once erased."""

    key: bytes | None
    is_settled: bool
    read_at: float


_known: dict[str, Known] = {}


def token_of(told: Personal) -> Token:
    """The text as it stands in the bytes. A person's first one makes their key, in the caller's transaction."""
    return personal.closed(told, _key_to_write(told.key))


def load(events: Sequence["models.TrailEvent"]) -> Sequence["models.TrailEvent"]:
    """These events can be read without further queries: one for all their people."""
    bodies = [event.written for event in events]
    keys = _fetched({token["of"] for body in bodies for token in personal.tokens(body)})
    for event, body in zip(events, bodies, strict=True):
        event.facts = personal.readable(body, lambda token: _said(token, keys.get(token["of"])))
    return events


def loaded(events: Iterable["models.TrailEvent"]) -> Iterator["models.TrailEvent"]:
    """The same events one by one, loaded by the hundred; for streams of any length."""
    waiting = iter(events)
    while chunk := list(islice(waiting, CHUNK)):
        yield from load(chunk)


def read(token: Token) -> str:
    """What one token says now."""
    whose = token["of"]
    known = _known.get(whose)
    if known is None or time.monotonic() - known.read_at > READ_FOR:
        return _said(token, _fetched({whose}).get(whose))
    if known.key is not None and "enc" in token and (text := personal.opened(token, known.key)) is not None:
        return text
    return _said(token, _fetched({whose}).get(whose))  # perhaps another key, made when the first was taken back


def drop(whose: str) -> None:
    """Nothing opens this person's labels any more, and no new ones are made; in the caller's transaction."""
    LabelKey.objects.bulk_create(
        [LabelKey(person_key=whose, erased_at=clock.wall(), created_at=clock.wall())], ignore_conflicts=True
    )
    LabelKey.objects.filter(person_key=whose, key__isnull=False).update(key=None, erased_at=clock.wall())
    forget(whose)


def forget(whose: str) -> None:
    """This process reads and writes with the key no longer."""
    _known.pop(whose, None)


def _said(token: Token, known: Known | None) -> str:
    if "enc" not in token or (known is not None and known.key is None):
        return _("a person who was erased")
    text = personal.opened(token, known.key) if known is not None and known.key is not None else None
    return _("a person whose name cannot be read") if text is None else text


def _key_to_write(whose: str) -> bytes | None:
    known = _known.get(whose)
    if known is not None and known.is_settled and time.monotonic() - known.read_at <= WRITE_FOR:
        return known.key
    found = _fetched({whose}).get(whose)
    if found is None:
        # Two at once: the second waits for the first one's transaction, changes nothing, and reads what the first made.
        fresh = LabelKey(person_key=whose, key=secrets.token_bytes(KEY), created_at=clock.wall())
        LabelKey.objects.bulk_create([fresh], ignore_conflicts=True)
        found = _fetched({whose})[whose]
    return found.key


def _fetched(people: set[str]) -> dict[str, Known]:
    """The keys as they are in the database now, remembered for a while."""
    found: dict[str, Known] = {}
    read_at, settled_before = time.monotonic(), clock.wall() - SETTLED
    wanted = sorted(people)
    for start in range(0, len(wanted), CHUNK):
        rows = LabelKey.objects.filter(person_key__in=wanted[start : start + CHUNK])
        for whose, key, made_at, erased_at in rows.values_list("person_key", "key", "created_at", "erased_at"):
            is_settled = (erased_at or made_at) < settled_before
            found[whose] = Known(None if key is None else bytes(key), is_settled, read_at)
    if len(_known) + len(found) > MOST_REMEMBERED:
        _known.clear()
    _known.update(found)
    return found
