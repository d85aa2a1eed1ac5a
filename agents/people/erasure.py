"""The seam through which every floor removes what it keeps of a person who is erased.

The sweep (agents/people/traces.py) finds copied names in every text column by itself. Here stands what it cannot know:
columns that hold a name somebody else bears too, and what is no text in a table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models

from agents.audit.events import Event
from agents.audit.models import IdempotentCall, LegalHold, TrailEvent
from agents.people.models import RoleAssignment, User

CHUNK = 500
Words = tuple[str, ...]


@dataclass(frozen=True)
class Erased:
    """Somebody whose traces are being removed. names: all they ever had here; shared: those that others bear too."""

    person: User
    label: str
    names: frozenset[str]
    addresses: frozenset[str]
    shared: frozenset[str]

    @cached_property
    def words(self) -> Words:
        """What is looked for, longest first, so that no half of a name is left."""
        return tuple(sorted((self.names - self.shared) | self.addresses, key=len, reverse=True))

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        return [_pattern(word) for word in self.words]

    def without(self, text: str) -> str:
        """The text, with the label where the person was named."""
        for word, pattern in zip(self.words, self._patterns, strict=True):
            text = self.label if text.casefold() == word.casefold() else pattern.sub(self.label, text)
        return text

    def is_named_in(self, text: str) -> bool:
        return self.without(text) != text


Eraser = Callable[[Erased], None]
_erasers: list[Eraser] = []


def contribute(eraser: Eraser) -> Eraser:
    """Register what removes a person's traces, in the transaction of the erasure; twice must do no harm. Use as a decorator, in
    a module named `erasure`."""
    _erasers.append(eraser)
    return eraser


def erasers() -> list[Eraser]:
    return list(_erasers)


def copied(model: str, column: str, *events: Event, key: str = "uid") -> None:
    """Register a column that holds the name of who did one of these events to the row. The trail says whose rows they are.

    model: "access.Grant"; key: the column with the row's key in the trail.
    """

    @contribute
    def erase(erased: Erased) -> None:
        rows: models.Manager[Any] = apps.get_model(model)._default_manager
        did = TrailEvent.objects.filter(actor_kind="person", actor_key=erased.person.actor_key, event__in=events)
        keys = list(did.order_by().values_list("target_key", flat=True).distinct())
        for start in range(0, len(keys), CHUNK):
            found = rows.filter(**{f"{key}__in": keys[start : start + CHUNK], f"{column}__in": erased.names})
            found.update(**{column: erased.label})


def _pattern(word: str) -> re.Pattern[str]:
    """A single name, like Will or May, is a word of the language too: it is one only after "by" or where it stands alone."""
    is_plain = " " in word or "@" in word
    before = r"(?<![\w@.-])" if is_plain else r"(?<=\bby )"
    return re.compile(before + re.escape(word) + r"(?![\w@])", re.IGNORECASE if is_plain else 0)


copied(RoleAssignment._meta.label, "given_by", Event.ROLE_ASSIGNED, key="pk")
copied(LegalHold._meta.label, "placed_by", Event.HOLD_PLACED)
copied(LegalHold._meta.label, "released_by", Event.HOLD_RELEASED)


@contribute
def forget_answers(erased: Erased) -> None:
    """Answers kept for repetitions: the person's own, and those that name them."""
    IdempotentCall.objects.filter(caller=f"person:{erased.person.uid}").delete()
    for call in IdempotentCall.objects.only("pk", "body").iterator(CHUNK):
        if erased.is_named_in(bytes(call.body).decode(errors="replace")):
            call.delete()
