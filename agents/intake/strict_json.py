"""The one strict JSON reader. What two parsers could read differently is refused (ASVS 5.0 V1.5.3)."""

import json
import math
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from agents.intake.errors import TooLarge, Unreadable

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
MAX_DIGITS = 400  # of a number as written; Python itself stops at 4,300


def loads(raw: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value that the text spells: dicts, lists, strings, ints within 64 bit, finite floats, booleans and None.

    Raises TooLarge over max_bytes or max_depth; Unreadable for anything but UTF-8 JSON, and for NUL, lone surrogates,
    a name given twice in one object, NaN and Infinity.
    """
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise TooLarge(_("This is larger than the %(limit)s bytes we read at once.") % {"limit": f"{max_bytes:,}"})
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(
            text, object_pairs_hook=_once_each, parse_int=integer, parse_float=_number, parse_constant=_not_a_number
        )
    except UnicodeDecodeError as problem:
        raise Unreadable(_("Byte %(at)d is not UTF-8 text.") % {"at": problem.start + 1}) from problem
    except json.JSONDecodeError as problem:
        raise Unreadable(
            _("This is not JSON: line %(line)d, column %(column)d: %(what)s.")
            % {"line": problem.lineno, "column": problem.colno, "what": problem.msg.lower()}
        ) from problem
    except RecursionError as problem:
        raise too_deep(max_depth) from problem
    check(value, max_depth=max_depth)
    return value


def check(value: Any, *, max_depth: int = MAX_DEPTH) -> None:
    """The parsed value holds no NUL, no lone surrogate and no more than max_depth levels. Raises as `loads` does."""
    level = [value]
    depth = 0
    while level:
        below: list[Any] = []
        for each in level:
            if isinstance(each, str):
                check_text(each)
            elif isinstance(each, dict):
                for name in each:
                    check_text(name)
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
        depth += any(isinstance(each, (dict, list)) for each in level)
        if depth > max_depth:
            raise too_deep(max_depth)
        level = below


def check_text(text: str) -> None:
    """Raises Unreadable for a NUL or a lone surrogate: databases refuse or mangle both."""
    if "\x00" in text:
        raise Unreadable(_("A text holds the character NUL (\\u0000), which cannot be stored. Remove it."))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise Unreadable(_("A text holds half of a surrogate pair (\\ud800 to \\udfff). Remove it.")) from problem


def integer(spelled: str) -> int:
    """Raises Unreadable beyond 64 bit."""
    number = int(spelled) if len(spelled) <= MAX_DIGITS else MAX_INTEGER + 1
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise Unreadable(_("The number %(number)s… does not fit in 64 bit.") % {"number": spelled[:24]})
    return number


def too_deep(max_depth: int) -> TooLarge:
    return TooLarge(_("This is nested deeper than %(limit)d levels.") % {"limit": max_depth})


def named_twice(name: str) -> Unreadable:
    return Unreadable(_("The name “%(name)s” is given twice in one object.") % {"name": printable(name)})


def printable(text: str) -> str:
    """The beginning of a hostile text, fit for a sentence."""
    return "".join(c if c.isprintable() else "�" for c in text[:60])


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise named_twice(name)
        found[name] = value
    return found


def _number(spelled: str) -> float:
    number = float(spelled) if len(spelled) <= MAX_DIGITS else math.inf
    if not math.isfinite(number):
        raise Unreadable(_("The number %(number)s… is too large.") % {"number": spelled[:24]})
    return number


def _not_a_number(spelled: str) -> NoReturn:
    raise Unreadable(_("%(name)s is not a number in JSON.") % {"name": spelled})
