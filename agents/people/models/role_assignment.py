from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.audit.models import TrailRef
from agents.people.choices import Role
from agents.people.querysets import RoleAssignmentQuerySet


class RoleAssignment(models.Model):
    """This person holds this role from a moment until a moment. Ended, never deleted."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(_("role"), max_length=40, choices=Role.choices)
    starts_at = models.DateTimeField(_("from"), default=clock.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    given_by = models.CharField(_("given by"), max_length=200)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("person", "role", "-starts_at")
        indexes = (models.Index(fields=("role", "starts_at", "ends_at"), name="role_holders"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
                name="role_ends_after_start",
            ),
            models.UniqueConstraint(fields=("person", "role"), condition=models.Q(ends_at__isnull=True), name="role_open_once"),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"

    def trail_ref(self) -> TrailRef:
        label = (f"{self.get_role_display()}: ", self.person.as_told)
        return TrailRef("role", str(self.pk), label, f"person:{self.person.uid}")
