import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.access.models.access_request import RequestLine
from agents.access.querysets import GrantQuerySet
from agents.audit.models import TrailRef
from agents.audit.states import StateChoices
from agents.registry.choices import Origin
from agents.registry.models import Agent, Entitlement


class Grant(models.Model):
    """This agent holds this permission, from a moment until a moment."""

    class State(StateChoices):
        SCHEDULED = "scheduled", "wait", _("not begun")
        ACTIVE = "active", "good", _("in force")
        HELD = "held", "warn", _("stopped")
        REVOKED = "revoked", "off", _("ended")
        EXPIRED = "expired", "off", _("ran out")

    class Kind(models.TextChoices):
        STANDING = "standing", _("standing")
        ELEVATION = "elevation", _("elevation")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.SCHEDULED: frozenset({State.ACTIVE, State.HELD, State.REVOKED, State.EXPIRED}),
        State.ACTIVE: frozenset({State.HELD, State.REVOKED, State.EXPIRED}),
        State.HELD: frozenset({State.ACTIVE, State.REVOKED}),
        State.REVOKED: frozenset(),
        State.EXPIRED: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="grants")
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="grants")
    origin = models.CharField(max_length=12, choices=Origin.choices, default=Origin.REQUESTED)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.STANDING)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    not_before = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)  # empty only for discovered access: its source gives no end
    request_line = models.OneToOneField(RequestLine, on_delete=models.PROTECT, null=True, blank=True, related_name="grant")
    created_at = models.DateTimeField(default=clock.now)

    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="held_grants"
    )
    hold_reason = models.CharField(max_length=500, blank=True)
    revoke_due_at = models.DateTimeField(null=True, blank=True)  # the undo window's end
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=200, blank=True)
    revoke_reason = models.CharField(max_length=500, blank=True)

    source = models.CharField(max_length=120, blank=True)  # of discovered access: "aws:012345678901"
    facts = models.JSONField(default=dict, blank=True)  # conditions and paths as the source states them
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("access")
        verbose_name_plural = _("accesses")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("agent", "entitlement", "kind"),
                condition=Q(state__in=("scheduled", "active", "held"), kind="standing"),
                name="grant_standing_once",
            ),
            models.CheckConstraint(
                condition=Q(origin="discovered") | Q(request_line__isnull=False, expires_at__isnull=False),
                name="grant_approved_and_ends",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("not_before")), name="grant_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(held_at__isnull=False, revoke_due_at__isnull=False), name="grant_held_since"
            ),
            models.CheckConstraint(condition=~Q(state="revoked") | Q(revoked_at__isnull=False), name="grant_revoked_since"),
        )
        indexes = (
            models.Index(fields=("entitlement", "state"), name="grant_by_entitlement"),
            models.Index(fields=("state", "expires_at"), name="grant_due"),
        )

    def __str__(self) -> str:
        return str(_("%(agent)s: %(what)s") % {"agent": self.agent, "what": self.entitlement})

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    @property
    def is_discovered(self) -> bool:
        return self.origin == Origin.DISCOVERED

    @property
    def ended_at(self) -> datetime | None:
        """When it stopped working, or None while it may: the hold counts, not its later confirmation."""
        if self.state in (self.State.HELD, self.State.REVOKED):
            return self.held_at or self.revoked_at
        if self.expires_at is not None and self.expires_at <= clock.now():
            return self.expires_at
        return None

    def trail_ref(self) -> TrailRef:
        return TrailRef("grant", str(self.uid), str(self.entitlement), f"agent:{self.agent.uid}")
