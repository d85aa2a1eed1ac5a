import re

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.audit.models import TrailRef
from agents.people.choices import Regulation


class Organisation(models.Model):
    """Whose portal this is. One row: its fixed key makes a second founding impossible."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(_("organisation"), max_length=120)
    is_demo = models.BooleanField(default=False, editable=False)  # its past was told by seed_demo; printed on every pack

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisation")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="organisation_is_one"),)

    def __str__(self) -> str:
        return self.name

    def trail_ref(self) -> TrailRef:
        return TrailRef("organisation", "1", self.name)


class LegalEntity(models.Model):
    """A company of the group. Departments, people, agents and systems belong to one."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    country = models.CharField(
        _("country"), max_length=2, validators=[RegexValidator(re.compile(r"^[A-Z]{2}$"), _("Two letters, like DE."))]
    )  # ISO 3166-1 alpha-2
    regulated_as = models.JSONField(_("regulated as"), default=list, blank=True)  # values of Regulation

    class Meta:
        verbose_name = _("legal entity")
        verbose_name_plural = _("legal entities")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def regulations(self) -> list[Regulation]:
        return [Regulation(value) for value in self.regulated_as]

    def trail_ref(self) -> TrailRef:
        return TrailRef("entity", self.slug, self.name)


class Department(models.Model):
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="departments")
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("legal_entity", "name"), name="department_once"),)

    def __str__(self) -> str:
        return self.name
