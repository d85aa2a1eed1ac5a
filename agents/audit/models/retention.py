import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models.trail_event import TrailRef


class LegalHold(models.Model):
    """While it stands, nothing from its days is removed, whatever any retention says."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    reason = models.CharField(_("reason"), max_length=500)
    since = models.DateField(_("from"), null=True, blank=True)  # None: from the first event on
    until = models.DateField(_("until"), null=True, blank=True)  # the last day, inside; None: all to come
    placed_at = models.DateTimeField(default=clock.now)
    placed_by = models.CharField(max_length=200)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=200, blank=True)
    release_reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["LegalHold"]] = models.Manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(released_at__isnull=True, released_by="")
                | models.Q(released_at__isnull=False) & ~models.Q(released_by="") & ~models.Q(release_reason=""),
                name="legal_hold_released_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def trail_ref(self) -> TrailRef:
        return TrailRef("hold", str(self.uid), self.name)


class RemovedSegment(models.Model):
    """A run of whole seals whose events were removed when their time was over; the seals and roots stay. Append-only."""

    first_seal = models.BigIntegerField(unique=True)
    last_seal = models.BigIntegerField(unique=True)
    first_position = models.BigIntegerField()
    size = models.BigIntegerField()  # of the trail at the end of the last seal
    count = models.BigIntegerField()
    root = models.BinaryField(max_length=32)  # of all events up to `size`
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    removed_at = models.DateTimeField()
    removed_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)

    objects: ClassVar[models.Manager["RemovedSegment"]] = models.Manager()

    class Meta:
        verbose_name = _("removed segment")
        verbose_name_plural = _("removed segments")
        ordering = ("first_seal",)

    def __str__(self) -> str:
        return f"seals {self.first_seal}–{self.last_seal}"

    @property
    def root_hex(self) -> str:
        return bytes(self.root).hex()
