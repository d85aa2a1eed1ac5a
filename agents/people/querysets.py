"""Named questions about people."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q

from agents import clock
from agents.people.choices import Role

if TYPE_CHECKING:
    from agents.people.models.role_assignment import RoleAssignment  # noqa: F401  (named in a base class)
    from agents.people.models.user import User


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
        at = clock.now()
        unended = Q(role_assignments__ends_at__isnull=True) | Q(role_assignments__ends_at__gt=at)
        holders = self.model._default_manager.filter(
            unended, role_assignments__role__in=roles, role_assignments__starts_at__lte=at
        )
        return self.present().filter(pk__in=holders.values("pk"))


class UserManager(BaseUserManager["User"]):
    """The questions of the queryset, and what Django's auth expects; the portal itself uses `actions.people`."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def present(self) -> UserQuerySet:
        return self.get_queryset().present()

    def absent_now(self) -> UserQuerySet:
        return self.get_queryset().absent_now()

    def visible_to(self, viewer: "User") -> UserQuerySet:
        return self.get_queryset().visible_to(viewer)

    def holding(self, *roles: Role) -> UserQuerySet:
        return self.get_queryset().holding(*roles)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
