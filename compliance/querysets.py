"""Named questions about packs."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from agents import clock
from agents.people.choices import Role
from agents.people.models import User

if TYPE_CHECKING:
    from compliance.models import Pack  # noqa: F401  (names the row type below)

REQUESTERS = (Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR)
READERS = (*REQUESTERS, Role.AUDITOR)
STALE_AFTER = timedelta(seconds=60)  # a worker that builds writes its heartbeat every few seconds


class PackQuerySet(models.QuerySet["Pack"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        if not isinstance(user, User) or not user.has_role(*READERS):
            return self.none()
        return self.all()

    def to_build(self) -> Self:
        """Not begun, or begun by a worker that is silent for too long."""
        stale = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lte=clock.now() - STALE_AFTER)
        return self.filter(Q(state="requested") | Q(state="building") & stale)
