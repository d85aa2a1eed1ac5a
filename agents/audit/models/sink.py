import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models.trail_event import TrailRef


class CheckpointSink(models.Model):
    """A place outside this database that is sent each checkpoint, so that nobody can rewrite the trail unseen."""

    class Kind(models.TextChoices):
        HTTPS = "https", _("HTTPS")
        SYSLOG = "syslog", _("syslog over TLS")
        MAIL = "mail", _("mail")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    address = models.CharField(_("address"), max_length=300)  # https://…, host:port, or a mail address; never a secret
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(default=clock.now)
    # The newest checkpoint it has taken; what is sent next is the newest there is, since each one covers all before it.
    acknowledged_size = models.BigIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)  # failed ones in a row
    next_try_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["CheckpointSink"]] = models.Manager()

    class Meta:
        verbose_name = _("checkpoint sink")
        verbose_name_plural = _("checkpoint sinks")
        ordering = ("name",)
        indexes = (models.Index(fields=("next_try_at",), condition=models.Q(is_active=True), name="sink_due"),)

    def __str__(self) -> str:
        return self.name

    def trail_ref(self) -> TrailRef:
        return TrailRef("sink", str(self.uid), self.name)


class CheckpointReceipt(models.Model):
    """A sink took this checkpoint. Append-only."""

    sink = models.ForeignKey(CheckpointSink, on_delete=models.PROTECT, related_name="receipts")
    checkpoint_id = models.BigIntegerField()
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    receipt = models.CharField(max_length=500, blank=True)  # what the sink answered, shortened

    objects: ClassVar[models.Manager["CheckpointReceipt"]] = models.Manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("sink", "checkpoint_id"), name="receipt_once"),)

    def __str__(self) -> str:
        return f"{self.sink_id} took {self.size}"
