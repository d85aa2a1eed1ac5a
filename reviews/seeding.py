"""The cadences a new house begins with; an administrator's changes stay."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections

# Facts: reviews section (f). Yearly at least for every identity; high and critical every month.
FIRST = {"critical": "month", "high": "month", "medium": "quarter", "low": "year"}


def cadences(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Each tier has its row. Run after every migrate; a row that is there is left alone."""
    cadence = apps.get_model("reviews", "Cadence")
    if cadence._meta.db_table not in connections[using].introspection.table_names():
        return
    known = set(cadence._default_manager.using(using).values_list("tier", flat=True))
    missing = [cadence(tier=tier, every=every) for tier, every in FIRST.items() if tier not in known]
    cadence._default_manager.using(using).bulk_create(missing, ignore_conflicts=True)
