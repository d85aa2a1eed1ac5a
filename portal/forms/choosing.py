"""Choosing one person among thousands: type a name or an e-mail address and choose; works without scripts too.

The text field takes "Ann Baker <ann@example.org>", an address, or a name. A script offers matches while one types
(static/portal/picker.js); without it, a name that fits several people comes back with those people to choose from.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.template import loader
from django.urls import reverse_lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from agents.people.models import User

MOST_OFFERED = 8
LONGEST = 300
ADDRESS = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*$")


def spelled(person: User) -> str:
    """How a person stands in the field: the address makes it unmistakable."""
    return f"{person.name} <{person.email}>"


def people_like(text: str) -> QuerySet[User]:
    """People who work here and whose name or address holds the text."""
    words = Q()
    for word in text.split()[:6]:
        words &= Q(name__icontains=word) | Q(email__icontains=word)
    return User.objects.present().filter(words).select_related("department", "legal_entity").order_by("name", "id")


def _meant(text: str) -> list[User]:
    """Who may be meant: one person when it is clear."""
    if address := ADDRESS.search(text):
        return list(User.objects.present().filter(email__iexact=address[1])[:1])
    if "@" in text and (exact := User.objects.present().filter(email__iexact=text).first()):
        return [exact]
    named = list(User.objects.present().filter(name__iexact=text).select_related("department", "legal_entity")[:MOST_OFFERED])
    return named or list(people_like(text)[:MOST_OFFERED])


class PersonInput(forms.TextInput):
    """The text field, its list of matches, and, after an unclear name, the people to choose from."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"autocomplete": "off", "spellcheck": "false", "data-picker": reverse_lazy("people_find"), **(attrs or {})}
        )
        self.candidates: list[User] = []

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """A person chosen from the offered ones counts before the text."""
        return data.get(f"{name}-choice") or data.get(name)

    def format_value(self, value: Any) -> str:
        return spelled(value) if isinstance(value, User) else str(value or "")

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        context = self.get_context(name, value, attrs)
        return loader.render_to_string(
            "people/_picker.html", {**context, "candidates": [(one.uid, spelled(one)) for one in self.candidates]}
        )


class PersonField(forms.CharField):
    """A present person, or None."""

    widget = PersonInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "strip": True, **options})

    def prepare_value(self, value: Any) -> Any:
        return _by_uid(value) or value if isinstance(value, str) else value

    def clean(self, value: Any) -> User | None:
        text = str(super().clean(value) or "")
        if not text:
            return None
        if chosen := _by_uid(text):
            return chosen
        found = _meant(text)
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(
                _("Nobody who works here is called “%(text)s”. Type a name or an e-mail address.") % {"text": text[:80]}
            )
        cast(PersonInput, self.widget).candidates = found
        raise ValidationError(_("“%(text)s” fits several people. Choose one of them.") % {"text": text[:80]})


def _by_uid(text: str) -> User | None:
    try:
        return User.objects.present().filter(uid=uuid.UUID(text)).first()
    except ValueError:
        return None


def anybody_like(text: str) -> QuerySet[User]:
    """Also people who have left: for finding what is theirs. text: as in the field, a uid too."""
    text = text.strip()
    try:
        return User.objects.filter(uid=uuid.UUID(text))
    except ValueError:
        pass
    if address := ADDRESS.search(text):
        return User.objects.filter(email__iexact=address[1])
    words = Q()
    for word in text.split()[:6]:
        words &= Q(name__icontains=word) | Q(email__icontains=word)
    return User.objects.filter(words)
