"""What a pack is about, and who was there: the population over the period, not the rows of today."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from agents import clock
from agents.access.models import Grant
from agents.people.models import LegalEntity
from agents.registry.models import Agent
from compliance.frameworks import Framework
from compliance.reach import declaring, entitlements_with


@dataclass(frozen=True)
class Scope:
    """One framework, one legal entity (None: the whole group), one period. since, until: days in UTC, both inside."""

    framework: Framework
    since: date
    until: date
    as_of: datetime
    legal_entity: LegalEntity | None = None

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.since, time.min, UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is no longer inside; for a period that is not over, the moment of asking."""
        return min(datetime.combine(self.until + timedelta(days=1), time.min, UTC), self.as_of)

    @property
    def is_over(self) -> bool:
        return self.ends_at < self.as_of

    def agents(self) -> QuerySet[Agent]:
        """Identities that were at work at any time in the period and declare, or could reach, data of the framework."""
        classes = self.framework.data_classes
        reach = Q(pk__in=declaring(classes)) | Q(pk__in=self.grants().order_by().values("agent"))
        return self.everybody().filter(reach)

    def everybody(self) -> QuerySet[Agent]:
        """Identities of the legal entity at work at any time in the period, whatever they reach."""
        there = Agent.objects.registered().filter(Q(retired_at__isnull=True) | Q(retired_at__gte=self.begins_at))
        there = there.filter(activated_at__lt=self.ends_at)
        return there.filter(legal_entity=self.legal_entity) if self.legal_entity else there

    def grants(self) -> QuerySet[Grant]:
        """Accesses to data of the framework that were in force at any time in the period, those ended inside it too."""
        return self.all_grants().filter(entitlement__in=entitlements_with(self.framework.data_classes))

    def all_grants(self) -> QuerySet[Grant]:
        """Accesses of the legal entity's identities in force at any time in the period, whatever they reach."""
        begins_at = self.begins_at
        not_over = Q()
        for column in ("held_at", "revoked_at", "expires_at"):
            not_over &= Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__gte": begins_at})
        there = Grant.objects.filter(not_over, not_before__lt=self.ends_at)
        return there.filter(agent__legal_entity=self.legal_entity) if self.legal_entity else there


def scope_of(framework: Framework, since: date, until: date, legal_entity: LegalEntity | None = None) -> Scope:
    """The scope as it can be told at this moment."""
    return Scope(framework, since, until, clock.now(), legal_entity)
