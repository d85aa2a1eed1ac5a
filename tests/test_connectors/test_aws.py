import contextlib
import copy
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.connectors import aws
from agents.connectors.discovered import DiscoveredIdentity, LeftOut
from agents.intake.errors import Unreadable
from agents.registry.choices import AgentKind, Environment
from tests.test_connectors.exports import (
    ACCOUNT,
    allow,
    attached,
    deny,
    document,
    export,
    faults,
    identity,
    left_out,
    managed,
    read,
    role,
    trust,
)
from tests.test_intake.test_strict_json import values

SAMPLE = Path(__file__).parent.parent / "data" / "aws-account-authorization-details.json"


def held(found: DiscoveredIdentity) -> list[tuple[str, str, str]]:
    return [(access.system.name, access.name, str(access.verb_class)) for access in found.access]


class TestTheRealSample:
    def test_roles_become_workloads_and_users_are_left_out(self) -> None:
        with SAMPLE.open("rb") as file:
            found = list(aws.read(file))
        roles = [each for each in found if isinstance(each, DiscoveredIdentity)]
        users = [each for each in found if isinstance(each, LeftOut)]
        assert len(found) == 6
        assert [(each.name, each.kind, each.platform, len(each.access)) for each in roles] == [
            ("MyRole", AgentKind.WORKLOAD, "AWS SSM", 8),
            ("MyOtherRole", AgentKind.WORKLOAD, "AWS SSM", 8),
            ("OverprivilegedEC2", AgentKind.WORKLOAD, "AWS EC2", 5),
        ]
        assert [each.name for each in users] == ["obama", "userwithlotsofpermissions", "biden"]
        assert {each.reason for each in users} == {
            "IAM user: may be a person, the export does not say. Tag it kind = service-account in AWS to take it in."
        }

    def test_access_is_each_action_on_each_resource_also_of_attached_policies(self) -> None:
        with SAMPLE.open("rb") as file:
            found = next(
                each for each in aws.read(file) if isinstance(each, DiscoveredIdentity) and each.name == "OverprivilegedEC2"
            )
        assert held(found) == [
            ("AWS Secrets Manager · 012345678901", "secretsmanager:GetSecretValue", "read"),
            ("AWS S3 · 012345678901", "s3:GetObject", "read"),
            ("AWS IAM · 012345678901", "iam:CreateAccessKey", "manage_identities"),
            ("AWS S3 · 012345678901", "s3:PutObject", "write"),
            ("AWS S3 · 012345678901", "s3:PutObjectAcl", "configure"),
        ]
        assert found.source == "aws:012345678901"
        assert found.native_id == "arn:aws:iam::012345678901:role/OverprivilegedEC2"
        assert found.last_used_at == datetime(2019, 1, 20, 18, 48, tzinfo=UTC)
        assert found.facts["last_used_region"] == "us-east-1"
        assert found.facts["trusted"] == ["Service: ec2.amazonaws.com"]


@pytest.mark.parametrize(
    ("principal", "kind", "platform"),
    [
        ({"Service": "ec2.amazonaws.com"}, "workload", "AWS EC2"),
        ({"Service": "ssm.amazonaws.com"}, "workload", "AWS SSM"),
        ({"Service": "lambda.amazonaws.com"}, "cloud_function", "AWS Lambda"),
        ({"Service": "ecs-tasks.amazonaws.com"}, "container", "AWS ECS"),
        ({"Service": "pods.eks.amazonaws.com"}, "container", "AWS pods"),
        ({"Service": "eks.amazonaws.com"}, "container", "AWS EKS"),
        ({"Service": "bedrock.amazonaws.com"}, "ai_agent", "AWS Bedrock"),
        ({"Service": "bedrock-agentcore.amazonaws.com"}, "ai_agent", "AWS Bedrock AgentCore"),
        ({"Service": "codebuild.amazonaws.com"}, "automation_script", "AWS CodeBuild"),
        ({"Service": "states.eu-central-1.amazonaws.com"}, "automation_script", "AWS Step Functions"),
        ({"Service": "lambda.amazonaws.com.cn"}, "cloud_function", "AWS Lambda"),
        ({"Service": "sagemaker.amazonaws.com"}, "workload", "AWS sagemaker"),
        ({"Service": ["ec2.amazonaws.com", "bedrock.amazonaws.com"]}, "ai_agent", "AWS Bedrock"),
        ({"AWS": "arn:aws:iam::999999999999:root", "Service": "lambda.amazonaws.com"}, "cloud_function", "AWS Lambda"),
        (
            {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
            "automation_script",
            "token.actions.githubusercontent.com",
        ),
        (
            {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539"},
            "container",
            "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539",
        ),
    ],
)
def test_a_role_is_of_the_kind_of_machine_that_takes_it_on(principal: dict[str, Any], kind: str, platform: str) -> None:
    found = identity(role(AssumeRolePolicyDocument=trust(**principal)))
    assert (found.kind, found.platform) == (kind, platform)


@pytest.mark.parametrize(
    ("principal", "reason"),
    [
        ({"AWS": "arn:aws:iam::999999999999:root"}, "role: used from another AWS account"),
        ({"AWS": "999999999999"}, "role: used from another AWS account"),
        ({"AWS": "AROADELETEDPRINCIPAL"}, "role: used from another AWS account"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/jo"}, "role: taken on by other identities of the same account"),
        ({"AWS": "*"}, "role: anybody in any account may take it on; no one machine is behind it"),
        ({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"}, "role: people sign in to it through an identity provider"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "role: people sign in to it through an identity provider"),
    ],
)
def test_roles_that_are_no_machine_of_ours_are_left_out_with_the_reason(principal: dict[str, Any], reason: str) -> None:
    assert left_out(role(AssumeRolePolicyDocument=trust(**principal))) == reason


def test_service_linked_roles_and_roles_nobody_may_take_on_are_left_out() -> None:
    linked = role(Path="/aws-service-role/rds.amazonaws.com/", AssumeRolePolicyDocument=trust(Service="rds.amazonaws.com"))
    assert left_out(linked) == "role: service-linked role, owned and run by AWS"
    nobody = trust(Service="ec2.amazonaws.com")
    nobody["Statement"][0]["Effect"] = "Deny"
    assert left_out(role(AssumeRolePolicyDocument=nobody)) == "role: nobody may take it on"
    anybody = document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    assert "anybody" in left_out(role(AssumeRolePolicyDocument=anybody))


def user(**more: Any) -> dict[str, Any]:
    return {"UserName": "etl", "UserId": "AIDAETL", "Arn": f"arn:aws:iam::{ACCOUNT}:user/etl", "Tags": []} | more


def test_a_user_is_a_service_account_only_when_its_tag_says_so() -> None:
    assert "may be a person" in left_out(UserDetailList=[user()])
    assert "may be a person" in left_out(UserDetailList=[user(Tags=[{"Key": "kind", "Value": "person"}])])
    group = {
        "GroupName": "loaders",
        "GroupPolicyList": [{"PolicyName": "g", "PolicyDocument": document(allow("s3:PutObject"))}],
        "AttachedManagedPolicies": [attached("Queues")],
    }
    found = identity(
        UserDetailList=[user(Tags=[{"Key": "Identity-Type", "Value": "Service Account"}], GroupList=["loaders"])],
        GroupDetailList=[group],
        Policies=[managed("Queues", allow("sqs:SendMessage"))],
    )
    assert found.kind == AgentKind.SERVICE_ACCOUNT
    assert [access.name for access in found.access] == ["s3:PutObject", "sqs:SendMessage"]


class TestAccess:
    def test_each_action_on_each_resource_is_one_permission(self) -> None:
        found = identity(role("r", allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])))
        assert [access.name for access in found.access] == [
            "s3:GetObject on arn:aws:s3:::a/*",
            "s3:PutObject on arn:aws:s3:::a/*",
            "s3:GetObject on arn:aws:s3:::b/*",
            "s3:PutObject on arn:aws:s3:::b/*",
        ]

    def test_everything_is_administration_of_all_services(self) -> None:
        for action in ("*", "*:*"):
            assert held(identity(role("r", allow(action)))) == [(f"AWS, all services · {ACCOUNT}", action, "administer")]

    def test_not_action_allows_everything_else_and_says_so(self) -> None:
        statement = allow("x:Y") | {"NotAction": ["iam:*", "organizations:*"]}
        del statement["Action"]
        [access] = identity(role("r", statement)).access
        assert (access.name, access.verb_class, access.is_privileged) == (
            "everything except iam:*, organizations:*",
            "administer",
            True,
        )
        assert access.facts["not_action"] == ["iam:*", "organizations:*"]

    def test_not_resource_is_told_in_the_name(self) -> None:
        statement = allow("s3:GetObject") | {"NotResource": ["arn:aws:s3:::secret/*"]}
        del statement["Resource"]
        [access] = identity(role("r", statement)).access
        assert access.name == "s3:GetObject on everything except arn:aws:s3:::secret/*"
        assert access.facts["not_resource"] == ["arn:aws:s3:::secret/*"]

    def test_conditions_are_kept_unless_another_statement_gives_the_same_without(self) -> None:
        condition = {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}
        [bound] = identity(role("r", allow("s3:GetObject", Condition=condition))).access
        assert bound.facts["conditions"] == condition
        for statements in ((allow("s3:GetObject", Condition=condition), allow("s3:GetObject")),) * 2:
            [free] = identity(role("r", *reversed(statements))).access
            assert "conditions" not in free.facts

    def test_a_deny_without_conditions_takes_away_what_it_surely_covers(self) -> None:
        found = identity(role("r", allow(["s3:GetObject", "s3:PutObject", "s3:*"]), deny(["s3:Put*"])))
        assert [access.name for access in found.access] == ["s3:GetObject", "s3:*"]
        assert found.facts["denied"] == [{"policy": "inline", "action": ["s3:Put*"], "resource": ["*"]}]

    def test_a_deny_with_conditions_or_elsewhere_takes_nothing_away(self) -> None:
        condition = {"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}
        found = identity(role("r", allow("s3:GetObject"), deny("*", Condition=condition), deny("s3:*", "arn:aws:s3:::x")))
        assert [access.name for access in found.access] == ["s3:GetObject"]
        assert found.facts["denied"][0]["conditions"] == condition  # type: ignore[index]

    def test_a_policy_without_content_is_unknown_and_privileged_not_nothing(self) -> None:
        [access] = identity(role(AttachedManagedPolicies=[attached("AmazonS3FullAccess")])).access
        assert access.name == "policy AmazonS3FullAccess, whose content is not in the export"
        assert (access.verb_class, access.is_privileged, access.facts["unknown"]) == ("administer", True, True)

    def test_only_the_default_version_of_a_policy_counts(self) -> None:
        found = identity(role(AttachedManagedPolicies=[attached("P")]), Policies=[managed("P", allow("sqs:SendMessage"))])
        assert [access.name for access in found.access] == ["sqs:SendMessage"]

    def test_one_statement_and_single_texts_are_read_like_lists_also_percent_encoded(self) -> None:
        plain = {"Version": "2012-10-17", "Statement": allow("sqs:SendMessage")}
        for spelled in (plain, json.dumps(plain), quote(json.dumps(plain))):
            found = identity(role(RolePolicyList=[{"PolicyName": "p", "PolicyDocument": spelled}]))
            assert [access.name for access in found.access] == ["sqs:SendMessage"]

    def test_long_names_end_in_a_fingerprint_and_stay_apart(self) -> None:
        resources = [f"arn:aws:s3:::{'x' * 300}/{each}" for each in "ab"]
        names = [access.name for access in identity(role("r", allow("s3:GetObject", resources))).access]
        assert len(set(names)) == 2
        assert all(len(name) <= 200 for name in names)


def test_environment_comes_from_a_tag_or_is_unknown() -> None:
    assert identity(role(Tags=[{"Key": "Environment", "Value": "prd"}])).environment == Environment.PRODUCTION
    assert identity(role(Tags=[{"Key": "env", "Value": "Dev"}])).environment == Environment.DEVELOPMENT
    assert identity(role(Tags=[{"Key": "env", "Value": "blue"}])).environment is None


def test_secrets_in_tags_and_descriptions_are_not_kept() -> None:
    found = identity(role(Description="key AKIAIOSFODNN7EXAMPLE", Tags=[{"Key": "token", "Value": "ghp_" + "a1B2" * 9}]))
    assert found.purpose == "(withheld: looks like an AWS access key)"
    assert found.facts["tags"] == {"token": "(withheld: looks like a GitHub token)"}


def test_a_permissions_boundary_is_a_fact() -> None:
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/B"}
    assert identity(role(PermissionsBoundary=boundary)).facts["permissions_boundary"] == "arn:aws:iam::aws:policy/B"


AT = "RoleDetailList.RolePolicyList[0].PolicyDocument"


@pytest.mark.parametrize(
    ("wrong", "place", "sentence"),
    [
        ({"RoleName": None}, "RoleDetailList.RoleName", "Missing."),
        ({"RoleName": "pay\u202eout"}, "RoleDetailList.RoleName", None),
        ({"RoleName": 7}, "RoleDetailList.RoleName", "Should be text, is a number."),
        ({"Arn": "arn:aws:iam::1:role/x"}, "RoleDetailList.Arn", "“arn:aws:iam::1:role/x” is no ARN of a role or user."),
        ({"AssumeRolePolicyDocument": None}, "RoleDetailList.AssumeRolePolicyDocument", "The policy document is missing."),
        ({"AssumeRolePolicyDocument": "{"}, "RoleDetailList.AssumeRolePolicyDocument", None),
        ({"RolePolicyList": {}}, "RoleDetailList.RolePolicyList", "Should be a list, is an object."),
        ({"RolePolicyList": [7]}, "RoleDetailList.RolePolicyList[0]", "Should be an object, is a number."),
        ({"RolePolicyList": [{"PolicyName": "p"}]}, AT, "The policy document is missing."),
        ({"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {}}]}, f"{AT}.Statement", "The policy has no statement."),
        ({"AttachedManagedPolicies": [{}]}, "RoleDetailList.AttachedManagedPolicies[0].PolicyArn", "Missing."),
        (
            {"RoleLastUsed": {"LastUsedDate": "yesterday"}},
            "RoleDetailList.RoleLastUsed.LastUsedDate",
            "“yesterday” is no date.",
        ),
        ({"RoleLastUsed": {"LastUsedDate": "9999-12-31T23:00:00-05:00"}}, "RoleDetailList.RoleLastUsed.LastUsedDate", None),
    ],
)
def test_what_is_malformed_is_named_by_row_and_place_and_the_role_is_not_taken_in(
    wrong: dict[str, Any], place: str, sentence: str | None
) -> None:
    [(row, column, said)] = faults(role("good"), role("bad", **wrong))
    assert (row, column) == (2, place)
    assert sentence in (None, said)
    assert len([each for each in read(role("good"), role("bad", **wrong)) if isinstance(each, DiscoveredIdentity)]) == 1


@pytest.mark.parametrize(
    ("statement", "place", "sentence"),
    [
        (allow("s3:GetObject") | {"Effect": "allow"}, "Effect", "Must be “Allow” or “Deny”."),
        (allow(["s3:GetObject", "s3"]), "Action[1]", "“s3” is not of the form service:Action."),
        (allow([]), "Action", "Should be text, or a list of texts, is a list."),
        (allow("s3:GetObject", [1]), "Resource", "Should be text, or a list of texts, is a list."),
        (allow("s3:GetObject", NotAction="x:Y"), "Action", "There are both Action and NotAction."),
        ({"Effect": "Allow", "Action": "s3:GetObject"}, "Resource", "There is neither Resource nor NotResource."),
        (allow("s3:GetObject", Condition=[1]), "Condition", "Should be an object, is a list."),
    ],
)
def test_a_malformed_statement_is_named(statement: dict[str, Any], place: str, sentence: str) -> None:
    assert faults(role("r", statement)) == [(1, f"{AT}.Statement[0].{place}", sentence)]


def test_a_malformed_managed_policy_counts_against_every_role_that_uses_it_and_no_other() -> None:
    broken = managed("P", {"Effect": "Allow"})
    found = faults(role("a", AttachedManagedPolicies=[attached("P")]), role("b"), Policies=[broken])
    assert {row for row, _, _ in found} == {1}
    assert found[0][1] == "RoleDetailList.AttachedManagedPolicies[0].PolicyArn"
    assert "Policies.PolicyVersionList[0].Document.Statement[0].Action" in found[0][2]


def test_the_same_role_twice_is_a_fault_of_the_second() -> None:
    [(row, column, sentence)] = faults(role("a"), role("a"))
    assert (row, column) == (2, "RoleDetailList.Arn")
    assert "twice" in sentence


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"{}", "lists no role"),
        (b'{"Findings": []}', "lists no role"),
        (b"[]", "holds a list"),
        (export(role(), IsTruncated=True), "one page of an export"),
        (export(role(), NextToken="x"), "one page of an export"),
        (export(role())[:-20], "cut off"),
        (export(role()).replace(b"claims", b"cl\\ud800ims"), "surrogate"),
        (export(role()).replace(b'"RoleId"', b'"RoleName": "twice", "RoleId"'), "twice"),
    ],
)
def test_a_file_that_is_no_whole_export_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        list(aws.read(io.BytesIO(raw)))
    assert why in refusal.value.sentence


FULL = {
    "RoleDetailList": [
        role(
            "r",
            allow(["s3:GetObject"], ["arn:aws:s3:::a/*"], Sid="x", Condition={"Bool": {"aws:SecureTransport": "true"}}),
            Tags=[{"Key": "env", "Value": "prod"}],
            Description="x",
            RoleLastUsed={"LastUsedDate": "2026-01-01T00:00:00+00:00", "Region": "us-east-1"},
            AttachedManagedPolicies=[attached("P")],
            PermissionsBoundary={"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/B"},
        )
    ],
    "UserDetailList": [user(Tags=[{"Key": "kind", "Value": "service"}], GroupList=["g"])],
    "GroupDetailList": [{"GroupName": "g", "GroupPolicyList": [{"PolicyName": "i", "PolicyDocument": document(allow("sqs:*"))}]}],
    "Policies": [managed("P", allow("sqs:SendMessage"))],
}


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside, containers too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([way] if way else []), *(place for key, each in inner for place in places(each, (*way, key)))]


@given(st.lists(st.tuples(st.sampled_from(places(FULL)), values), min_size=1, max_size=3))
def test_whatever_stands_anywhere_is_read_or_named_as_a_fault(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    changed = copy.deepcopy(FULL)
    for way, value in changes:
        holder: Any = changed
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
            for key in way[:-1]:
                holder = holder[key]
            holder[way[-1]] = value
    with contextlib.suppress(Unreadable):
        for found in aws.read(io.BytesIO(json.dumps(changed).encode())):
            json.dumps(getattr(found, "facts", {}))
