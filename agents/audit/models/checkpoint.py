from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Checkpoint(models.Model):
    """The signed head of the trail, also kept in a folder and at sinks outside this database. Append-only."""

    class Cause(models.TextChoices):
        INTERVAL = "interval", _("time passed")
        EVENTS = "events", _("many events")
        URGENT = "urgent", _("an approval, a stop or a pack")
        OPERATOR = "operator", _("asked for")
        EPOCH = "epoch", _("an epoch began")

    epoch = models.PositiveIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()  # the exact signed text, C2SP tlog-checkpoint in a signed note
    cause = models.CharField(max_length=10, choices=Cause.choices)
    signed_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Checkpoint"]] = models.Manager()

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ("-id",)
        indexes = (models.Index(fields=("size",), name="checkpoint_size"),)

    def __str__(self) -> str:
        return f"checkpoint of {self.size} events, epoch {self.epoch}"


class Rollback(models.Model):
    """The database is behind, or beside, what a checkpoint outside it says. Until it is acknowledged nothing is written."""

    detected_at = models.DateTimeField()
    known_epoch = models.PositiveIntegerField()
    known_size = models.BigIntegerField()
    known_root = models.BinaryField(max_length=32)
    found_size = models.BigIntegerField()
    found_root = models.BinaryField(max_length=32, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Rollback"]] = models.Manager()

    class Meta:
        verbose_name = _("restored backup")
        verbose_name_plural = _("restored backups")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("known_epoch",), condition=models.Q(acknowledged_at__isnull=True), name="rollback_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at__isnull=True, acknowledged_by="")
                | models.Q(acknowledged_at__isnull=False) & ~models.Q(acknowledged_by=""),
                name="rollback_acknowledged_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.known_size} events known, {self.found_size} found"

    @property
    def missing_count(self) -> int:
        """How many events are known to be gone; 0 when the trail is as long as before but another one."""
        return max(0, self.known_size - self.found_size)
