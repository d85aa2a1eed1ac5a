"""How domain rows are put on pages: states as time has made them, data classes as words, the five answers with their links."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from agents import clock
from agents.access.models import Grant
from agents.registry.choices import DataClass
from compliance.questions import Answer, Fact, FiveAnswers, Where


@dataclass(frozen=True)
class LinkedFact:
    fact: Fact
    url: str


def linked(answers: FiveAnswers) -> list[tuple[Answer, list[LinkedFact]]]:
    """The five answers, each fact with the address of the list that explains it."""
    return [(answer, [LinkedFact(fact, address_of(fact.where)) for fact in answer.facts]) for answer in answers]


def address_of(where: Where | None) -> str:
    """Empty while there is no such list."""
    if where is None:
        return ""
    try:
        url = reverse(where.page)
    except NoReverseMatch:
        return ""
    return f"{url}?{where.query}" if where.query else url


def state_of(grant: Grant) -> Grant.State:
    """The state that counts: an access past its end has run out, whether or not a job has said so."""
    is_over = grant.expires_at is not None and grant.expires_at <= clock.now()
    if is_over and grant.state in (Grant.State.ACTIVE, Grant.State.SCHEDULED):
        return Grant.State.EXPIRED
    return grant.state_enum


def class_words(values: Iterable[str], most: int = 0) -> str:
    """Data classes as words; `most` of them, then how many more. Empty for none."""
    words = [str(DataClass(value).label) if value in DataClass else value for value in values]
    if most and len(words) > most:
        return ", ".join(words[:most]) + " " + _("and %(n)s more") % {"n": len(words) - most}
    return ", ".join(words)
