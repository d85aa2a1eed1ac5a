"""Every address of the portal and who may open it. `tests/test_matrix.py` fails for an address that has no row here.

A row says who sees the page (200), what the others of the house get (403: a page for a role; 404: a thing they have no
reason to see), and what nobody signed in gets (302: the sign-in page, unless the page is public).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from agents.access.models import AccessRequest, Grant
from agents.audit.models import CheckpointSink, LegalHold, Reaction, TrailEvent
from agents.registry.models import Agent
from compliance.models import Pack
from reviews.models import Campaign, Item
from tests.people import Cast

NOBODY = frozenset[str]()
EVERYBODY = frozenset({"ann", "bob", "cat", "dan", "rae", "sid", "cora", "ada", "audrey", "sam"})
OVERSIGHT = frozenset({"sid", "cora", "ada", "audrey"})  # roles that see everything but drafts


@dataclass(frozen=True)
class World:
    """Things the addresses name."""

    cast: Cast
    active: Agent
    asked_owner: Agent
    asked_system: Agent
    draft: Agent
    grant: Grant
    request: AccessRequest
    campaign: Campaign
    item: Item
    pack: Pack
    dead: Reaction
    sink: CheckpointSink
    hold: LegalHold


@dataclass(frozen=True)
class Row:
    """seen_by: 200 (or `when_seen`); others: what other colleagues get; only_post: GET is 405 for whoever gets that far."""

    seen_by: frozenset[str] = EVERYBODY
    others: int = 404
    anonymous: int = 302
    when_seen: int = 200
    needs: Callable[[World], dict[str, Any]] = field(default=lambda world: {})
    only_post: bool = False


def routes() -> Iterator[tuple[str, str]]:
    """(pattern, name) of each address but the console's and sign-in's, which have matrices of their own."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith(("console/", "accounts/")):
            continue
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield path, pattern.name or ""


def _agent(which: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"slug": getattr(world, which).slug}


def _uid(which: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"uid": getattr(world, which).uid}


def _person(world: World) -> dict[str, Any]:
    return {"uid": world.cast.bob.uid}


KNOW_THE_AGENT = OVERSIGHT | {"ann", "bob", "cat"}
REVIEWERS = OVERSIGHT | {"rae"}
PUBLIC = Row(anonymous=200)

MATRIX: dict[str, Row] = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,  # from this machine, as long as no token is set: tests/test_portal/test_metrics.py
    "home": Row(),
    "search": Row(),
    "start": Row(seen_by=NOBODY, others=302, anonymous=302),  # people exist: the first start is over and leads home
    "inbox": Row(),
    "inbox_agent": Row(seen_by=KNOW_THE_AGENT, needs=_uid("asked_owner")),
    "inbox_line": Row(seen_by=KNOW_THE_AGENT, needs=lambda world: {"uid": world.request.lines.get().uid}),
    "requests": Row(),
    "request": Row(seen_by=KNOW_THE_AGENT, needs=_uid("request")),
    "outbox": Row(seen_by=frozenset({"ada"}), others=403),
    "agents": Row(),
    "agent_new": Row(),
    "agent_parts": Row(only_post=True),
    "agent_systems": Row(),
    "agent_draft": Row(seen_by=frozenset({"ann"}), needs=_uid("draft")),
    "agent_discard": Row(seen_by=frozenset({"ann"}), needs=_uid("draft"), only_post=True),
    "agent": Row(seen_by=KNOW_THE_AGENT | {"rae"}, needs=_agent("active")),
    "agent_suspend": Row(seen_by=KNOW_THE_AGENT | {"rae"}, needs=_agent("active"), only_post=True),
    "agent_resume": Row(seen_by=KNOW_THE_AGENT | {"rae"}, needs=_agent("active"), only_post=True),
    "agent_retire": Row(seen_by=KNOW_THE_AGENT | {"rae"}, needs=_agent("active"), only_post=True),
    "grants": Row(),
    "grant_end": Row(seen_by=KNOW_THE_AGENT | {"rae"}, needs=_uid("grant"), only_post=True),
    "grant_restore": Row(seen_by=KNOW_THE_AGENT | {"rae"}, needs=_uid("grant"), only_post=True),
    "systems": Row(),
    "system": Row(needs=lambda world: {"slug": world.cast.records.slug}),
    "people": Row(),
    "people_find": Row(),
    "person": Row(needs=_person),
    "person_absence": Row(needs=_person, only_post=True),
    "person_back": Row(needs=_person, only_post=True),
    "reviews": Row(),
    "review": Row(seen_by=REVIEWERS, needs=_uid("campaign")),
    "review_close": Row(seen_by=REVIEWERS, needs=_uid("campaign"), only_post=True),
    "review_item": Row(seen_by=REVIEWERS, needs=_uid("item"), only_post=True),
    "review_undo": Row(seen_by=REVIEWERS, needs=_uid("item"), only_post=True),
    "compliance": Row(seen_by=OVERSIGHT - {"sid"}, others=403),
    "packs": Row(seen_by=OVERSIGHT - {"sid"}, others=403),
    "pack_new": Row(seen_by=frozenset({"cora", "ada"}), others=403),
    "pack": Row(seen_by=OVERSIGHT - {"sid"}, others=403, needs=_uid("pack")),
    "pack_pdf": Row(seen_by=OVERSIGHT - {"sid"}, others=403, when_seen=409, needs=_uid("pack")),
    "trail": Row(seen_by=OVERSIGHT, others=403),
    "trail_proof": Row(
        seen_by=OVERSIGHT, others=403, when_seen=409, needs=lambda world: {"pk": TrailEvent.objects.latest("id").pk}
    ),
    "restore": Row(seen_by=OVERSIGHT, others=403),
    "keeping": Row(seen_by=OVERSIGHT, others=403),
    "hold_release": Row(seen_by=OVERSIGHT, needs=_uid("hold"), only_post=True),
    "work": Row(seen_by=OVERSIGHT - {"cora"}, others=403),
    "work_retry": Row(seen_by=OVERSIGHT - {"cora"}, others=403, needs=lambda world: {"pk": world.dead.pk}, only_post=True),
    "work_retry_all": Row(seen_by=OVERSIGHT - {"cora"}, others=403, only_post=True),
    "sinks": Row(seen_by=OVERSIGHT, others=403),
    "sink_pause": Row(seen_by=OVERSIGHT, needs=_uid("sink"), only_post=True),
    "sink_resume": Row(seen_by=OVERSIGHT, needs=_uid("sink"), only_post=True),
    "sink_send": Row(seen_by=OVERSIGHT, needs=_uid("sink"), only_post=True),
    "health": Row(seen_by=OVERSIGHT, others=403),
}
