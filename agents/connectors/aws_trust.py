"""Who may take on a role decides what the role is: a machine's identity of its true kind, or nothing of ours. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agents.connectors.aws_actions import display_name
from agents.connectors.aws_documents import Faults, Statement, texts
from agents.registry.choices import AgentKind

# Service principal without ".amazonaws.com". Anything else that AWS runs for us is a workload.
KINDS: dict[str, AgentKind] = (
    dict.fromkeys(("bedrock", "bedrock-agentcore", "agentcore", "preprod.bedrock-agentcore"), AgentKind.AI_AGENT)
    | dict.fromkeys(("lambda", "edgelambda", "replicator.lambda"), AgentKind.CLOUD_FUNCTION)
    | dict.fromkeys(
        ("ecs-tasks", "ecs", "eks", "pods.eks", "eks-fargate-pods", "eks-fargate", "build.apprunner"), AgentKind.CONTAINER
    )
    | dict.fromkeys(("tasks.apprunner", "eks-nodegroup"), AgentKind.CONTAINER)
    | dict.fromkeys(
        ("codebuild", "codepipeline", "codedeploy", "glue", "states", "scheduler", "events"), AgentKind.AUTOMATION_SCRIPT
    )
    | dict.fromkeys(("cloudformation", "datapipeline", "imagebuilder", "amplify"), AgentKind.AUTOMATION_SCRIPT)
)
# A role of several services is named by the one that needs most attention.
PRECEDENCE = (
    AgentKind.AI_AGENT,
    AgentKind.CLOUD_FUNCTION,
    AgentKind.CONTAINER,
    AgentKind.AUTOMATION_SCRIPT,
    AgentKind.WORKLOAD,
)
PEOPLE_SIGN_IN = re.compile(
    r"cognito-identity|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com|login\.|\.okta\.com|auth0|appleid",
    re.IGNORECASE,
)
PIPELINES = re.compile(
    r"token\.actions\.githubusercontent\.com|gitlab|bitbucket|circleci|buildkite|app\.terraform\.io", re.IGNORECASE
)
CLUSTERS = re.compile(r"oidc\.eks\.", re.IGNORECASE)


@dataclass(frozen=True)
class Trust:
    """kind: of the machine that acts through the role; None with a reason when no machine of ours does."""

    kind: AgentKind | None
    reason: str
    trusted: tuple[str, ...]  # everybody who may take it on, as the policy names them
    platform: str = ""


def trust_of(given: Iterable[Statement], account: str, path: str, faults: Faults) -> Trust:
    """What the role is, from the statements of its trust policy. account: twelve digits; path: of the role."""
    named = [pair for statement in given if statement.allows for pair in _principals(statement, faults)]
    trusted = tuple(dict.fromkeys(f"{kind}: {who}" for kind, who in named))
    if path.startswith("/aws-service-role/"):
        return Trust(None, _("service-linked role, owned and run by AWS"), trusted)
    machines = [(kind, _platform(*pair)) for pair in named if (kind := _machine(*pair)) is not None]
    if machines:
        kind, platform = min(machines, key=lambda machine: PRECEDENCE.index(machine[0]))
        return Trust(kind, "", trusted, platform)
    return Trust(None, _why_no_machine(named, account), trusted)


def _principals(statement: Statement, faults: Faults) -> list[tuple[str, str]]:
    """(kind, who) of each principal; kind: Service, AWS, Federated, CanonicalUser."""
    if statement.principal is None:
        return [("AWS", "*")]  # Allow with NotPrincipal: everybody but some
    if isinstance(statement.principal, str):
        return [("AWS", statement.principal)]
    return [
        (str(kind), who)
        for kind, given in statement.principal.items()
        for who in texts(given, f"{statement.place}.Principal.{kind}", faults)
    ]


def _machine(kind: str, who: str) -> AgentKind | None:
    """The kind of machine, or None for people, other accounts and AWS identities."""
    if kind == "Service":
        return KINDS.get(re.sub(r"\.amazonaws\.com(\.cn)?$", "", who.lower()), _by_region(who))
    if kind != "Federated" or ":saml-provider/" in who or PEOPLE_SIGN_IN.search(who):
        return None
    if CLUSTERS.search(who):
        return AgentKind.CONTAINER
    return AgentKind.AUTOMATION_SCRIPT if PIPELINES.search(who) else AgentKind.WORKLOAD


def _platform(kind: str, who: str) -> str:
    """Where the machine runs: "AWS EC2", or the provider that vouches for it."""
    return f"AWS {display_name(who.lower().split('.')[0])}" if kind == "Service" else who.rpartition("oidc-provider/")[2][:120]


def _by_region(who: str) -> AgentKind:
    """Some principals carry a region: `states.eu-central-1.amazonaws.com`."""
    return KINDS.get(who.lower().split(".")[0], AgentKind.WORKLOAD)


def _why_no_machine(named: Sequence[tuple[str, str]], account: str) -> str:
    if any(kind == "Federated" for kind, _who in named):
        return _("people sign in to it through an identity provider")
    accounts = {who if who == "*" else _account(who) for kind, who in named if kind == "AWS"}
    if "*" in accounts:
        return _("anybody in any account may take it on; no one machine is behind it")
    if accounts - {account}:
        return _("used from another AWS account")
    return _("taken on by other identities of the same account") if accounts else _("nobody may take it on")


def _account(who: str) -> str:
    """The account of an ARN or of a bare account number; an id of a deleted principal counts as foreign."""
    if found := re.match(r"arn:[^:]*:(?:iam|sts)::(\d{12}):", who):
        return found[1]
    return who
