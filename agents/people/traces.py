"""The sweep: names and addresses of one person are replaced in every text column of every table that may change.

Tables of the trail are left as they are: there, names stand encrypted. What a source outside calls an identity stays
too, since it is that source's key and not ours.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from agents.audit import protection
from agents.audit.models import LabelKey
from agents.people.erasure import Erased
from agents.people.models import User

KEPT = frozenset({"registry.AgentAlias.native_id"})
CHUNK = 500


def wipe(erased: Erased) -> int:
    """No text that may change names the person any more; how many did."""
    return sum(_wipe(model, field, erased) for model, field in text_columns())


def text_columns() -> Iterator[tuple[type[models.Model], "models.Field[Any, Any]"]]:
    """Every column that can hold free text or a copied name."""
    left_out = {*protection.append_only_models(), User, LabelKey}
    for model in apps.get_models(include_auto_created=True):
        if model in left_out or model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
            is_word = isinstance(field, models.SlugField) or bool(field.choices) or field.primary_key
            if is_text and not is_word and f"{model._meta.label}.{field.name}" not in KEPT:
                yield model, field


def _wipe(model: type[models.Model], field: "models.Field[Any, Any]", erased: Erased) -> int:
    if not erased.words:
        return 0
    spellings = {spelling for word in erased.words for spelling in (word, json.dumps(word)[1:-1])}
    named = Q()
    for spelling in spellings:
        named |= Q(_text__icontains=spelling)
    rows: models.Manager[Any] = model._default_manager
    # As text, also JSON: there SQLite keeps letters beyond ASCII escaped, PostgreSQL as they are.
    found = rows.alias(_text=Cast(field.name, models.TextField())).filter(named).order_by()
    changed = 0
    for pk, value in list(found.values_list("pk", field.name)):
        if (fresh := _without(value, erased)) != value:
            longest = getattr(field, "max_length", None)
            rows.filter(pk=pk).update(**{field.name: fresh[:longest] if isinstance(fresh, str) else fresh})
            changed += 1
    return changed


def _without(value: Any, erased: Erased) -> Any:
    match value:
        case str():
            return erased.without(value)
        case dict():
            return {key: _without(each, erased) for key, each in value.items()}
        case list():
            return [_without(each, erased) for each in value]
    return value
