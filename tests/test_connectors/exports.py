"""Small exports in AWS's shape, for one thing at a time."""

import io
import json
from typing import Any

from agents.connectors import aws
from agents.connectors.discovered import DiscoveredIdentity, LeftOut, Misread, Reading

ACCOUNT = "123456789012"


def trust(**principal: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}


def allow(action: object, resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: object, resource: object = "*", **more: object) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(name: str = "claims", *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "CreateDate": "2026-01-05T10:00:00+00:00",
        "AssumeRolePolicyDocument": trust(Service="ec2.amazonaws.com"),
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": document(*statements)}] if statements else [],
        "AttachedManagedPolicies": [],
    } | more


def managed(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    versions = [
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": document(*statements)},
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": document(allow("*"))},
    ]
    return {"PolicyName": name, "Arn": f"arn:aws:iam::aws:policy/{name}", "PolicyVersionList": versions}


def attached(name: str) -> dict[str, str]:
    return {"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"}


def export(*roles: object, **lists: object) -> bytes:
    return json.dumps({"RoleDetailList": list(roles), **lists}).encode()


def read(*roles: object, **lists: object) -> list[Reading]:
    return list(aws.read(io.BytesIO(export(*roles, **lists))))


def identity(*roles: object, **lists: object) -> DiscoveredIdentity:
    [found] = read(*roles, **lists)
    assert isinstance(found, DiscoveredIdentity), found
    return found


def left_out(*roles: object, **lists: object) -> str:
    [found] = read(*roles, **lists)
    assert isinstance(found, LeftOut), found
    return found.reason


def faults(*roles: object, **lists: object) -> list[tuple[int, str, str]]:
    return [
        (fault.row, fault.column, fault.sentence)
        for found in read(*roles, **lists)
        if isinstance(found, Misread)
        for fault in found.faults
    ]
