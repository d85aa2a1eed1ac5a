import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models import TrailRef
from agents.audit.states import StateChoices
from agents.people.models import Department, LegalEntity
from agents.registry.choices import AgentKind, Environment, Origin, Tier
from agents.registry.models.system import System
from agents.registry.querysets import AgentQuerySet


class Agent(models.Model):
    """One identity of one actor in one environment, never shared, never reused."""

    class State(StateChoices):
        DRAFT = "draft", "off", _("draft")
        PENDING_OWNER = "pending_owner", "wait", _("waiting for its owner")
        PENDING_APPROVAL = "pending_approval", "wait", _("waiting for approval")
        ACTIVE = "active", "good", _("active")
        SUSPENDED = "suspended", "warn", _("suspended")
        QUARANTINED = "quarantined", "bad", _("quarantined")
        RETIRED = "retired", "off", _("retired")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.DRAFT: frozenset({State.PENDING_OWNER, State.RETIRED}),
        State.PENDING_OWNER: frozenset({State.PENDING_APPROVAL, State.DRAFT, State.RETIRED}),
        State.PENDING_APPROVAL: frozenset({State.ACTIVE, State.DRAFT, State.RETIRED}),
        State.ACTIVE: frozenset({State.SUSPENDED, State.QUARANTINED, State.RETIRED}),
        State.SUSPENDED: frozenset({State.ACTIVE, State.QUARANTINED, State.RETIRED}),
        State.QUARANTINED: frozenset({State.PENDING_OWNER, State.RETIRED}),
        State.RETIRED: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # A draft has no slug; once submitted the name is taken for good, also after retirement.
    slug = models.SlugField(max_length=80, unique=True, null=True, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=AgentKind.choices, default=AgentKind.AI_AGENT)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT)
    origin = models.CharField(_("origin"), max_length=12, choices=Origin.choices, default=Origin.REQUESTED)
    environment = models.CharField(_("environment"), max_length=20, choices=Environment.choices, blank=True)
    platform = models.CharField(_("model or platform"), max_length=120, blank=True)
    purpose = models.TextField(_("business purpose"), max_length=1000, blank=True)
    region = models.CharField(_("region"), max_length=60, blank=True)
    data_classes = models.JSONField(_("data classes"), default=list, blank=True)
    systems = models.ManyToManyField(System, blank=True, related_name="agents", verbose_name=_("connected systems"))
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, null=True, blank=True, related_name="agents", verbose_name=_("legal entity")
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="agents", verbose_name=_("department")
    )

    human_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_agents",
        verbose_name=_("human owner"),
    )
    technical_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="run_agents",
        verbose_name=_("technical owner"),
    )
    owner_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    declared_tier = models.CharField(_("risk level"), max_length=10, choices=Tier.choices, blank=True)  # only ever raises
    risk_tier = models.CharField(_("risk tier"), max_length=10, choices=Tier.choices, default=Tier.HIGH, editable=False)
    tier_reasons = models.JSONField(default=list, blank=True, editable=False)  # sentences, strictest first

    eligible_until = models.DateTimeField(_("eligible until"), null=True, blank=True, editable=False)  # the lease
    authority_epoch = models.PositiveIntegerField(default=0, editable=False)  # bumped by suspension: ends tokens

    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="registered_agents",
        editable=False,
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    state_reason = models.CharField(max_length=500, blank=True, editable=False)  # why it is suspended, returned, …

    objects = AgentQuerySet.as_manager()

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=("draft", "retired")) | Q(slug__isnull=False), name="agent_beyond_draft_is_named"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("pending_approval", "active", "suspended"))
                | Q(origin="discovered")
                | Q(human_owner__isnull=False, owner_accepted_at__isnull=False),
                name="agent_at_work_has_accepted_owner",
            ),
        )
        indexes = (
            models.Index(fields=("name", "id"), name="agent_by_name"),
            models.Index(fields=("risk_tier", "state"), name="agent_by_tier"),
        )

    def __str__(self) -> str:
        return self.name or str(_("unnamed draft"))

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    @property
    def spiffe_id(self) -> str:
        """Its name in protocols (SPIFFE ID); empty for a draft."""
        return f"spiffe://{settings.MANDATE_TRUST_DOMAIN}/agent/{self.environment}/{self.slug}" if self.slug else ""

    @property
    def is_discovered(self) -> bool:
        return self.origin == Origin.DISCOVERED

    def trail_ref(self) -> TrailRef:
        return TrailRef("agent", str(self.uid), str(self))


class AgentAlias(models.Model):
    """What a source calls this identity: issuer and native id, unique together."""

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="aliases")
    source = models.CharField(_("source"), max_length=120)  # "aws:012345678901"
    native_id = models.CharField(_("native id"), max_length=300)
    last_used_at = models.DateTimeField(_("last used at the source"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen in an import"), default=clock.now)
    facts = models.JSONField(default=dict, blank=True)  # what else the source said, for the page and evidence

    class Meta:
        verbose_name = _("name at a source")
        verbose_name_plural = _("names at sources")
        constraints = (models.UniqueConstraint(fields=("source", "native_id"), name="alias_once"),)

    def __str__(self) -> str:
        return f"{self.source} {self.native_id}"
