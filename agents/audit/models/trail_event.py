import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from agents.audit import labels, personal
from agents.audit.events import Event
from agents.audit.personal import Label


@dataclass(frozen=True)
class TrailRef:
    """What an event is told of.

    kind: "agent", "grant", …; key: its public id; label: its name at that time, where a person's name in it is a `Personal`;
    about: "agent:<uid>" of the agent whose story this belongs to, or the thing's own kind:key.
    """

    kind: str
    key: str
    label: Label
    about: str = ""

    @property
    def text(self) -> str:
        """The label as people read it now."""
        return personal.text_of(self.label)


class WritingTransaction(models.Func):
    """The id of the transaction that writes the row, so that the sealer knows when no other can still come before it.

    SQLite has one writer at a time: there the id of the row says it, and this is 0.
    """

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="((pg_current_xact_id()::text)::bigint)", **extra)


class TrailEventQuerySet(models.QuerySet["TrailEvent"]):
    def about(self, key: str) -> Self:
        """The story of one thing, newest first. key: "agent:<uid>"."""
        return self.filter(about=key).order_by("-at", "-id")


class TrailEvent(models.Model):
    """One governance change. Append-only in the database itself (agents/audit/protection.py).

    `body` holds the exact bytes that are hashed and, later, sealed: UTF-8 JSON, keys sorted. The other
    columns only help to find a row; what is shown is read from `body`. No foreign keys: an event
    outlives what it tells of.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    event = models.CharField(max_length=60, choices=Event.choices)
    target_kind = models.CharField(max_length=40)
    target_key = models.CharField(max_length=80)
    about = models.CharField(max_length=80)
    actor_kind = models.CharField(max_length=20)
    actor_key = models.CharField(max_length=80)
    body = models.BinaryField()
    digest = models.BinaryField(max_length=32)  # RFC 6962 leaf hash: SHA-256(0x00 || body)
    xid = models.BigIntegerField(db_default=WritingTransaction(), editable=False)

    objects: ClassVar[models.Manager["TrailEvent"]] = TrailEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("trail event")
        verbose_name_plural = _("trail events")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("xid", "id"), name="trail_seal"),
            models.Index(fields=("about", "-at", "-id"), name="trail_about"),
            models.Index(fields=("event", "-at"), name="trail_event"),
            models.Index(fields=("target_kind", "target_key"), name="trail_target"),
            models.Index(fields=("actor_key", "-at"), name="trail_actor"),
        )

    def __str__(self) -> str:
        return f"{self.get_event_display()}: {self.target_label}"

    @cached_property
    def written(self) -> dict[str, Any]:
        """The event as it was written; people's labels are tokens (agents/audit/personal.py)."""
        found: dict[str, Any] = json.loads(bytes(self.body))
        return found

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The event as it is read, names opened. Of many events, `labels.load()` prepares it with one query."""
        return personal.readable(self.written, labels.read)

    @property
    def target_label(self) -> str:
        return str(self.facts["target"]["label"])

    @property
    def actor_label(self) -> str:
        return str(self.facts["actor"]["label"])

    @property
    def reason(self) -> str:
        return str(self.facts["reason"])

    @property
    def before(self) -> dict[str, Any]:
        return dict(self.facts["before"])

    @property
    def after(self) -> dict[str, Any]:
        return dict(self.facts["after"])

    @property
    def request_id(self) -> str:
        return str(self.facts["request_id"])

    @property
    def address(self) -> str:
        return str(self.facts["address"])
