"""After every migrate the guards of append-only tables are back, and the trail tells when one was missing."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models.signals import post_migrate

from agents.audit import protection
from agents.audit.actors import System
from agents.audit.events import Event
from agents.audit.models import TrailRef
from agents.audit.trail import record


def after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Writes protection.restored for each table that held rows without all of its guards."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    if not all(model._meta.db_table in present for model in protection.append_only_models()):
        return  # the database is only just being made, or this is a migrate to the past
    missing = protection.missing_triggers(connection)
    protection.after_migrate(sender, using)
    for model in protection.append_only_models():
        gone = [name for name in missing if name.startswith(f"{model._meta.db_table}_")]
        if gone and model._default_manager.exists():
            _tell(model, gone)


def _tell(model: type[models.Model], gone: list[str]) -> None:
    table = model._meta.db_table
    with transaction.atomic():
        record(Event.PROTECTION_RESTORED, TrailRef("table", table, table), by=System("migrate"), after={"guards": gone})


post_migrate.connect(after_migrate, sender=apps.get_app_config("audit"), dispatch_uid="audit.protect")
