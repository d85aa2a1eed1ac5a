import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models import TrailRef
from agents.audit.states import StateChoices
from agents.people.models import LegalEntity
from compliance.frameworks import frameworks
from compliance.querysets import PackQuerySet

SECTIONS = {
    "questions": _("Asking the five questions"),
    "population": _("Counting who was there"),
    "controls": _("Testing each control"),
    "decisions": _("Reading decisions and what ended"),
    "timeline": _("Reading the trail"),
    "printing": _("Printing the document"),
    "sealing": _("Sealing it"),
}


class Pack(models.Model):
    """The evidence for one framework, one period and one legal entity or the whole group: a PDF that never changes again.

    The row is the queue: a worker claims it, keeps its heartbeat, and another takes over when the heart stops.
    """

    class State(StateChoices):
        REQUESTED = "requested", "wait", _("waiting to be built")
        BUILDING = "building", "wait", _("being built")
        READY = "ready", "good", _("ready")
        FAILED = "failed", "bad", _("failed")

    MOVES: ClassVar[dict[State, frozenset[State]]] = {
        State.REQUESTED: frozenset({State.BUILDING}),
        State.BUILDING: frozenset({State.READY, State.FAILED}),
        State.READY: frozenset(),
        State.FAILED: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    framework = models.SlugField(_("framework"), max_length=40)
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, null=True, blank=True, related_name="packs", verbose_name=_("legal entity")
    )
    since = models.DateField(_("from"))
    until = models.DateField(_("until"))  # the last day, inside
    state = models.CharField(max_length=12, choices=State.choices, default=State.REQUESTED)
    # A person, or the command line's name.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="packs"
    )
    requested_by_label = models.CharField(max_length=200)
    requested_at = models.DateTimeField(default=clock.now)

    section = models.CharField(max_length=80, blank=True)  # what is being written now
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    as_of = models.DateTimeField(null=True, blank=True)  # the moment the rows were read
    path = models.CharField(max_length=200, blank=True)  # inside settings.PACK_DIR
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    verdicts = models.JSONField(default=dict, blank=True)  # verdict → number of controls
    trail_root = models.CharField(max_length=90, blank=True)  # "<events>:<root>" of the newest signed checkpoint
    ended_at = models.DateTimeField(null=True, blank=True)  # ready or failed
    failed_reason = models.CharField(max_length=500, blank=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence pack")
        verbose_name_plural = _("evidence packs")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="pack_period_in_order"),
            models.CheckConstraint(
                condition=~Q(state="ready")
                | ~Q(path="") & ~Q(sha256="") & Q(size__gt=0) & Q(as_of__isnull=False, ended_at__isnull=False),
                name="pack_ready_has_file",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failed_reason=""), name="pack_failed_says_why"),
            models.UniqueConstraint(
                fields=("framework", "legal_entity", "since", "until"),
                condition=Q(state__in=("requested", "building"), legal_entity__isnull=False),
                name="pack_on_its_way_once",
            ),
            models.UniqueConstraint(
                fields=("framework", "since", "until"),
                condition=Q(state__in=("requested", "building"), legal_entity__isnull=True),
                name="pack_of_group_on_its_way_once",
            ),
        )
        indexes = (models.Index(fields=("state", "heartbeat_at"), name="pack_due"),)

    def __str__(self) -> str:
        return f"{self.framework_name}, {self.since:%Y-%m-%d} – {self.until:%Y-%m-%d}"

    @property
    def state_enum(self) -> State:
        return self.State(self.state)

    @property
    def framework_name(self) -> str:
        """Its name as it is now; a framework that was taken away keeps its key."""
        known = frameworks().get(self.framework)
        return known.name if known else self.framework

    @property
    def section_name(self) -> str:
        """What is being done, for people."""
        return str(SECTIONS.get(self.section, _("Beginning")))

    @property
    def whose(self) -> str:
        return str(self.legal_entity or _("whole group"))

    @property
    def days(self) -> int:
        return (self.until - self.since + timedelta(days=1)).days

    @property
    def is_on_its_way(self) -> bool:
        return self.state in (self.State.REQUESTED, self.State.BUILDING)

    def trail_ref(self) -> TrailRef:
        return TrailRef("pack", str(self.uid), str(self))
