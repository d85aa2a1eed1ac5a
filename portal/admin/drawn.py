"""A list and a page for each model, from its fields: what names it first, then states and choices, then dates and people."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib import admin
from django.db import models

from portal.read_only import ReadOnlyAdmin

OURS = ("audit", "people", "registry", "access", "runtime", "connectors", "reviews", "compliance", "guardian")
# Never shown, not even to administrators: what signs somebody in, and raw bytes.
HIDDEN = frozenset({"password", "groups", "user_permissions"})  # roles decide here, not groups
WISHED = frozenset({"declared_tier"})  # what was computed from it says more
COLUMNS, FILTERS = 7, 4
WORDY = (models.TextField, models.JSONField, models.BinaryField)


def register_all() -> None:
    """Every model of the house without a class of its own has one afterwards."""
    for config in apps.get_app_configs():
        if config.label not in OURS:
            continue
        for model in config.get_models():
            if not admin.site.is_registered(model) and not _is_composite(model):
                admin.site.register(model, drawn(model))


def drawn(model: type[models.Model]) -> type[ReadOnlyAdmin]:
    fields = [field for field in model._meta.concrete_fields if field.name not in HIDDEN]
    columns = list(_columns(fields))[:COLUMNS]
    attributes = {
        "list_display": columns or ["__str__"],
        "list_filter": [field.name for field in fields if field.choices or isinstance(field, models.BooleanField)][:FILTERS],
        "list_select_related": [field.name for field in fields if field.is_relation and field.name in columns] or False,
        "search_fields": [field.name for field in fields if isinstance(field, models.CharField) and not field.choices],
        "exclude": [field.name for field in _everything(model) if field.name in HIDDEN or isinstance(field, models.BinaryField)],
        "__doc__": f"Rows of {model._meta.verbose_name_plural}, to read.",
    }
    return type(f"{model.__name__}Admin", (ReadOnlyAdmin,), attributes)


def _everything(model: type[models.Model]) -> list[models.Field]:  # type: ignore[type-arg]
    return [*model._meta.fields, *model._meta.many_to_many]


def _columns(fields: list[models.Field]) -> Iterator[str]:  # type: ignore[type-arg]
    """Names before states before everything else; long texts and machine keys stay on the row's own page."""

    def rank(field: models.Field) -> int:  # type: ignore[type-arg]
        if field.name in {"name", "event", "title"}:
            return 0
        if field.name in {"email", "slug"}:
            return 1
        if field.choices:
            return 3 if field.name in WISHED else 2
        return 3 if field.is_relation else 4

    shown = [field for field in fields if not field.primary_key and field.name != "uid" and not isinstance(field, WORDY)]
    yield from (field.name for field in sorted(shown, key=rank))


def _is_composite(model: type[models.Model]) -> bool:
    """The admin refuses models with several primary key columns."""
    return isinstance(model._meta.pk, models.CompositePrimaryKey)
