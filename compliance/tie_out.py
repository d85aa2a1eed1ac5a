"""Is the population whole? Each list is counted again from another source; what is left out is said with its reason."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from agents.access.models import Grant
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.registry.models import Agent
from compliance.scope import Scope

BEGUN = (Event.GRANT_STARTED, Event.GRANT_DISCOVERED)
AT_WORK = (Event.AGENT_ACTIVATED, Event.AGENT_DISCOVERED)


@dataclass(frozen=True)
class Tie:
    """The same thing counted in the registry and in the trail."""

    what: str
    query: str
    in_registry: int
    in_trail: int

    @property
    def difference(self) -> int:
        return self.in_registry - self.in_trail


@dataclass(frozen=True)
class LeftOut:
    what: str
    count: int
    reason: str


def ties(scope: Scope) -> tuple[Tie, ...]:
    """Counted over the whole house up to the end of the period: there the two sources can be compared row by row."""
    told = TrailEvent.objects.filter(at__lt=scope.ends_at)
    agents = Agent.objects.registered().filter(activated_at__lt=scope.ends_at)
    grants = Grant.objects.filter(created_at__lt=scope.ends_at)
    return (
        Tie(
            _("Identities that ever began to work"),
            _("registry: begun before the period's end; trail: identities with agent.activated or agent.discovered"),
            agents.count(),
            told.filter(event__in=AT_WORK).values("target_key").distinct().count(),
        ),
        Tie(
            _("Accesses that ever began"),
            _("registry: made before the period's end; trail: accesses with grant.started or grant.discovered"),
            grants.count(),
            told.filter(event__in=BEGUN).values("target_key").distinct().count(),
        ),
    )


def left_out(scope: Scope) -> tuple[LeftOut, ...]:
    """What a reader might expect in the population and does not find there."""
    everybody, all_grants = scope.everybody(), scope.all_grants()
    unknown = all_grants.filter(entitlement__data_classes=[], entitlement__system__data_classes=[])
    rows = [
        LeftOut(
            _("identities at work that reach no data of this framework"),
            everybody.count() - scope.agents().count(),
            _("their registration and their accesses name none of its data classes"),
        ),
        LeftOut(
            _("accesses to systems whose data nobody has classified"),
            unknown.count(),
            _("unknown is not harmless: classify these systems, and they move into the population where they belong"),
        ),
        LeftOut(
            _("identities still waiting for their owner or approval"),
            _waiting(scope),
            _("they were not at work in the period and held nothing"),
        ),
    ]
    if scope.legal_entity is not None:
        nowhere = Agent.objects.registered().filter(legal_entity__isnull=True, activated_at__lt=scope.ends_at)
        rows.append(
            LeftOut(
                _("identities of no legal entity"),
                nowhere.count(),
                _("nobody has said whose they are; a pack of the whole group holds them"),
            )
        )
    return tuple(row for row in rows if row.count)


def _waiting(scope: Scope) -> int:
    waiting = Agent.objects.registered().filter(submitted_at__lt=scope.ends_at)
    waiting = waiting.filter(Q(activated_at__isnull=True) | Q(activated_at__gte=scope.ends_at))
    return (waiting.filter(legal_entity=scope.legal_entity) if scope.legal_entity else waiting).count()
