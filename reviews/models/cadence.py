from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models import TrailRef
from agents.registry.choices import Tier
from reviews.rules import Every, Period, period_of


class Cadence(models.Model):
    """How often agents of a tier are reviewed, and how long a review stays open."""

    tier = models.CharField(_("tier"), max_length=10, choices=Tier.choices, unique=True)
    every = models.CharField(_("how often"), max_length=10, choices=Every.choices)
    open_days = models.PositiveSmallIntegerField(
        _("days to finish"), default=14, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )

    class Meta:
        verbose_name = _("review cadence")
        verbose_name_plural = _("review cadences")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.get_tier_display()}: {self.get_every_display()}"

    @property
    def period(self) -> Period:
        """The period that is running now."""
        return period_of(self.every, clock.now().date())

    @property
    def has_begun(self) -> bool:
        """The running period has its campaign."""
        return self.campaigns.filter(period_key=self.period.key).exists()

    def trail_ref(self) -> TrailRef:
        return TrailRef("cadence", self.tier, str(self))
