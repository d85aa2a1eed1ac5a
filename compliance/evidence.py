"""Everything a pack tells, read from the rows section by section."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from agents.access.models import Grant
from agents.audit.models import Checkpoint, TrailEvent
from agents.people.models import Organisation
from compliance import controls, happenings
from compliance.frameworks import Control
from compliance.questions import FiveAnswers, five
from compliance.scope import Scope
from compliance.tie_out import LeftOut, Tie, left_out, ties
from compliance.verdicts import Result, Verdict
from reviews.models import Campaign

MOST_GRANTS = 500  # rows printed; all are counted
MOST_DECISIONS = 500
MOST_EVENTS = 120

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Evidence:
    """What the document prints. Lists are cut at the numbers above; the counts are whole."""

    scope: Scope
    organisation: str
    is_demo: bool
    five: FiveAnswers
    ties: tuple[Tie, ...]
    left_out: tuple[LeftOut, ...]
    results: tuple[tuple[Control, Result], ...]
    agent_count: int
    grants: list[Grant]
    grant_count: int
    decisions: list[happenings.Decision]
    decision_count: int
    endings: list[happenings.Ending]
    ending_count: int
    campaigns: list[Campaign]
    events: list[TrailEvent]
    event_count: int
    trail_root: str
    settled: bool  # the trail stood still while this was read

    @property
    def verdicts(self) -> dict[str, int]:
        """How many controls have which verdict; all four are always there."""
        counted = Counter(str(result.verdict.value) for _control, result in self.results)
        return {verdict.value: counted[verdict.value] for verdict in Verdict}

    @property
    def as_of(self) -> datetime:
        return self.scope.as_of


SECTIONS = ("questions", "population", "controls", "decisions", "timeline")


def collect(scope: Scope, tell: Progress) -> Evidence:
    """Read section by section; `tell` hears the name of each of SECTIONS before it is read, and again while it takes long."""
    newest = _newest_event()
    tell("questions")
    organisation = Organisation.objects.first()
    answers = five(scope.agents())
    tell("population")
    grants = scope.grants().select_related(
        "agent", "entitlement__system", "request_line__decided_by", "request_line__request__requested_by", "held_by"
    )
    tied, without = ties(scope), left_out(scope)
    agent_count, grant_count = scope.agents().count(), grants.count()
    listed = list(grants.order_by("agent__name", "agent", "entitlement__system__name", "pk")[:MOST_GRANTS])
    tell("controls")
    results = tuple(_telling(controls.results(scope), tell))
    tell("decisions")
    decision_count, decided = happenings.decisions(scope, MOST_DECISIONS)
    ending_count, ended = happenings.endings(scope, MOST_DECISIONS)
    campaigns = list(happenings.campaigns(scope))
    tell("timeline")
    event_count, events = happenings.story(scope, MOST_EVENTS)
    return Evidence(
        scope=scope,
        organisation=organisation.name if organisation else "",
        is_demo=organisation is not None and organisation.is_demo,
        five=answers,
        ties=tied,
        left_out=without,
        results=results,
        agent_count=agent_count,
        grants=listed,
        grant_count=grant_count,
        decisions=decided,
        decision_count=decision_count,
        endings=ended,
        ending_count=ending_count,
        campaigns=campaigns,
        events=events,
        event_count=event_count,
        trail_root=trail_root(),
        settled=_newest_event() == newest,
    )


def _telling(results: Iterator[tuple[Control, Result]], tell: Progress) -> Iterator[tuple[Control, Result]]:
    for result in results:
        tell("controls")
        yield result


def trail_root() -> str:
    """ "<events>:<root>" of the newest signed checkpoint, RFC 6962 root as hex; empty while nothing is signed."""
    newest = Checkpoint.objects.order_by("-pk").values_list("size", "root").first()
    return f"{newest[0]}:{bytes(newest[1]).hex()}" if newest else ""


def _newest_event() -> int:
    return TrailEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
