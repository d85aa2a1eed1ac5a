from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock


class DueRun(models.Model):
    """How one job of the due work is doing. The scheduler itself has a row too, named `beat`."""

    name = models.CharField(max_length=80, primary_key=True)
    started_at = models.DateTimeField(null=True, blank=True)  # the newest run's
    finished_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)  # when it last found something to do
    settled_count = models.BigIntegerField(default=0)  # since it exists
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["DueRun"]] = models.Manager()

    class Meta:
        verbose_name = _("due job")
        verbose_name_plural = _("due jobs")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Alarm(models.Model):
    """Something about the portal itself is not as it must be; open until it is well again."""

    name = models.SlugField(max_length=60)
    sentence = models.CharField(max_length=500)
    raised_at = models.DateTimeField(default=clock.now)
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Alarm"]] = models.Manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("name",), condition=models.Q(cleared_at__isnull=True), name="alarm_open_once"),
        )

    def __str__(self) -> str:
        return self.name


class IdempotentCall(models.Model):
    """One POST that named an Idempotency-Key: what it asked, and the answer that every repetition gets."""

    caller = models.CharField(max_length=120)  # "person:<uid>", later an API key's
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body
    claim = models.UUIDField(null=True, blank=True)  # of the attempt that is under way
    claimed_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # None while in flight
    headers = models.JSONField(default=dict, blank=True)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    objects: ClassVar[models.Manager["IdempotentCall"]] = models.Manager()

    class Meta:
        verbose_name = _("idempotent call")
        verbose_name_plural = _("idempotent calls")
        constraints = (models.UniqueConstraint(fields=("caller", "key"), name="idempotent_call_once"),)

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
