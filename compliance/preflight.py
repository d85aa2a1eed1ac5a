"""Before a pack is built: what it will hold, and what somebody should mend first. Nothing here forbids building it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.audit.states import Tone
from agents.registry.choices import Origin
from agents.registry.models import Agent
from compliance.questions import Where
from compliance.schedule import overdue
from compliance.scope import Scope


@dataclass(frozen=True)
class Check:
    """One sentence. tone: good (fine), warn or bad (mend it, by whom is said), off (to know)."""

    text: str
    tone: Tone
    who: str = ""
    where: Where | None = None


@dataclass(frozen=True)
class Preflight:
    agent_count: int
    grant_count: int
    checks: tuple[Check, ...]

    @property
    def to_mend(self) -> int:
        return sum(check.tone in {"bad", "warn"} for check in self.checks)


def preflight(scope: Scope) -> Preflight:
    """Asked of the rows as they are now; nothing is stored."""
    return Preflight(scope.agents().count(), scope.grants().count(), tuple(_checks(scope)))


def _checks(scope: Scope) -> Iterator[Check]:
    yield from _about_the_choice(scope)
    agents = Agent.objects.filter(pk__in=scope.agents().order_by().values("pk"))
    if n := agents.without_accountable_owner().count():
        said = ngettext("%(n)s identity has no accountable owner.", "%(n)s identities have no accountable owner.", n) % {"n": n}
        yield Check(said, "bad", _("security administrator"), Where("agents", (("owner", "nobody"),)))
    if n := scope.grants().filter(origin=Origin.DISCOVERED).count():
        said = ngettext("Nobody approved %(n)s access in scope.", "Nobody approved %(n)s accesses in scope.", n) % {"n": n}
        yield Check(
            said, "bad", _("owners, by asking for it or ending it"), Where("grants", (("origin", Origin.DISCOVERED.value),))
        )
    if n := agents.in_service().filter(overdue()).count():
        said = ngettext("The review of %(n)s identity is overdue.", "The reviews of %(n)s identities are overdue.", n) % {"n": n}
        yield Check(said, "bad", _("reviewers"), Where("reviews", (("due", "overdue"),)))
    unknown = scope.all_grants().filter(entitlement__data_classes=[], entitlement__system__data_classes=[])
    if n := unknown.values("entitlement__system").distinct().count():
        said = ngettext(
            "The data of %(n)s system is unknown, so access to it is in no pack.",
            "The data of %(n)s systems is unknown, so access to them is in no pack.",
            n,
        ) % {"n": n}
        yield Check(said, "warn", _("system owners"), Where("systems", (("data", "unknown"),)))
    untested = sum(bool(control.not_tested) for control in scope.framework.controls)
    if untested:
        said = _("At least %(k)s of %(n)s controls will say “not tested”: the data for them is not here yet.") % {
            "k": untested,
            "n": len(scope.framework.controls),
        }
        yield Check(said, "off", where=Where("compliance"))


def _about_the_choice(scope: Scope) -> Iterator[Check]:
    entity = scope.legal_entity
    if entity is not None and not set(entity.regulated_as) & set(scope.framework.regulations):
        said = _("%(entity)s is not recorded as regulated by this framework.") % {"entity": entity}
        yield Check(said, "warn", _("administrator"))
    if entity is not None:
        nowhere = Agent.objects.registered().filter(Q(legal_entity__isnull=True), activated_at__lt=scope.ends_at).count()
        if nowhere:
            said = ngettext(
                "%(n)s identity belongs to no legal entity and will not be in it.",
                "%(n)s identities belong to no legal entity and will not be in it.",
                nowhere,
            ) % {"n": nowhere}
            yield Check(said, "warn", _("owners"), Where("agents", (("origin", Origin.DISCOVERED.value),)))
    if not scope.is_over:
        yield Check(_("The period is not over: it is told up to the moment of building."), "off")
