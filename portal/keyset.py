"""Long lists, a window at a time. The address holds the place where it begins, so the last page costs what the first costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from agents.intake import strict_json
from agents.intake.errors import Unreadable

M = TypeVar("M", bound=Model)

ROWS = 50
MOST_COUNTED = 10_000  # beyond that nobody reads the exact number, and counting it would cost more than the list
LONGEST_PLACE = 1_000


@dataclass(frozen=True)
class Window(Generic[M]):
    """rows: in order; before, after: the addresses' query strings of the windows beside this one, or empty.

    total: all rows of the list, None when there are more than MOST_COUNTED.
    """

    rows: list[M]
    before: str
    after: str
    total: int | None


def window(rows: QuerySet[M], request: HttpRequest, *, by: Sequence[str] = ("name", "id"), size: int = ROWS) -> Window[M]:
    """The rows that the address asks for (`after=` or `before=` a place), else the first ones.

    by: the columns of the order, the last one unique; all with or all without "-". A place that is none is passed over.
    """
    total = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    backwards = "before" in request.GET and "after" not in request.GET
    place = _read(rows.model, by, request.GET.get("before" if backwards else "after", ""))
    if place is None:
        backwards = False
    order = _reversed(by) if backwards else list(by)
    found = rows.order_by(*order)
    if place is not None:
        found = found.filter(_beyond(order, place))
    shown = list(found[: size + 1])
    has_more = len(shown) > size
    shown = shown[:size]
    if backwards:
        shown.reverse()
    has_before = has_more if backwards else place is not None
    has_after = True if backwards else has_more
    return Window(
        rows=shown,
        before=_query(request, "before", shown[0], by) if shown and has_before else "",
        after=_query(request, "after", shown[-1], by) if shown and has_after else "",
        total=total if total <= MOST_COUNTED else None,
    )


def _reversed(by: Sequence[str]) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in by]


def _beyond(order: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows that come after this place: the first column decides, the next one where it is equal."""
    lookup = "lt" if order[0].startswith("-") else "gt"
    names = [name.lstrip("-") for name in order]
    wanted = Q()
    for depth, name in enumerate(names):
        equal = Q(**dict(zip(names[:depth], place[:depth], strict=True)))
        wanted |= equal & Q(**{f"{name}__{lookup}": place[depth]})
    return wanted & Q(**{f"{names[0]}__{lookup}e": place[0]})  # so that the index finds the beginning


def _query(request: HttpRequest, direction: str, row: Model, by: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in by]
    spelled = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values])
    query = request.GET.copy()
    query.pop("before", None)
    query.pop("after", None)
    query[direction] = base64.urlsafe_b64encode(spelled.encode()).decode().rstrip("=")
    return query.urlencode()


def _read(model: type[Model], by: Sequence[str], text: str) -> list[Any] | None:
    if not text or len(text) > LONGEST_PLACE:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        values = strict_json.loads(raw)
        if not isinstance(values, list) or len(values) != len(by):
            return None
        fields = [model._meta.get_field(name.lstrip("-")) for name in by]
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]  # type: ignore[union-attr]
    except (binascii.Error, ValueError, TypeError, Unreadable, ValidationError):
        return None
