"""From statements to accesses: each (action pattern, resource) that the identity's policies allow. Pure.

Names of systems and permissions are keys in our catalogue, so they are not translated.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.connectors.aws_actions import covers, display_name, reaches, system_kind, verb_of
from agents.connectors.aws_documents import Statement
from agents.connectors.discovered import DiscoveredAccess, DiscoveredSystem
from agents.registry.choices import SystemKind, VerbClass

NAME_LENGTH = 200
MOST_ACCESSES = 10_000


@dataclass(frozen=True)
class Policy:
    """One policy of an identity. statements: None when the export names it without its content."""

    name: str
    statements: tuple[Statement, ...] | None


class TooMany(Exception):
    """More accesses than one identity is taken in with."""


def accesses(policies: Iterable[Policy], account: str) -> tuple[tuple[DiscoveredAccess, ...], list[dict[str, Any]]]:
    """(what is allowed, what the policies deny). An unconditional Deny that covers an access takes it away.

    Of an access that several statements give, one without conditions counts. Raises TooMany.
    """
    policies = list(policies)
    denials = [(policy, s) for policy in policies for s in policy.statements or () if not s.allows]
    found: dict[tuple[str, str], DiscoveredAccess] = {}
    for policy in policies:
        for access in _of(policy, account, denials):
            key = (access.system.name, access.name)
            if key not in found or ("conditions" in found[key].facts and "conditions" not in access.facts):
                found[key] = access
            if len(found) > MOST_ACCESSES:
                raise TooMany
    return tuple(found.values()), [_told(policy, statement) for policy, statement in denials]


def _of(policy: Policy, account: str, denials: list[tuple[Policy, Statement]]) -> Iterable[DiscoveredAccess]:
    if policy.statements is None:
        yield DiscoveredAccess(
            system=_everything(account),
            name=_short(f"policy {policy.name}, whose content is not in the export"),
            verb_class=VerbClass.ADMINISTER,
            is_privileged=True,
            facts={"policy": policy.name, "unknown": True},
        )
        return
    for statement in policy.statements:
        if not statement.allows:
            continue
        facts: dict[str, Any] = {"policy": policy.name}
        if statement.sid:
            facts["statement"] = statement.sid
        if statement.conditions:
            facts["conditions"] = statement.conditions
        yield from _allowed(statement, account, facts, denials)


def _allowed(
    statement: Statement, account: str, facts: Mapping[str, Any], denials: list[tuple[Policy, Statement]]
) -> Iterable[DiscoveredAccess]:
    resources: list[tuple[str, str, dict[str, Any]]]  # (pattern to compare, ending of the name, further facts)
    if statement.is_not_resource:
        spared = ", ".join(statement.resources)
        resources = [("*", f" on everything except {spared}", {"not_resource": list(statement.resources)})]
    else:
        resources = [(each, "" if each == "*" else f" on {each}", {"resource": each}) for each in statement.resources]
    for resource, ending, further in resources:
        if statement.is_not_action:
            yield DiscoveredAccess(
                system=_everything(account),
                name=_short(f"everything except {', '.join(statement.actions)}{ending}"),
                verb_class=VerbClass.ADMINISTER,
                is_privileged=True,
                facts={**facts, **further, "not_action": list(statement.actions)},
            )
            continue
        for action in statement.actions:
            if not _is_denied(action, resource, denials):
                yield _access(action, ending, account, {**facts, **further})


def _access(action: str, ending: str, account: str, facts: Mapping[str, Any]) -> DiscoveredAccess:
    service, _colon, verb = action.partition(":")
    service = service.lower()
    if "*" in service or "?" in service:
        return DiscoveredAccess(
            _everything(account), _short(action + ending), VerbClass.ADMINISTER, is_privileged=True, facts=facts
        )
    data_classes, is_privileged = reaches(service, verb)
    return DiscoveredAccess(
        system=DiscoveredSystem(f"AWS {display_name(service)} · {account}"[:120], system_kind(service)),
        name=_short(f"{service}:{verb}{ending}"),
        verb_class=verb_of(service, verb),
        data_classes=data_classes,
        is_privileged=is_privileged,
        facts=facts,
    )


def _everything(account: str) -> DiscoveredSystem:
    return DiscoveredSystem(f"AWS, all services · {account}", SystemKind.CLOUD)


def _is_denied(action: str, resource: str, denials: list[tuple[Policy, Statement]]) -> bool:
    """True only when a Deny without conditions surely covers all of it."""
    return any(
        not deny.conditions
        and not deny.is_not_action
        and not deny.is_not_resource
        and any(covers(pattern, action) for pattern in deny.actions)
        and any(covers(pattern, resource, is_action=False) for pattern in deny.resources)
        for _policy, deny in denials
    )


def _told(policy: Policy, deny: Statement) -> dict[str, Any]:
    """A Deny as a fact, in the policy's own words."""
    told: dict[str, Any] = {
        "policy": policy.name,
        "not_action" if deny.is_not_action else "action": list(deny.actions),
        "not_resource" if deny.is_not_resource else "resource": list(deny.resources),
    }
    if deny.conditions:
        told["conditions"] = deny.conditions
    return told


def _short(name: str) -> str:
    """The name, or its beginning and a fingerprint of all of it."""
    if len(name) <= NAME_LENGTH:
        return name
    return f"{name[: NAME_LENGTH - 12]}… {hashlib.sha256(name.encode()).hexdigest()[:10]}"
