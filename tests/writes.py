"""Every address that takes a POST, with somebody and a body that succeed. `tests/test_matrix.py` fails for one without."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from agents import clock
from agents.access.actions import grants
from agents.access.models import AccessRequest, Grant, RequestLine
from agents.audit import due
from agents.audit.models import CheckpointSink, LegalHold, Reaction, TrailEvent
from agents.people.actions import holds, people, sinks
from agents.registry.choices import DataClass, Environment
from agents.registry.models import Agent
from compliance.actions import packs
from compliance.models import Pack
from reviews.actions import items
from reviews.models import Campaign, Item
from tests.builders import agent_at, draft, request_of
from tests.people import Cast

Body = dict[str, Any]


@dataclass(frozen=True)
class Estate:
    """Things in every state that some address changes."""

    cast: Cast
    working: Agent
    suspended: Agent
    asked_owner: Agent
    line: RequestLine
    request: AccessRequest
    draft: Agent
    grant: Grant
    held: Grant
    open_item: Item
    decided_item: Item
    finished: Campaign
    ready: Pack
    dead: Reaction
    hold: LegalHold
    sink: CheckpointSink
    paused_sink: CheckpointSink


def estate(cast: Cast) -> Estate:
    """The working agents are reviewed in two campaigns: one with work left, one where everything is decided."""
    working = agent_at(Agent.State.ACTIVE, cast)
    other = agent_at(Agent.State.ACTIVE, cast, name="Bed finder")
    suspended = agent_at(Agent.State.SUSPENDED, cast, name="Night porter")
    modest: Body = {
        "environment": Environment.DEVELOPMENT,
        "data_classes": [DataClass.INTERNAL],
        "wanted": {cast.send_mail: 30},
    }
    agent_at(Agent.State.ACTIVE, cast, name="Menu printer", **modest)
    asked = agent_at(Agent.State.PENDING_APPROVAL, cast, name="Referral sorter")
    asked_owner = agent_at(Agent.State.PENDING_OWNER, cast, name="Ward clerk")
    due.run_all(but=["compliance.build_packs"])
    high, low = _items(working.name), _items("Menu printer")
    for item in low:
        items.decide(item, "keep", by=cast.rae, reason="", version=item.version)
    decided = items.decide(high[1], "keep", by=cast.rae, reason="", version=high[1].version)
    people.set_absence(cast.dan, by=cast.dan, since=clock.now(), until=clock.now() + timedelta(days=3), deputy=cast.cat)
    today = clock.now().date()
    ready = packs.request("hipaa", since=today, until=today, by=cast.cora)
    assert packs.build(ready)
    request = request_of(asked)
    return Estate(
        cast=cast,
        working=working,
        suspended=suspended,
        asked_owner=asked_owner,
        line=request.lines.get(),
        request=request,
        draft=draft(cast, name="Half an idea"),
        grant=working.grants.get(),
        held=grants.hold(other.grants.get(), by=cast.bob, reason="Not needed."),
        open_item=high[0],
        decided_item=decided,
        finished=low[0].campaign,
        ready=ready,
        hold=holds.place(name="Case 7", reason="A lawsuit.", by=cast.cora),
        sink=sinks.add(name="Witness", kind="mail", address="witness@example.org", by=cast.ada),
        paused_sink=sinks.pause(
            sinks.add(name="Archive", kind="mail", address="archive@example.org", by=cast.ada), by=cast.ada, reason="Moved."
        ),
        dead=Reaction.objects.create(event_id=TrailEvent.objects.latest("id").pk, handler="tell.somebody", state="dead"),
    )


def _items(agent: str) -> list[Item]:
    """The agent's own item, then those of its accesses."""
    return list(Item.objects.filter(agent__name=agent).order_by("pk"))


def _nothing(world: Estate) -> Body:
    return {}


def _why(world: Estate) -> Body:
    return {"reason": "It behaved oddly."}


def _registration(world: Estate) -> Body:
    cast = world.cast
    return {
        "name": "Discharge planner",
        "kind": "ai_agent",
        "purpose": "Plans who leaves when.",
        "platform": "Claude on Bedrock",
        "human_owner": "Bob <bob@example.org>",
        "technical_owner": "ann@example.org",
        "environment": "production",
        "region": "US",
        "legal_entity": cast.hospital.slug,
        "data_classes": ["ephi"],
        "declared_tier": "",
        "systems": [cast.records.slug],
        "want": [str(cast.read_records.uid)],
        f"days-{cast.read_records.uid}": "30",
        "step": "submit",
    }


def _absence(world: Estate) -> Body:
    today = clock.now().date()
    return {"first_day": str(today), "last_day": str(today + timedelta(days=7)), "deputy": "dan@example.org"}


def _pack(world: Estate) -> Body:
    day = str(clock.now().date() - timedelta(days=1))
    return {"framework": "hipaa", "since": day, "until": day, "legal_entity": ""}


@dataclass(frozen=True)
class Write:
    """Who sends what to an address that names `needs`, and changes something by it."""

    who: str
    body: Callable[[Estate], Body] = _nothing
    needs: Callable[[Estate], Body] = field(default=_nothing)
    method: str = "post"


def _slug(which: str) -> Callable[[Estate], Body]:
    return lambda world: {"slug": getattr(world, which).slug}


def _uid(which: str) -> Callable[[Estate], Body]:
    return lambda world: {"uid": getattr(world, which).uid}


def _person(which: str) -> Callable[[Estate], Body]:
    return lambda world: {"uid": world.cast.everybody[which].uid}


WRITES: dict[str, Write] = {
    "inbox_agent": Write("bob", lambda world: {"answer": "accept"}, _uid("asked_owner")),
    "inbox_line": Write("cat", lambda world: {"answer": "approve", "days": "30"}, _uid("line")),
    "request": Write("ann", _why, _uid("request")),
    "agent_new": Write("ann", _registration),
    "agent_draft": Write("ann", _registration, _uid("draft")),
    "agent_discard": Write("ann", _nothing, _uid("draft")),
    "agent_suspend": Write("sid", _why, _slug("working")),
    "agent_resume": Write("bob", _why, _slug("suspended")),
    "agent_retire": Write("sid", _why, _slug("working")),
    "grant_end": Write("bob", _why, _uid("grant")),
    "grant_restore": Write("bob", _why, _uid("held")),
    "person_absence": Write("bob", _absence, _person("bob")),
    "person_back": Write("dan", _nothing, _person("dan")),
    "review_item": Write("rae", lambda world: {"choice": "keep", "version": world.open_item.version}, _uid("open_item")),
    "review_undo": Write("rae", lambda world: {"version": world.decided_item.version}, _uid("decided_item")),
    "review_close": Write("sid", _nothing, _uid("finished")),
    "pack_new": Write("cora", _pack),
    "pack_pdf": Write("audrey", _nothing, _uid("ready"), method="get"),  # the trail tells who took it
    "keeping": Write("cora", lambda world: {"name": "Case 8", "reason": "Another lawsuit."}),
    "hold_release": Write("cora", _why, _uid("hold")),
    "sinks": Write("ada", lambda world: {"name": "Other", "kind": "mail", "address": "other@example.org"}),
    "sink_pause": Write("ada", _why, _uid("sink")),
    "sink_resume": Write("ada", _nothing, _uid("paused_sink")),
    "work_retry": Write("ada", _why, lambda world: {"pk": world.dead.pk}),
    "work_retry_all": Write("sid", _why),
}

# Addresses that take a POST and store nothing, or that cannot stand in this world, with the reason.
APART: dict[str, str] = {
    "agent_parts": "draws parts of a form that is being filled in",
    "sink_send": "sends again what was signed; the answer is kept beside the sink and is no governance change",
    "restore": "only while a restored backup waits: has a test of its own",
    "start": "only where nobody is yet: has a test of its own",
}

# Sign-in is django-allauth's. None of it gives or takes authority over agents, so none of it is told in the trail.
SIGN_IN: dict[str, str] = {
    "account_login": "opens a session",
    "account_logout": "ends a session",
    "account_reauthenticate": "proves again who is there",
    "account_signup": "is closed",
    "account_inactive": "only tells",
    "account_email": "is closed: addresses come from the directory",
    "account_email_verification_sent": "only tells",
    "account_confirm_email": "marks one's own address as seen",
    "account_confirm_login_code": "opens a session",
    "account_change_password": "changes one's own password",
    "account_set_password": "sets one's own password",
    "account_reset_password": "sends a link to one's own address",
    "account_reset_password_done": "only tells",
    "account_reset_password_from_key": "sets one's own password",
    "account_reset_password_from_key_done": "only tells",
    "mfa_index": "only tells",
    "mfa_authenticate": "opens a session",
    "mfa_reauthenticate": "proves again who is there",
    "mfa_activate_totp": "adds one's own second factor",
    "mfa_deactivate_totp": "takes one's own second factor away",
    "mfa_view_recovery_codes": "only tells",
    "mfa_generate_recovery_codes": "makes one's own recovery codes",
    "mfa_download_recovery_codes": "only tells",
    "mfa_list_webauthn": "only tells",
    "mfa_add_webauthn": "adds one's own passkey",
    "mfa_reauthenticate_webauthn": "proves again who is there",
    "mfa_remove_webauthn": "takes one's own passkey away",
    "mfa_edit_webauthn": "renames one's own passkey",
    "mfa_login_webauthn": "opens a session",
}
