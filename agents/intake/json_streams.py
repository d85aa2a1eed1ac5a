"""Vendors' JSON exports, one item at a time: a file of any size in little memory, as strict as `strict_json`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ijson
from django.utils.translation import gettext as _
from ijson.common import JSONError

from agents.intake.bounded import Source
from agents.intake.errors import TooLarge, Unreadable
from agents.intake.strict_json import MAX_DEPTH, MAX_INTEGER, MIN_INTEGER, check_text, named_twice, too_deep

MAX_PARTS = 500_000  # names and values in one item
# ijson's C reader turns lone surrogates into “?” in silence and dies of a number of 5,000 digits; the Python one does neither.
READER = ijson.get_backend("python")


def items(
    source: Source, *, lists: frozenset[str], plain: frozenset[str] = frozenset(), max_depth: int = MAX_DEPTH
) -> Iterator[tuple[str, int, Any]]:
    """(name, position from 0, value) for each element of the top-level lists named; other members are read past.

    plain: top-level members that are given whole, at position 0, when they are no list or object.

    source: an open binary file; “+1” is read as a number, though JSON does not know it. Raises Unreadable and TooLarge,
    perhaps after items were given: read a file to its end before anything of it is stored.
    """
    builder = _Builder(lists, plain, max_depth)
    try:
        for event, value in READER.basic_parse(source):
            yield from builder.take(event, value)
    except (JSONError, ValueError) as problem:
        what = problem.args[0] if problem.args else ""
        what = what.decode("utf-8", "replace") if isinstance(what, bytes) else str(what)
        first = "".join(c for c in what.strip().split("\n")[0] if c.isprintable())
        raise Unreadable(_("This file is not JSON, or it is cut off: %(what)s.") % {"what": first[:120]}) from problem


class _Builder:
    """Puts parser events together to values, and says no where a dict would forget something."""

    def __init__(self, lists: frozenset[str], plain: frozenset[str], max_depth: int) -> None:
        self._lists, self._plain, self._max_depth = lists, plain, max_depth
        self._open: list[Any] = []  # containers, the outermost first
        self._names: list[str] = []  # the name last read in each open container
        self._parts = 0
        self._position = 0
        self._seen: set[str] = set()

    def take(self, event: str, value: Any) -> Iterator[tuple[str, int, Any]]:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooLarge(_("One item of this file has more than %(limit)s parts.") % {"limit": f"{MAX_PARTS:,}"})
        if event == "map_key":
            self._name(value)
        elif event in ("start_map", "start_array"):
            if not self._open and event == "start_array":
                raise Unreadable(_("This file should hold one object, and holds a list."))
            self._begin({} if event == "start_map" else [])
        elif event in ("end_map", "end_array"):
            self._names.pop()
            yield from self._put(self._open.pop())
        else:
            yield from self._put(_plain(event, value))

    def _name(self, name: str) -> None:
        check_text(name)
        known = self._seen if len(self._open) == 1 else self._open[-1]
        if name in known:
            raise named_twice(name)
        if len(self._open) == 1:
            self._seen.add(name)
        self._names[-1] = name

    def _begin(self, container: Any) -> None:
        if len(self._open) >= self._max_depth:
            raise too_deep(self._max_depth)
        if len(self._open) == 1:
            self._position = 0
        self._open.append(container)
        self._names.append("")

    def _put(self, value: Any) -> Iterator[tuple[str, int, Any]]:
        """The value goes to its container, or out when it is an element of a list we were asked for."""
        depth = len(self._open)
        if depth == 0:
            if not isinstance(value, dict):
                raise Unreadable(_("This file should hold one object at the top."))
            return
        if depth == 1:
            if self._names[0] in self._lists and not isinstance(value, list):
                raise Unreadable(_("“%(name)s” should be a list.") % {"name": self._names[0]})
            if self._names[0] in self._plain and not isinstance(value, list | dict):
                yield self._names[0], 0, value
            return
        if depth == 2 and isinstance(self._open[1], list):
            self._parts = 0
            if self._names[0] in self._lists:
                yield self._names[0], self._position, value
            self._position += 1
        elif isinstance(self._open[-1], dict):
            self._open[-1][self._names[-1]] = value
        else:
            self._open[-1].append(value)


def _plain(event: str, value: Any) -> Any:
    if event == "string":
        check_text(value)
    elif isinstance(value, Decimal):
        number = float(value)
        if number in (float("inf"), float("-inf")):
            raise Unreadable(_("The number %(number)s is too large.") % {"number": str(value)[:24]})
        return number
    elif event in ("number", "integer") and not MIN_INTEGER <= value <= MAX_INTEGER:
        raise Unreadable(_("The number %(number)s does not fit in 64 bit.") % {"number": str(value)[:24]})
    return value
