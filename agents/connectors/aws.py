"""Reads the output of `aws iam get-account-authorization-details`, a role at a time.

Roles that a machine takes on become identities of its kind. IAM users may be people, and the export does not say: they are
left out, with that reason, unless a tag in AWS says service account (TAGS). Groups are no identities; users hold theirs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from django.utils.translation import gettext as _

from agents.connectors import aws_access
from agents.connectors.aws_access import Policy
from agents.connectors.aws_documents import Faults, statements, texts
from agents.connectors.aws_trust import trust_of
from agents.connectors.discovered import DiscoveredIdentity, LeftOut, Misread, Reading
from agents.intake.errors import Unreadable
from agents.intake.json_streams import items
from agents.intake.reports import Fault
from agents.intake.secret_detection import find
from agents.intake.strict_json import printable
from agents.registry.choices import AgentKind, Environment

FORMAT = "aws-account-authorization-details"
ROLES, USERS, GROUPS, POLICIES = "RoleDetailList", "UserDetailList", "GroupDetailList", "Policies"
ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(?:role|user)/[\x21-\x7e]{1,600}")
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
NATIVE_ID_LENGTH = 300

# Tags that people in AWS use for what an identity is, compared without case and separators.
TAGS = frozenset({"kind", "type", "identitytype", "accounttype", "principaltype", "mandatekind"})
SERVICE_ACCOUNT = frozenset({"serviceaccount", "service", "machine", "nonhuman", "technical", "technicaluser", "workload"})
ENVIRONMENT_TAGS = frozenset({"environment", "env", "stage"})
ENVIRONMENTS = (
    dict.fromkeys(("prod", "production", "prd", "live"), Environment.PRODUCTION)
    | dict.fromkeys(("staging", "stage", "preprod", "preproduction"), Environment.STAGING)
    | dict.fromkeys(("test", "testing", "qa"), Environment.TEST)
    | dict.fromkeys(("dev", "development", "sandbox"), Environment.DEVELOPMENT)
)


@dataclass
class _Shared:
    """What roles and users point to; read first, because the export writes it last."""

    policies: dict[str, tuple[Policy, tuple[Fault, ...]]] = field(default_factory=dict)  # by ARN
    groups: dict[str, tuple[dict[str, Any], int]] = field(default_factory=dict)  # by name: the group and its row


def read(stream: IO[bytes]) -> Iterator[Reading]:
    """Every role and user of the file: taken in, left out with a reason, or misread with its faults.

    stream: an open file that can be read twice. Raises Unreadable when the file is no such export or only a part of one.
    """
    shared = _shared(stream)
    stream.seek(0)
    seen: set[str] = set()
    for name, position, element in items(stream, lists=frozenset({ROLES, USERS})):
        faults = Faults(position + 1, name)
        if not isinstance(element, dict):
            faults.add("", _("Should be an object."))
            yield Misread(position + 1, tuple(faults.found))
            continue
        reading = _role(element, position + 1, faults, shared) if name == ROLES else _user(element, position + 1, faults, shared)
        if isinstance(reading, DiscoveredIdentity) and reading.native_id in seen:
            faults.add("Arn", _("%(arn)s is in this file twice.") % {"arn": reading.native_id})
        if faults.found:
            reading = Misread(position + 1, tuple(faults.found))
        elif isinstance(reading, DiscoveredIdentity):
            seen.add(reading.native_id)
        yield reading


def _shared(stream: IO[bytes]) -> _Shared:
    shared = _Shared()
    known = False
    more = frozenset({"IsTruncated", "Marker", "NextToken"})
    for name, position, element in items(stream, lists=frozenset({ROLES, USERS, GROUPS, POLICIES}), plain=more):
        known = True
        if name in more and element:
            raise Unreadable(
                _("This is one page of an export (%(name)s). Export without a limit, so that it is whole.") % {"name": name}
            )
        if not isinstance(element, dict):
            continue
        if name == POLICIES and isinstance(element.get("Arn"), str):
            shared.policies[element["Arn"]] = _managed(element, position + 1)
        elif name == GROUPS and isinstance(element.get("GroupName"), str):
            shared.groups[element["GroupName"]] = element, position + 1
    if not known:
        raise Unreadable(_("This is no output of “aws iam get-account-authorization-details”: it lists no role, user or policy."))
    return shared


def _managed(element: dict[str, Any], row: int) -> tuple[Policy, tuple[Fault, ...]]:
    """The default version of a managed policy, and what is wrong with it; that counts against those who use it."""
    faults = Faults(row, POLICIES)
    name = faults.text(element, "PolicyName")
    versions = [version for _at, version in faults.objects(element, "PolicyVersionList")]
    default = [each for each in versions if each.get("IsDefaultVersion") is True]
    if len(default) != 1:
        faults.add("PolicyVersionList", _("Exactly one version must be the default."))
        return Policy(name, ()), tuple(faults.found)
    at = f"PolicyVersionList[{versions.index(default[0])}].Document"
    return Policy(name, tuple(statements(default[0].get("Document"), at, faults))), tuple(faults.found)


def _role(role: dict[str, Any], row: int, faults: Faults, shared: _Shared) -> Reading:
    name, arn, account = _named(role, "RoleName", faults)
    path = role.get("Path") if isinstance(role.get("Path"), str) else "/"
    trusting = statements(role.get("AssumeRolePolicyDocument"), "AssumeRolePolicyDocument", faults, is_trust=True)
    trust = trust_of(trusting, account, str(path), faults)
    if trust.kind is None:
        return LeftOut(row, name, _("role: %(reason)s") % {"reason": trust.reason})
    policies = [*_inline(role, "RolePolicyList", faults), *_attached(role, faults, shared)]
    used = role.get("RoleLastUsed") or {}
    facts: dict[str, Any] = {"trusted": list(trust.trusted)}
    if conditions := [statement.conditions for statement in trusting if statement.allows and statement.conditions]:
        facts["trust_conditions"] = conditions
    if isinstance(used, dict) and used.get("Region"):
        facts["last_used_region"] = str(used["Region"])
    return _identity(role, row, name, arn, account, trust.kind, trust.platform, policies, facts, faults, last_used=used)


def _user(user: dict[str, Any], row: int, faults: Faults, shared: _Shared) -> Reading:
    name, arn, account = _named(user, "UserName", faults)
    tags = _tags(user, faults)
    if not any(_plain(key) in TAGS and _plain(value) in SERVICE_ACCOUNT for key, value in tags.items()):
        return LeftOut(
            row,
            name,
            _("IAM user: may be a person, the export does not say. Tag it kind = service-account in AWS to take it in."),
        )
    policies = [*_inline(user, "UserPolicyList", faults), *_attached(user, faults, shared)]
    groups = texts(user["GroupList"], "GroupList", faults) if user.get("GroupList") else ()
    for position, group_name in enumerate(groups):
        if group_name not in shared.groups:
            faults.add(f"GroupList[{position}]", _("The group %(name)s is not in this file.") % {"name": group_name[:60]})
            continue
        group, group_row = shared.groups[group_name]
        of_group = Faults(group_row, GROUPS)
        policies += [*_inline(group, "GroupPolicyList", of_group), *_attached(group, of_group, shared)]
        faults.found += of_group.found
    facts = {"groups": list(groups)} if groups else {}
    return _identity(user, row, name, arn, account, AgentKind.SERVICE_ACCOUNT, "AWS IAM", policies, facts, faults, last_used={})


def _identity(
    given: dict[str, Any],
    row: int,
    name: str,
    arn: str,
    account: str,
    kind: AgentKind,
    platform: str,
    policies: list[Policy],
    facts: dict[str, Any],
    faults: Faults,
    *,
    last_used: object,
) -> Reading:
    try:
        access, denied = aws_access.accesses(policies, account)
    except aws_access.TooMany:
        faults.add("", _("Its policies give more than %(most)s accesses.") % {"most": f"{aws_access.MOST_ACCESSES:,}"})
        access, denied = (), []
    tags = _tags(given, faults)
    description = given.get("Description")
    boundary = given.get("PermissionsBoundary")
    facts = {
        "arn": arn,
        "id": str(given.get("RoleId") or given.get("UserId") or ""),
        "created": str(given.get("CreateDate") or ""),
        **facts,
        **({"tags": {key: _withheld(value) for key, value in tags.items()}} if tags else {}),
        **({"denied": denied} if denied else {}),
        **({"permissions_boundary": boundary.get("PermissionsBoundaryArn")} if isinstance(boundary, dict) else {}),
    }
    stages = [ENVIRONMENTS.get(_plain(value)) for key, value in tags.items() if _plain(key) in ENVIRONMENT_TAGS]
    return DiscoveredIdentity(
        row=row,
        source=f"aws:{account}",
        native_id=arn if len(arn) <= NATIVE_ID_LENGTH else facts["id"],
        name=name,
        kind=kind,
        environment=stages[0] if stages else None,
        platform=platform,
        purpose=_withheld(description)[:1000] if isinstance(description, str) else "",
        last_used_at=_moment(last_used, faults),
        systems=tuple(dict.fromkeys(each.system for each in access)),
        access=access,
        facts=facts,
        columns={"name": "Arn", "purpose": "Description"},
    )


def _named(given: dict[str, Any], key: str, faults: Faults) -> tuple[str, str, str]:
    """(name, ARN, account), empty where faulty."""
    name, arn = faults.text(given, key), faults.text(given, "Arn")
    found = ARN.fullmatch(arn)
    if name and not NAME.fullmatch(name):
        faults.add(key, _("“%(name)s” is no name that AWS allows.") % {"name": printable(name)})
    if arn and not found:
        faults.add("Arn", _("“%(arn)s” is no ARN of a role or user.") % {"arn": printable(arn)})
    return name, arn, found[1] if found else ""


def _inline(given: dict[str, Any], key: str, faults: Faults) -> Iterator[Policy]:
    for at, policy in faults.objects(given, key):
        name = faults.text(policy, "PolicyName", at)
        yield Policy(name, tuple(statements(policy.get("PolicyDocument"), f"{at}PolicyDocument", faults)))


def _attached(given: dict[str, Any], faults: Faults, shared: _Shared) -> Iterator[Policy]:
    """Managed policies; one that the export names without its content stays, as unknown."""
    for at, attached in faults.objects(given, "AttachedManagedPolicies"):
        arn = faults.text(attached, "PolicyArn", at)
        policy, wrong = shared.policies.get(arn, (Policy(str(attached.get("PolicyName") or arn), None), ()))
        for fault in wrong:
            faults.add(f"{at}PolicyArn", f"{policy.name}: {fault.column}: {fault.sentence}")
        yield policy


def _tags(given: dict[str, Any], faults: Faults) -> dict[str, str]:
    pairs = [(tag.get("Key"), tag.get("Value")) for _at, tag in faults.objects(given, "Tags")]
    return {key: value for key, value in pairs if isinstance(key, str) and isinstance(value, str)}


def _plain(text: str) -> str:
    return re.sub(r"[\s_:/-]+", "", text.casefold())


def _withheld(text: str) -> str:
    """The text, unless it looks like a secret."""
    suspicion = find(text)
    return _("(withheld: looks like %(what)s)") % {"what": suspicion.what} if suspicion else text


def _moment(used: object, faults: Faults) -> datetime | None:
    """RoleLastUsed.LastUsedDate, aware; None when AWS saw no use (it looks back 400 days)."""
    given = used.get("LastUsedDate") if isinstance(used, dict) else None
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(str(given))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        faults.add("RoleLastUsed.LastUsedDate", _("“%(date)s” is no date.") % {"date": str(given)[:40]})
        return None
