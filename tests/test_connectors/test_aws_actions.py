import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.connectors.aws_actions import SEVERITY, covers, reaches, verb_of
from agents.registry.choices import VerbClass

TABLE = {
    "read": """
        s3:GetObject s3:ListBucket ec2:DescribeInstances dynamodb:BatchGetItem dynamodb:Query iam:GetRole
        iam:List* logs:StartQuery sqs:ReceiveMessage secretsmanager:GetSecretValue codecommit:GitPull s3:Get*
        sts:GetCallerIdentity aws-portal:ViewBilling trustedadvisor:describeChecks kms:Decrypt
    """,
    "write": """
        s3:PutObject dynamodb:PutItem dynamodb:BatchWriteItem dynamodb:UpdateItem sqs:SendMessage sns:Publish
        lambda:InvokeFunction bedrock:InvokeModel logs:PutLogEvents logs:CreateLogStream kinesis:PutRecords
        codecommit:GitPush events:PutEvents cloudwatch:PutMetricData kms:Encrypt codecommit:CreatePullRequest
        rds-db:connect
    """,
    "export": """
        rds:StartExportTask dynamodb:ExportTableToPointInTime logs:CreateExportTask
        rds:DownloadDBLogFilePortion s3:ReplicateObject
    """,
    "delete": """
        s3:DeleteObject ec2:TerminateInstances sqs:PurgeQueue dynamodb:BatchDeleteItem s3:DeleteBucket*
        kms:ScheduleKeyDeletion
    """,
    "configure": """
        s3:PutBucketPolicy s3:PutObjectAcl s3:PutBucketAcl ec2:RunInstances ec2:Desc* ec2:CreateVpc
        lambda:UpdateFunctionCode lambda:AddPermission ec2:ModifySnapshotAttribute s3:Put*
        rds:RebootDBInstance sns:Subscribe sdb:DomainMetadata kms:CreateGrant
    """,
    "pay": """
        ec2:PurchaseReservedInstancesOffering route53domains:RegisterDomain aws-marketplace:Subscribe
        savingsplans:CreateSavingsPlan aws-portal:ModifyBilling
    """,
    "manage_identities": """
        iam:CreateAccessKey iam:PassRole iam:* iam:Create* sts:AssumeRole
        organizations:InviteAccountToOrganization cognito-idp:AdminCreateUser sts:GetSessionToken
        identitystore:CreateUser
    """,
    "administer": """
        s3:* ec2:* ssm:SendCommand ssm:StartSession ecs:ExecuteCommand s3:*Object ssm:S* dynamodb:Batch*
    """,
}


@pytest.mark.parametrize(("action", "verb"), [(action, verb) for verb, actions in TABLE.items() for action in actions.split()])
def test_verb_of_an_action(action: str, verb: str) -> None:
    service, _, name = action.partition(":")
    assert verb_of(service, name) == verb
    assert verb_of(service.upper(), name.lower()) == verb


@given(st.sampled_from([a for actions in TABLE.values() for a in actions.split() if "*" not in a]), st.integers(0, 12))
def test_a_pattern_is_never_milder_than_what_it_covers(action: str, length: int) -> None:
    service, _, name = action.partition(":")
    pattern = verb_of(service, name[:length] + "*")
    assert SEVERITY.index(pattern) >= SEVERITY.index(verb_of(service, name))


def test_secrets_are_reached_through_patterns_too() -> None:
    for action in ("GetSecretValue", "getsecretvalue", "Get*", "*"):
        assert reaches("secretsmanager", action) == (("credentials_secrets",), True)
    assert reaches("s3", "GetObject") == ((), False)


@pytest.mark.parametrize(
    ("pattern", "other", "yes"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:Get*", True),
        ("S3:get*", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get*", "s3:*", False),
        ("s3:Get?", "s3:Get*", False),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        ("s3.*", "s3:GetObject", False),
    ],
)
def test_a_pattern_covers_another_only_for_sure(pattern: str, other: str, yes: bool) -> None:
    assert covers(pattern, other) is yes


def test_resources_are_compared_with_case() -> None:
    assert not covers("arn:aws:s3:::Data/*", "arn:aws:s3:::data/x", is_action=False)


def test_every_verb_class_is_ranked() -> None:
    assert set(SEVERITY) == set(VerbClass)
