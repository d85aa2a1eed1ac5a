"""Named questions about people."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q

from agents import clock
from agents.people.choices import Role

if TYPE_CHECKING:
    from agents.people.models import RoleAssignment, User


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def effective(self, at: datetime | None = None) -> Self:
        """Roles that hold at this moment, whatever any job has or has not done."""
        at = at or clock.now()
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)


class UserQuerySet(models.QuerySet["User"]):
    def present(self) -> Self:
        """People who work here: not left, account open."""
        return self.filter(Q(left_at__isnull=True) | Q(left_at__gt=clock.now()), is_active=True)

    def absent_now(self) -> Self:
        """People whose deputy stands in at this moment; time alone ends it."""
        now = clock.now()
        return self.filter(absent_from__lte=now, absent_until__gt=now)

    def visible_to(self, viewer: "User") -> Self:
        """Colleagues are no secret inside the house; somebody who left sees nobody."""
        return self.all() if viewer.is_present else self.none()

    def holding(self, *roles: Role) -> Self:
        """Present people who hold one of these roles now."""
        assignment = self.model._meta.get_field("role_assignments").related_model
        held = assignment._default_manager.effective().filter(person=OuterRef("pk"), role__in=roles)
        return self.present().filter(Exists(held))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """What `createsuperuser` and Django's auth expect; the portal itself uses `actions.people`."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
