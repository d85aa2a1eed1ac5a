import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.access.models import Grant
from agents.audit.models import TrailRef
from agents.audit.states import StateChoices
from agents.registry.models import Agent
from reviews.models.campaign import Campaign
from reviews.querysets import ItemQuerySet
from reviews.rules import Choice


class Item(models.Model):
    """One question of a campaign: is this agent, or this access of it, still right?"""

    class Kind(models.TextChoices):
        AGENT = "agent", _("agent")
        GRANT = "grant", _("access")

    class State(StateChoices):
        UNDECIDED = "undecided", "wait", _("undecided")
        DECIDED = "decided", "good", _("decided")
        EXECUTING = "executing", "warn", _("being carried out")
        DONE = "done", "off", _("carried out")

    # Changeable until the campaign closes; what has ended for good is asked for again, not decided back.
    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.UNDECIDED: frozenset({State.DECIDED, State.EXECUTING}),
        State.DECIDED: frozenset({State.DECIDED, State.EXECUTING, State.UNDECIDED}),
        State.EXECUTING: frozenset({State.DONE, State.DECIDED, State.UNDECIDED}),
        State.DONE: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="items", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="review_items")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, null=True, blank=True, related_name="review_items")
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNDECIDED)
    snapshot = models.JSONField(default=dict)  # what the reviewer is shown: the facts when it came into the campaign
    joined_at = models.DateTimeField(_("joined"), null=True, blank=True)  # None: of the frozen population
    recommended = models.CharField(_("recommendation"), max_length=20, choices=Choice.choices, blank=True)
    because = models.JSONField(default=list)  # sentences

    choice = models.CharField(_("decision"), max_length=20, choices=Choice.choices, blank=True)
    decision_reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="decided_items"
    )
    version = models.PositiveSmallIntegerField(default=0)  # how many decisions there were

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("review item")
        verbose_name_plural = _("review items")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("campaign", "grant"), condition=Q(kind="grant"), name="item_grant_once"),
            models.UniqueConstraint(fields=("campaign", "agent"), condition=Q(kind="agent"), name="item_agent_once"),
            models.CheckConstraint(
                condition=Q(kind="agent", grant__isnull=True) | Q(kind="grant", grant__isnull=False), name="item_of_one_kind"
            ),
            models.CheckConstraint(
                condition=Q(state="undecided", choice="", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="undecided") & ~Q(choice="") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="item_decided_by_somebody",
            ),
        )
        indexes = (
            models.Index(fields=("campaign", "state"), name="item_by_state"),
            models.Index(fields=("campaign", "agent"), name="item_by_agent"),
            models.Index(fields=("id",), condition=Q(state="executing"), name="item_executing"),
        )

    def __str__(self) -> str:
        return str(self.snapshot.get("label") or self.agent)

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What can be decided about it."""
        return (Choice.KEEP, Choice.END) if self.kind == self.Kind.GRANT else (Choice.KEEP, Choice.CHANGE_NEEDED)

    def trail_ref(self) -> TrailRef:
        return TrailRef("item", str(self.uid), str(self), f"agent:{self.agent.uid}")


class ReviewDecision(models.Model):
    """One version of what was decided about an item. Rows are only ever added."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    version = models.PositiveSmallIntegerField()  # 1, 2, …
    choice = models.CharField(_("decision"), max_length=20, choices=Choice.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_decisions")
    at = models.DateTimeField(default=clock.now)
    is_against_recommendation = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        ordering = ("item", "version")
        constraints = (models.UniqueConstraint(fields=("item", "version"), name="decision_version_once"),)
        indexes = (models.Index(fields=("by", "at"), name="decision_by_person"),)

    def __str__(self) -> str:
        return f"{self.item} #{self.version}: {self.get_choice_display()}"
