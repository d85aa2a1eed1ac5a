import uuid
import zoneinfo
from functools import cache

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models import TrailRef
from agents.audit.personal import Personal
from agents.people.choices import Role
from agents.people.models.organisation import Department, LegalEntity
from agents.people.querysets import UserManager


@cache
def zones() -> frozenset[str]:
    """Every time zone of this machine; finding them reads hundreds of files, so it is done once."""
    return frozenset(zoneinfo.available_timezones())


def known_zone(name: str) -> None:
    if name not in zones():
        raise ValidationError(_("%(name)s is not a time zone; write one like Europe/Berlin."), params={"name": name})


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address. People who left stay as rows: evidence names them."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)  # kept in lower case
    name = models.CharField(_("name"), max_length=150)
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("legal entity")
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    manager = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("manager")
    )
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    location = models.CharField(_("location"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC", validators=[known_zone])
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("sees the console"), default=False)
    joined_at = models.DateTimeField(_("joined"), default=clock.now)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    absent_from = models.DateTimeField(_("absent from"), null=True, blank=True)
    absent_until = models.DateTimeField(_("absent until"), null=True, blank=True)
    deputy = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="deputises_for", verbose_name=_("deputy")
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Lower("email"), name="person_email_once"),
            models.CheckConstraint(
                condition=models.Q(absent_from__isnull=True, absent_until__isnull=True)
                | models.Q(absent_from__lt=models.F("absent_until")),
                name="person_absence_has_both_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(deputy__isnull=True) | ~models.Q(deputy=models.F("id")), name="person_deputy_is_another"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split()[0] if self.name.strip() else self.email

    @cached_property
    def roles_now(self) -> frozenset[str]:
        """Roles held at the first time of asking; one object lives for one request."""
        return frozenset(self.role_assignments.effective().values_list("role", flat=True))

    def has_role(self, *roles: Role) -> bool:
        return self.is_present and bool(self.roles_now.intersection(roles))

    @property
    def is_present(self) -> bool:
        return self.is_active and (self.left_at is None or self.left_at > clock.now())

    @property
    def is_absent(self) -> bool:
        """True while the deputy stands in."""
        now = clock.now()
        return bool(self.absent_from and self.absent_until and self.absent_from <= now < self.absent_until)

    @property
    def as_told(self) -> Personal:
        """The name, where the trail tells of this person."""
        return Personal(str(self.uid), self.name)

    @property
    def actor_kind(self) -> str:
        return "person"

    @property
    def actor_key(self) -> str:
        return str(self.uid)

    @property
    def actor_label(self) -> str:
        return self.name

    def trail_ref(self) -> TrailRef:
        return TrailRef("person", str(self.uid), self.as_told)
