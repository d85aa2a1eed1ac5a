from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class LabelKey(models.Model):
    """What opens the labels of one person inside the trail. Erasing the person empties `key`; the hashed bytes stay."""

    person_key = models.CharField(max_length=80, unique=True)
    key = models.BinaryField(max_length=32, null=True, blank=True)
    created_at = models.DateTimeField()  # real time, whatever the clock of a told past says
    erased_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["LabelKey"]] = models.Manager()

    class Meta:
        verbose_name = _("label key")
        verbose_name_plural = _("label keys")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(key__isnull=False, erased_at__isnull=True)
                | models.Q(key__isnull=True, erased_at__isnull=False),
                name="label_key_held_or_erased",
            ),
        )

    def __str__(self) -> str:
        return self.person_key
