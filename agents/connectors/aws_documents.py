"""IAM policy documents: strict reading, every fault with its place. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _

from agents.intake import strict_json
from agents.intake.errors import Unreadable
from agents.intake.reports import Fault


class Faults:
    """Collects what is wrong with one element of the export."""

    def __init__(self, row: int, list_name: str) -> None:
        self._row, self._list = row, list_name
        self.found: list[Fault] = []

    def add(self, place: str, sentence: str) -> None:
        self.found.append(Fault(self._row, f"{self._list}.{place}" if place else self._list, sentence))

    def text(self, holder: Mapping[str, Any], name: str, place: str = "", *, optional: bool = False) -> str:
        """The member, or empty with a fault when it is missing or no text."""
        value = holder.get(name)
        if isinstance(value, str) and value.isprintable() and value:
            return value
        if isinstance(value, str) and value:
            self.add(f"{place}{name}", _invisible(value))
            return ""
        if not (optional and value in (None, "")):
            self.add(f"{place}{name}", _("Missing.") if value in (None, "") else wants(_("text"), value))
        return ""

    def objects(self, holder: Mapping[str, Any], name: str, place: str = "") -> list[tuple[str, dict[str, Any]]]:
        """(place, object) of each element of an optional list of objects."""
        value = holder.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.add(f"{place}{name}", wants(_("a list"), value))
            return []
        found = []
        for position, element in enumerate(value):
            at = f"{place}{name}[{position}]"
            if isinstance(element, dict):
                found.append((f"{at}.", element))
            else:
                self.add(at, wants(_("an object"), element))
        return found


@dataclass(frozen=True)
class Statement:
    """One statement. actions, resources: patterns; is_not_…: everything except them. Empty resources: a trust policy."""

    allows: bool
    actions: tuple[str, ...]
    is_not_action: bool
    resources: tuple[str, ...]
    is_not_resource: bool
    conditions: Mapping[str, Any] | None
    principal: Any
    sid: str
    place: str


def statements(document: object, place: str, faults: Faults, *, is_trust: bool = False) -> list[Statement]:
    """The statements of a policy document: an object, or its JSON as text, perhaps percent-encoded as IAM's API gives it."""
    if isinstance(document, str):
        try:
            document = strict_json.loads(unquote(document) if document.lstrip().startswith("%") else document)
        except Unreadable as problem:
            faults.add(place, problem.sentence)
            return []
    if not isinstance(document, dict):
        faults.add(place, _("The policy document is missing.") if document is None else wants(_("a policy document"), document))
        return []
    given = document.get("Statement")
    if isinstance(given, dict):
        given = [given]
    if not isinstance(given, list) or not given:
        faults.add(f"{place}.Statement", _("The policy has no statement."))
        return []
    found = []
    for position, statement in enumerate(given):
        at = f"{place}.Statement[{position}]"
        if isinstance(statement, dict):
            found.append(_statement(statement, at, faults, is_trust=is_trust))
        else:
            faults.add(at, wants(_("an object"), statement))
    return [statement for statement in found if statement is not None]


def _statement(given: Mapping[str, Any], at: str, faults: Faults, *, is_trust: bool) -> Statement | None:
    before = len(faults.found)
    effect = given.get("Effect")
    if effect not in ("Allow", "Deny"):
        faults.add(f"{at}.Effect", _("Must be “Allow” or “Deny”."))
    actions, is_not_action = _one_of(given, "Action", "NotAction", at, faults)
    resources, is_not_resource = ((), False) if is_trust else _one_of(given, "Resource", "NotResource", at, faults)
    for position, action in enumerate(actions):
        service, colon, verb = action.partition(":")
        if action != "*" and not (colon and service and verb):
            faults.add(f"{at}.Action[{position}]", _("“%(action)s” is not of the form service:Action.") % {"action": action[:60]})
    conditions = given.get("Condition")
    if conditions is not None and not isinstance(conditions, dict):
        faults.add(f"{at}.Condition", wants(_("an object"), conditions))
    principal = given.get("Principal")
    if is_trust and not isinstance(principal, str | dict) and "NotPrincipal" not in given:
        faults.add(f"{at}.Principal", _("Missing."))
    if len(faults.found) > before:
        return None
    return Statement(
        allows=effect == "Allow",
        actions=actions,
        is_not_action=is_not_action,
        resources=resources,
        is_not_resource=is_not_resource,
        conditions=conditions or None,
        principal=principal,
        sid=str(given.get("Sid") or ""),
        place=at,
    )


def _one_of(given: Mapping[str, Any], name: str, negated: str, at: str, faults: Faults) -> tuple[tuple[str, ...], bool]:
    """The texts of exactly one of the two members."""
    present = [each for each in (name, negated) if each in given]
    if len(present) != 1:
        both = _("There are both %(name)s and %(negated)s.") if present else _("There is neither %(name)s nor %(negated)s.")
        faults.add(f"{at}.{name}", both % {"name": name, "negated": negated})
        return (), False
    return texts(given[present[0]], f"{at}.{present[0]}", faults), present[0] == negated


def texts(value: object, at: str, faults: Faults) -> tuple[str, ...]:
    """A text or a list of texts, each not empty."""
    elements = value if isinstance(value, list) else [value]
    found = [each for each in elements if isinstance(each, str) and each]
    if not elements or len(found) != len(elements):
        faults.add(at, wants(_("text, or a list of texts"), value))
        return ()
    if unseen := next((each for each in found if not each.isprintable()), None):
        faults.add(at, _invisible(unseen))
        return ()
    return tuple(found)


def _invisible(text: str) -> str:
    return _("“%(text)s” holds an invisible character.") % {"text": strict_json.printable(text)}


def wants(wanted: str, got: object) -> str:
    return _("Should be %(wanted)s, is %(got)s.") % {"wanted": wanted, "got": _kind(got)}


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return _("true or false")
        case str():
            return _("text")
        case int() | float():
            return _("a number")
        case list():
            return _("a list")
    return _("an object")
