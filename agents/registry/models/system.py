import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.audit.models import TrailRef
from agents.people.models import LegalEntity
from agents.registry.choices import Criticality, Environment, SystemKind, SystemMode, VerbClass
from agents.registry.querysets import EntitlementQuerySet, SystemQuerySet


class System(models.Model):
    """What an agent connects to. Its owner decides who may use it and describes its permissions."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=SystemKind.choices, default=SystemKind.APPLICATION)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="systems", verbose_name=_("owner")
    )
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, null=True, blank=True, related_name="systems", verbose_name=_("legal entity")
    )
    criticality = models.CharField(_("criticality"), max_length=20, choices=Criticality.choices, default=Criticality.NORMAL)
    data_classes = models.JSONField(_("data classes"), default=list, blank=True)  # values of DataClass; empty is unknown
    environment = models.CharField(_("environment"), max_length=20, choices=Environment.choices, default=Environment.PRODUCTION)
    region = models.CharField(_("region"), max_length=60, blank=True)
    mode = models.CharField(_("mode"), max_length=10, choices=SystemMode.choices, default=SystemMode.OBSERVE)
    source = models.CharField(max_length=120, blank=True)  # where it was discovered: "aws:012345678901"

    objects = SystemQuerySet.as_manager()

    class Meta:
        verbose_name = _("system")
        verbose_name_plural = _("systems")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def trail_ref(self) -> TrailRef:
        return TrailRef("system", str(self.uid), self.name)


class Entitlement(models.Model):
    """One permission on a system, in the system's own name and in plain words."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="entitlements")
    name = models.CharField(_("permission"), max_length=200)
    verb_class = models.CharField(_("verb"), max_length=20, choices=VerbClass.choices)
    data_classes = models.JSONField(_("data classes"), default=list, blank=True)
    plain_effect = models.CharField(_("what it lets an agent do"), max_length=120, blank=True)
    is_privileged = models.BooleanField(_("privileged"), default=False)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        ordering = ("system__name", "name")
        constraints = (models.UniqueConstraint(fields=("system", "name"), name="entitlement_once"),)

    def __str__(self) -> str:
        return f"{self.system}: {self.name}"

    @property
    def sentence(self) -> str:
        """The consequence in words, or an honest statement that nobody wrote it."""
        return self.plain_effect or _("Nobody has described this permission: %(name)s") % {"name": self.name}

    def trail_ref(self) -> TrailRef:
        return TrailRef("entitlement", str(self.uid), str(self), f"system:{self.system.uid}")
