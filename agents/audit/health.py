"""How the portal itself is doing, as a few lines that anybody can read. Each is found by cheap questions, never by counting much.

A module `health_lines` of any app adds its own:

    @line("sealing", _("Sealing"))
    def sealing() -> Line:
        return ok(_("Everything is sealed."))
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.audit.states import StateChoices

logger = logging.getLogger(__name__)

Words = str | Promise


class State(StateChoices):
    OK = "ok", "good", gettext_lazy("well")
    WARN = "warn", "warn", gettext_lazy("look at it")
    BAD = "bad", "bad", gettext_lazy("not well")


@dataclass(frozen=True)
class Line:
    """sentence: what is so; detail: what to do next, when something is; url_name: the page that tells more."""

    state: State
    sentence: str
    detail: str = ""
    url_name: str = ""
    name: str = ""
    title: Words = ""

    @property
    def is_bad(self) -> bool:
        return self.state == State.BAD


Look = Callable[[], Line]
_looks: dict[str, tuple[Words, Look]] = {}


def line(name: str, title: Words) -> Callable[[Look], Look]:
    """Register a look under a short name, which its alarm has too."""

    def register(look: Look) -> Look:
        _looks[name] = (title, look)
        return look

    return register


def ok(sentence: str, *, url_name: str = "") -> Line:
    return Line(State.OK, sentence, url_name=url_name)


def warn(sentence: str, detail: str, *, url_name: str = "") -> Line:
    return Line(State.WARN, sentence, detail, url_name)


def bad(sentence: str, detail: str, *, url_name: str = "") -> Line:
    return Line(State.BAD, sentence, detail, url_name)


def lines() -> list[Line]:
    """Every line, in the order they were registered. One that cannot be looked at is bad, and the others still come."""
    return [replace(_looked(name, look), name=name, title=title) for name, (title, look) in _looks.items()]


def _looked(name: str, look: Look) -> Line:
    try:
        return look()
    except (DatabaseError, OSError):
        logger.exception("health line failed", extra={"line": name})
        return bad(_("This could not be looked at."), _("The log says why."))
