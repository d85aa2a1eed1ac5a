"""The way through the portal: which places a person sees at the left, and how much waits there.

A page joins by name: GROUPS lists the places in their order; a place appears as soon as its URL exists. The number beside
it comes from a function registered where the page lives:

    @counted("inbox")
    def decisions_waiting(user: User) -> int: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.people.choices import SEES_EVERYTHING, Role
from agents.people.models import User
from compliance.querysets import READERS

Count = Callable[[User], int]
Text = str | Promise

CONSOLE_ROLES = (Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)


@dataclass(frozen=True)
class Entry:
    """A place. roles: who sees it (nobody named: everybody who is signed in)."""

    name: str
    label: Text
    icon: str
    roles: tuple[Role, ...] = ()
    keys: str = ""


@dataclass(frozen=True)
class Group:
    label: Text
    entries: tuple[Entry, ...] = field(default=())


GROUPS = [
    Group("", (Entry("home", _("Home"), "home", keys="g h"), Entry("inbox", _("Inbox"), "inbox", keys="g i"))),
    Group(
        _("Register"),
        (
            Entry("agents", _("Agents"), "agent", keys="g a"),
            Entry("systems", _("Systems"), "system", keys="g s"),
            Entry("people", _("People"), "person", keys="g p"),
        ),
    ),
    Group(
        _("Access"),
        (Entry("requests", _("Requests"), "request", keys="g r"), Entry("grants", _("Grants"), "grant", keys="g g")),
    ),
    Group(
        _("Assurance"),
        (
            Entry("reviews", _("Reviews"), "review", keys="g v"),
            Entry("compliance", _("Compliance"), "shield", READERS, keys="g c"),
            Entry("packs", _("Evidence"), "pack", READERS, keys="g e"),
            Entry("trail", _("Trail"), "trail", SEES_EVERYTHING, keys="g t"),
        ),
    ),
    Group(
        _("Behind the scenes"),
        (
            Entry("work", _("Work"), "work", CONSOLE_ROLES),
            Entry("health", _("Health"), "health", SEES_EVERYTHING),
            Entry("sinks", _("Sinks"), "sink", SEES_EVERYTHING),
            Entry("admin:index", _("Console"), "console", CONSOLE_ROLES),
            Entry("outbox", _("Outbox"), "mail", (Role.ADMINISTRATOR,)),  # only where mail stays on this machine
        ),
    ),
]

_counts: dict[str, Count] = {}


def counted(name: str) -> Callable[[Count], Count]:
    """Register how many things wait at a place; 0 shows nothing."""

    def register(count: Count) -> Count:
        _counts[name] = count
        return count

    return register


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of places for this person, with `url`, `count` and whether one is there now."""
    user = request.user
    if not isinstance(user, User) or not user.is_present:
        return []
    groups = []
    for group in GROUPS:
        places = [place for entry in group.entries if (place := _place(entry, user, request.path))]
        if places:
            groups.append({"label": group.label, "places": places})
    return groups


def _place(entry: Entry, user: User, path: str) -> dict[str, Any] | None:
    if entry.roles and not user.has_role(*entry.roles):
        return None
    try:
        url = reverse(entry.name)
    except NoReverseMatch:
        return None
    count = _counts.get(entry.name)
    return {
        "label": entry.label,
        "icon": entry.icon,
        "url": url,
        "keys": entry.keys,
        "count": count(user) if count else 0,
        "is_here": path == url or (url != "/" and path.startswith(url)),
    }
