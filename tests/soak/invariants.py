"""What must be true of the rows and the trail when everything has been let finish. Each returns what is wrong."""

import email
import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from agents.access.models import AccessRequest, Grant, RequestLine
from agents.audit import reactions
from agents.audit.models import Reaction, TrailEvent
from agents.registry.models import Agent
from compliance import files
from compliance.models import Pack
from reviews.models import Campaign, Item, ReviewDecision
from tests.soak.errands import ROWS, House

# The state of a row before its first move, as its trail spells it. Claiming is no governance change.
BEGINNINGS = {
    "agent": ({"draft", "active"}, Agent),
    "request": ({"draft"}, AccessRequest),
    "line": ({"pending"}, RequestLine),
    "grant": ({"active"}, Grant),
    "item": ({"undecided"}, Item),
    "campaign": ({"generating"}, Campaign),
    "pack": ({"building"}, Pack),
}

# The errand → the event that must be there exactly once, or at least as often as it was acknowledged.
ONCE = {
    "own": "ownership.accepted",
    "disown": "ownership.refused",
    "approve": "line.approved",
    "deny": "line.denied",
    "end": "grant.held",
    "pack": "pack.requested",
}
AT_LEAST = {"download": "pack.downloaded", "review": "item.decided"}


def all_of(house: House) -> list[str]:
    return [
        *broken_chains(),
        *acknowledged_and_not_so(house),
        *doubled(),
        *reactions_owed(),
        *campaigns_not_whole(),
        *packs_not_whole(),
    ]


def broken_chains() -> Iterator[str]:
    """Each thing's moves follow one another without a gap, from its beginning to the state its row has now."""
    told: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for event in TrailEvent.objects.filter(target_kind__in=BEGINNINGS).order_by("id").iterator():
        moves = told[event.target_kind, event.target_key]
        if "state" in event.before and "state" in event.after:
            moves.append((str(event.before["state"]), str(event.after["state"])))
    for kind, (first, model) in BEGINNINGS.items():
        for uid, state in model._default_manager.values_list("uid", "state"):
            if wrong := why_no_chain(told.pop((kind, str(uid)), []), first, str(state)):
                yield f"{kind} {uid} is {state}: {wrong}"
    yield from (f"the trail tells of {kind} {uid}, which does not exist" for kind, uid in told)


def why_no_chain(moves: list[tuple[str, str]], first: set[str], state: str) -> str:
    """What is wrong with a thing's moves; empty when nothing is."""
    if not moves:
        return "" if state in first else "no event says how"
    if moves[0][0] not in first:
        return f"it began as {moves[0][0]}"
    if any(after != before for (_from, after), (before, _to) in itertools.pairwise(moves)):
        return f"{moves} has a gap"
    return "" if moves[-1][1] == state else f"the trail says {moves}"


def acknowledged_and_not_so(house: House) -> Iterator[str]:
    """What a person was told has happened, has happened once; what may happen again, at least as often as they were told."""
    ledger = house.ledger
    times = Counter(TrailEvent.objects.values_list("event", "target_key"))
    submitted = Counter(event.target_label for event in TrailEvent.objects.filter(event="agent.submitted"))
    yield from (f"{name} was submitted {submitted[name]} times" for name in ledger.of("register") if submitted[name] != 1)
    for what, event in ONCE.items():
        for key in ledger.of(what):
            uid = urlsplit(key).path.strip("/").split("/")[-1]
            if times[event, uid] != 1:
                yield f"{what} {uid}: {event} was told {times[event, uid]} times"
    for what, event in AT_LEAST.items():
        for uid, heard in Counter(ledger.of(what)).items():
            if times[event, uid] < heard:
                yield f"{what} {uid}: acknowledged {heard} times, {event} was told {times[event, uid]} times"
    for number in ledger.of("import"):
        found = Agent.objects.filter(name__startswith=f"Found {number} ").count()
        if found != ROWS:
            yield f"import {number} has {found} agents"


def doubled() -> Iterator[str]:
    """One grant for each approved line and none for another; one identity for each imported row; one version once."""
    approved = set(RequestLine.objects.filter(state="approved").values_list("pk", flat=True))
    granted = Counter(Grant.objects.filter(request_line__isnull=False).values_list("request_line", flat=True))
    if set(granted) != approved or any(n != 1 for n in granted.values()):
        yield f"{len(approved)} approved lines and {sum(granted.values())} grants of {len(granted)} lines"
    begun = Grant.objects.exclude(origin="discovered", source="")  # those were put there to have a population
    started = Counter(
        TrailEvent.objects.filter(event__in=("grant.started", "grant.discovered")).values_list("target_key", flat=True)
    )
    if any(n != 1 for n in started.values()) or len(started) != begun.count():
        yield f"{begun.count()} grants, told of as begun: {sum(started.values())}"
    names = Counter(Agent.objects.filter(name__startswith="Found ").values_list("name", flat=True))
    yield from (f"{name} is there {n} times" for name, n in names.items() if n != 1)
    decided = Counter(TrailEvent.objects.filter(event="item.decided").values_list("target_key", flat=True))
    versions = Counter(str(uid) for uid in ReviewDecision.objects.values_list("item__uid", flat=True))
    if decided != versions:
        yield f"{sum(versions.values())} review decisions, told of: {sum(decided.values())}"


def reactions_owed() -> Iterator[str]:
    """Each event has one row for each of its handlers, all done."""
    for event, handlers in reactions._handlers.items():
        for pk in TrailEvent.objects.filter(event=event).values_list("pk", flat=True):
            found = dict(Reaction.objects.filter(event_id=pk).values_list("handler", "state"))
            if found != dict.fromkeys(handlers, "done"):
                yield f"{event} {pk}: {found}"


def campaigns_not_whole() -> Iterator[str]:
    """One campaign for each cadence and period, open with exactly the population it froze and those who joined, told of once."""
    for campaign in Campaign.objects.all():
        items = Item.objects.filter(campaign=campaign)
        agents = items.filter(kind="agent")
        frozen, all_of_them = agents.filter(joined_at__isnull=True), (campaign.agent_count, campaign.all_items_count)
        if campaign.state != "open" or frozen.count() != campaign.population_count:
            yield f"{campaign} is {campaign.state} with {frozen.count()} of {campaign.population_count} agents"
        if (agents.count(), items.count()) != all_of_them:
            yield f"{campaign} has {agents.count()} agents and {items.count()} items, not {all_of_them}"
        if agents.values("agent").distinct().count() != agents.count():
            yield f"{campaign} asks twice about an agent"
        grants = items.filter(kind="grant")
        if grants.values("grant").distinct().count() != grants.count():
            yield f"{campaign} asks twice about an access"
        told = TrailEvent.objects.filter(target_kind="campaign", target_key=str(campaign.uid))
        if (opened := told.filter(event="campaign.opened").count()) != 1:
            yield f"{campaign} was opened {opened} times"
        joined = [0, *(event.after["joined_count"] for event in told.filter(event="campaign.extended").order_by("id"))]
        if joined[-1] != campaign.joined_count or joined != sorted(set(joined)):
            yield f"{campaign} was joined by {campaign.joined_count}, the trail says {joined}"


def packs_not_whole() -> Iterator[str]:
    """A ready pack has its file, its bytes are those that were released, and that was told once."""
    for pack in Pack.objects.all():
        ready = [event.after["sha256"] for event in TrailEvent.objects.filter(event="pack.ready", target_key=str(pack.uid))]
        if pack.state != "ready":
            yield f"{pack} is {pack.state}: {pack.failed_reason}"
        elif ready != [pack.sha256]:
            yield f"{pack} is {pack.sha256}, the trail says {ready}"
        elif hashlib.sha256((files.folder() / pack.path).read_bytes()).hexdigest() != pack.sha256:
            yield f"the file of {pack} has another content"


def notices(folder: Path) -> Counter[tuple[str, str]]:
    """How often each mail lies in the outbox: (Message-ID, to whom)."""
    found: Counter[tuple[str, str]] = Counter()
    for path in folder.glob("*.log"):
        for part in path.read_bytes().split(b"-" * 79):
            mail = email.message_from_bytes(part.lstrip())
            if mail["Message-ID"]:
                found[str(mail["Message-ID"]), str(mail["To"])] += 1
    return found


def notices_lost(folder: Path) -> list[str]:
    """Whoever asked hears the answer; a mail that went twice has one Message-ID, so mail programs show one."""
    sent = {message_id.split("@")[0].strip("< \r\n").rsplit(".", 1)[0] for message_id, _to in notices(folder)}
    decided = TrailEvent.objects.filter(event="request.decided")
    return [f"nobody was told of {event.event} {event.pk}" for event in decided if f"{event.pk}.{event.event}" not in sent]
