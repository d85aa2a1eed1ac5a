import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models import TrailRef
from agents.audit.states import StateChoices
from agents.registry.choices import Tier
from reviews.models.cadence import Cadence
from reviews.querysets import CampaignQuerySet


class Campaign(models.Model):
    """The review of one tier in one period, over a population that was frozen when it began; who comes later joins beside it."""

    class State(StateChoices):
        SCHEDULED = "scheduled", "off", _("about to open")
        GENERATING = "generating", "wait", _("being prepared")
        OPEN = "open", "wait", _("open")
        CLOSED = "closed", "off", _("closed")
        CANCELLED = "cancelled", "off", _("cancelled")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.SCHEDULED: frozenset({State.GENERATING, State.CANCELLED}),
        State.GENERATING: frozenset({State.OPEN, State.CANCELLED}),
        State.OPEN: frozenset({State.CLOSED, State.CANCELLED}),
        State.CLOSED: frozenset(),
        State.CANCELLED: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cadence = models.ForeignKey(Cadence, on_delete=models.PROTECT, related_name="campaigns", db_index=False)
    name = models.CharField(_("name"), max_length=120)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier.choices)
    period_key = models.CharField(_("period"), max_length=10)  # "2026-11", "2026-Q4", "2026"
    period_starts_on = models.DateField(_("period from"))
    period_ends_on = models.DateField(_("period until"))  # the next period's first day
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.SCHEDULED)
    is_late = models.BooleanField(_("opened late"), default=False)
    created_at = models.DateTimeField(default=clock.now)

    # The frozen population and how far its items are written; a killed worker's claim goes stale and is taken over.
    frozen_at = models.DateTimeField(null=True, blank=True)
    population_count = models.PositiveIntegerField(_("agents"), null=True, blank=True)
    item_count = models.PositiveIntegerField(_("items"), null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, blank=True, editable=False)
    cursor = models.BigIntegerField(default=0, editable=False)  # the last agent whose accesses have their items

    # Who came into the tier while it was open (ADR 7): counted apart, so that the frozen numbers stay what they were.
    joined_count = models.PositiveIntegerField(_("agents that joined"), default=0)
    joined_item_count = models.PositiveIntegerField(_("items that joined"), default=0)

    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=200, blank=True)  # a person's name, or the portal's own

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("cadence", "period_key"), name="campaign_once"),
            models.CheckConstraint(
                condition=~Q(state__in=("open", "closed"))
                | Q(
                    frozen_at__isnull=False,
                    population_count__isnull=False,
                    item_count__isnull=False,
                    opened_at__isnull=False,
                    due_at__isnull=False,
                ),
                name="campaign_open_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("closed", "cancelled")) | Q(closed_at__isnull=False) & ~Q(closed_by=""),
                name="campaign_closed_by_somebody",
            ),
        )
        indexes = (models.Index(fields=("state", "due_at"), name="campaign_due"),)

    def __str__(self) -> str:
        return self.name

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    @property
    def is_open(self) -> bool:
        """Decisions are still taken: time closes it, whatever any job has or has not done."""
        return self.state == self.State.OPEN and self.due_at is not None and clock.now() < self.due_at

    @property
    def agent_count(self) -> int:
        """Everybody in it: the frozen population and who joined."""
        return (self.population_count or 0) + self.joined_count

    @property
    def all_items_count(self) -> int:
        """Every item there is to decide, those that joined included."""
        return (self.item_count or 0) + self.joined_item_count

    def trail_ref(self) -> TrailRef:
        return TrailRef("campaign", str(self.uid), self.name)
