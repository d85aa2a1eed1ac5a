import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.access.querysets import AccessRequestQuerySet, RequestLineQuerySet
from agents.audit.models import TrailRef
from agents.audit.states import StateChoices
from agents.registry.models import Agent, Entitlement

LONGEST_DAYS = 365


class AccessRequest(models.Model):
    """One agent asks, through a person, for one or more permissions."""

    class State(StateChoices):
        DRAFT = "draft", "off", _("draft")
        PENDING = "pending", "wait", _("waiting for a decision")
        NEEDS_INFORMATION = "needs_information", "warn", _("needs information")
        DECIDED = "decided", "good", _("decided")
        CANCELLED = "cancelled", "off", _("withdrawn")
        EXPIRED = "expired", "bad", _("expired")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.DRAFT: frozenset({State.PENDING, State.CANCELLED}),
        State.PENDING: frozenset({State.NEEDS_INFORMATION, State.DECIDED, State.CANCELLED, State.EXPIRED}),
        State.NEEDS_INFORMATION: frozenset({State.PENDING, State.CANCELLED, State.EXPIRED}),
        State.DECIDED: frozenset(),
        State.CANCELLED: frozenset(),
        State.EXPIRED: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="access_requests")
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_requests")
    purpose = models.TextField(_("why"), max_length=1000, blank=True)
    ticket = models.CharField(_("ticket"), max_length=80, blank=True)
    is_registration = models.BooleanField(default=False)  # the request that came with the agent itself
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # undecided by then: nothing is granted
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("access request")
        verbose_name_plural = _("access requests")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("agent",),
                condition=Q(is_registration=True, state__in=("draft", "pending")),
                name="request_one_registration",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "cancelled")) | Q(submitted_at__isnull=False, expires_at__isnull=False),
                name="request_submitted_has_end",
            ),
        )

    def __str__(self) -> str:
        return str(_("Access for %(agent)s") % {"agent": self.agent})

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    def trail_ref(self) -> TrailRef:
        return TrailRef("request", str(self.uid), str(self), f"agent:{self.agent.uid}")


class RequestLine(models.Model):
    """One permission in a request, decided on its own."""

    class State(StateChoices):
        PENDING = "pending", "wait", _("waiting")
        APPROVED = "approved", "good", _("approved")
        DENIED = "denied", "bad", _("refused")
        WITHDRAWN = "withdrawn", "off", _("withdrawn")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.PENDING: frozenset({State.APPROVED, State.DENIED, State.WITHDRAWN}),
        State.APPROVED: frozenset(),
        State.DENIED: frozenset(),
        State.WITHDRAWN: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="lines")
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="request_lines")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    duration_days = models.PositiveSmallIntegerField(
        _("days"), default=90, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)]
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="decided_lines"
    )
    decision_reason = models.CharField(max_length=500, blank=True)

    objects = RequestLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("request line")
        verbose_name_plural = _("request lines")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("request", "entitlement"), name="line_once"),
            models.CheckConstraint(
                condition=Q(state__in=("pending", "withdrawn")) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="line_decided_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return str(self.entitlement)

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    def trail_ref(self) -> TrailRef:
        return TrailRef("line", str(self.uid), str(self.entitlement), f"agent:{self.request.agent.uid}")


class ApprovalStage(models.Model):
    """One person's (or role's) turn to decide one line."""

    class Kind(models.TextChoices):
        SYSTEM_OWNER = "system_owner", _("system owner")

    class State(StateChoices):
        WAITING = "waiting", "wait", _("waiting")
        APPROVED = "approved", "good", _("approved")
        DENIED = "denied", "bad", _("refused")
        SKIPPED = "skipped", "off", _("skipped")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.WAITING: frozenset({State.APPROVED, State.DENIED, State.SKIPPED}),
        State.APPROVED: frozenset(),
        State.DENIED: frozenset(),
        State.SKIPPED: frozenset(),
    }

    line = models.ForeignKey(RequestLine, on_delete=models.PROTECT, related_name="stages")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.SYSTEM_OWNER)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    # Who was asked when the request was submitted; empty means nobody could be, and it cannot be approved.
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="approval_stages"
    )
    routed_because = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="decided_stages"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("approval stage")
        verbose_name_plural = _("approval stages")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("line", "kind"), name="stage_once"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.line}"

    @property
    def state_enum(self) -> State:
        return self.State(self.state)
