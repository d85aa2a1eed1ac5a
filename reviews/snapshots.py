"""What a reviewer is shown of an agent and of each access, frozen with the campaign and printed in evidence later."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from agents.access.models import Grant
from agents.people.models import User
from agents.registry.choices import DataClass
from agents.registry.models import Agent
from agents.registry.rules import SENSITIVE_CLASSES
from reviews.models import Campaign, Item
from reviews.rules import AccessFacts, AgentFacts, recommend_access, recommend_agent

Facts = dict[str, Any]

# What the reviewer is told has changed since the last review, in the page's words.
COMPARED = {
    "platform": "model or platform",
    "purpose": "purpose",
    "tier": "risk tier",
    "human_owner": "human owner",
    "technical_owner": "technical owner",
    "environment": "environment",
    "region": "region",
    "data_classes": "data classes",
    "systems": "connected systems",
}


def agent_items(campaign: Campaign, agents: Collection[Agent], at: datetime) -> list[Item]:
    """One item for each agent. agents: with owners, legal entity, department, systems and aliases loaded."""
    earlier = _earlier(agent_id__in=[agent.pk for agent in agents], kind=Item.Kind.AGENT)
    held = _access_counts(agents, at)
    items = []
    for agent in agents:
        facts = _agent_facts(agent, held.get(agent.pk, 0))
        before = earlier.get(agent.pk)
        changed = _changes(before.snapshot, facts) if before else []
        facts |= {"last_review": _last_review(before), "changed": changed}
        advice = recommend_agent(
            AgentFacts(
                is_discovered=agent.is_discovered,
                has_accountable_owner=_is_accountable(agent.human_owner) and agent.owner_accepted_at is not None,
                state=agent.state,
                access_count=facts["access_count"],
                changed=[change["what"] for change in changed],
            )
        )
        items.append(
            Item(
                campaign=campaign,
                kind=Item.Kind.AGENT,
                agent=agent,
                snapshot=facts,
                recommended=advice.choice,
                because=advice.because,
            )
        )
    return items


def grant_items(campaign: Campaign, grants: Iterable[Grant], at: datetime) -> list[Item]:
    """One item for each access. grants: with entitlement, system, agent, request line, its request and deciders loaded."""
    grants = list(grants)
    earlier = _earlier(grant_id__in=[grant.pk for grant in grants], kind=Item.Kind.GRANT)
    return [_grant_item(campaign, grant, earlier.get(grant.pk), at) for grant in grants]


def grants_at(at: datetime, agent_ids: Collection[int] | QuerySet[Any]) -> QuerySet[Grant]:
    """The accesses these agents held at that moment, whatever became of them since; the same answer each time it is asked."""
    return (
        Grant.objects.filter(agent_id__in=agent_ids, created_at__lte=at)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        .filter(Q(revoked_at__isnull=True) | Q(revoked_at__gt=at))
    )


def _grant_item(campaign: Campaign, grant: Grant, before: Item | None, at: datetime) -> Item:
    what, line = grant.entitlement, grant.request_line
    classes = what.data_classes or what.system.data_classes
    approved_by = str(line.decided_by) if line is not None and line.decided_by else ""
    is_stopped = grant.state == Grant.State.HELD
    advice = recommend_access(
        AccessFacts(
            is_discovered=grant.is_discovered,
            is_privileged=what.is_privileged,
            is_stopped=is_stopped,
            approved_by=approved_by,
            begun_at=grant.not_before,
            last_used_at=grant.last_used_at,
            agent_environment=grant.agent.environment,
            system_environment=what.system.environment,
            reaches=[c for c in classes if c in SENSITIVE_CLASSES],
        ),
        at,
    )
    facts: Facts = {
        "label": str(what),
        "effect": what.plain_effect,
        "permission": what.name,
        "system": what.system.name,
        "system_environment": what.system.environment,
        "verb": what.get_verb_class_display(),
        "is_privileged": what.is_privileged,
        "data_classes": _labels(classes),
        "origin": grant.origin,
        "source": grant.source,
        "from": _text(grant.not_before),
        "until": _text(grant.expires_at),
        "requested_by": str(line.request.requested_by) if line is not None else "",
        "approved_by": approved_by,
        "approved_at": _text(line.decided_at if line is not None else None),
        "approval_reason": line.decision_reason if line is not None else "",
        "request": str(line.request.uid) if line is not None else "",
        "ticket": line.request.ticket if line is not None else "",
        "last_used_at": _text(grant.last_used_at),
        "state": grant.state,
        "last_review": _last_review(before),
    }
    return Item(
        campaign=campaign,
        kind=Item.Kind.GRANT,
        agent=grant.agent,
        grant=grant,
        snapshot=facts,
        recommended=advice.choice,
        because=advice.because,
    )


def _agent_facts(agent: Agent, access_count: int) -> Facts:
    used = [alias.last_used_at for alias in agent.aliases.all() if alias.last_used_at]
    return {
        "label": str(agent),
        "slug": agent.slug,
        "kind": str(agent.get_kind_display()),
        "tier": agent.risk_tier,
        "tier_reasons": list(agent.tier_reasons),
        "state": str(agent.get_state_display()),
        "origin": agent.origin,
        "purpose": agent.purpose,
        "platform": agent.platform,
        "environment": agent.environment,
        "region": agent.region,
        "data_classes": _labels(agent.data_classes),
        "systems": sorted(system.name for system in agent.systems.all()),
        "legal_entity": str(agent.legal_entity or ""),
        "department": str(agent.department or ""),
        "human_owner": str(agent.human_owner or ""),
        "is_owner_accountable": _is_accountable(agent.human_owner) and agent.owner_accepted_at is not None,
        "owner_accepted_at": _text(agent.owner_accepted_at),
        "technical_owner": str(agent.technical_owner or ""),
        "eligible_until": _text(agent.eligible_until),
        "last_used_at": _text(max(used, default=None)),
        "access_count": access_count,
    }


def _earlier(**which: Any) -> dict[int, Item]:
    """The latest decided item about each of the same agents or accesses, by their id."""
    by = "agent_id" if which["kind"] == Item.Kind.AGENT else "grant_id"
    latest = Item.objects.filter(**which).exclude(state=Item.State.UNDECIDED).order_by().values(by).annotate(last=Max("id"))
    found = Item.objects.filter(pk__in=[row["last"] for row in latest]).select_related("campaign", "decided_by")
    return {getattr(item, by): item for item in found}


def _last_review(item: Item | None) -> Facts | None:
    if item is None or item.decided_at is None:
        return None
    return {
        "choice": item.choice,
        "said": str(item.get_choice_display()),
        "by": str(item.decided_by),
        "at": _text(item.decided_at),
        "campaign": item.campaign.name,
        "reason": item.decision_reason,
    }


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"what": label, "from": _said(before[key]), "to": _said(after[key])}
        for key, label in COMPARED.items()
        if key in before and before[key] != after[key]
    ]


def _access_counts(agents: Collection[Agent], at: datetime) -> dict[int, int]:
    counts: dict[int, int] = {}
    for pk in grants_at(at, [agent.pk for agent in agents]).values_list("agent_id", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def _is_accountable(owner: User | None) -> bool:
    return owner is not None and owner.is_present


def _labels(values: Iterable[str]) -> list[str]:
    known = dict(DataClass.choices)
    return [str(known.get(value, value)) for value in values]


def _said(value: Any) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
