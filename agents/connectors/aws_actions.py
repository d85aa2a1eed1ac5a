"""What an IAM action lets somebody do. Pure; the strictest reading of a pattern wins (AWS Service Authorization Reference)."""

import re

from agents.registry.choices import DataClass, SystemKind, VerbClass

R, W, X, D = VerbClass.READ, VerbClass.WRITE, VerbClass.EXPORT, VerbClass.DELETE
P, C, M, A = VerbClass.PAY, VerbClass.CONFIGURE, VerbClass.MANAGE_IDENTITIES, VerbClass.ADMINISTER
SEVERITY = (R, W, X, D, C, P, M, A)

IDENTITY_SERVICES = frozenset(
    {"iam", "sts", "sso", "sso-directory", "sso-oauth", "identitystore", "organizations", "cognito-idp", "cognito-identity", "ds"}
    | {"rolesanywhere", "ram", "account"}
)
PAYING_SERVICES = frozenset(
    {"aws-portal", "billing", "payments", "aws-marketplace", "savingsplans", "route53domains", "invoicing"}
)

# How actions begin; the longest beginning counts. Writing data and writing settings are told apart by DATA below.
WORDS: dict[VerbClass, str] = {
    R: """get list describe query scan select search view lookup head read check estimate preview detect validate simulate
        filter discover receive poll count test evaluate verify retrieve decode decrypt startquery explain monitor peek compare
        translate classify recognize gitpull generateservice generatecredential""",
    W: """put write send publish post upload insert invoke encrypt reencrypt generate sign submit apply copy restore record
        report converse complete respond notify call merge gitpush transact partiql executestatement acknowledge change
        render retry index deliver""",
    X: "export download unload dump share replicate startexport createexport",
    D: "delete remove terminate purge destroy deregister drop empty expire cancel schedulekeydeletion",
    P: "purchase pay buy registerdomain renewdomain transferdomain",
    C: """create update modify attach detach associate disassociate enable disable set register start stop reboot run restart tag
        untag add allocate authorize revoke release replace reset import move accept reject assign unassign configure initiate
        install provision promote rotate resume suspend pause swap upgrade activate deactivate lock unlock override define deploy
        continue execute subscribe unsubscribe grant retire join leave link unlink open close connect""",
    A: "assume pass admin startsession sendcommand executecommand",
}
VERBS = {word: verb for verb, words in WORDS.items() for word in words.split()}
# Writing these is the service's daily work, not a change of its settings.
DATA = re.compile(
    r"(?:object|objects|item|items|record|records|recordbatch|event|events|logevents|logstream|loggroup|metricdata|message|messages|"
    r"image|layerpart|file|files|document|documents|tracesegments|telemetryrecords|comment|commit|pullrequest|case|ticket|"
    r"multipartupload|session|feedback|token|memory|datakey\w*)$"
)
SETTING_OR_DATA = ("put", "create", "update", "add", "start", "initiate")
ABOUT_ACCESS = re.compile(r"polic|acl(?!e)|permission|publicaccess")

# (service, action) → (verb, data class, always privileged)
EXACT: dict[tuple[str, str], tuple[VerbClass, str, bool]] = {
    ("secretsmanager", "getsecretvalue"): (R, DataClass.CREDENTIALS_SECRETS, True),
    ("secretsmanager", "batchgetsecretvalue"): (R, DataClass.CREDENTIALS_SECRETS, True),
    ("ssm", "getparameter"): (R, DataClass.CREDENTIALS_SECRETS, True),
    ("ssm", "getparameters"): (R, DataClass.CREDENTIALS_SECRETS, True),
    ("ssm", "getparametersbypath"): (R, DataClass.CREDENTIALS_SECRETS, True),
    ("ssm", "startsession"): (A, "", True),
    ("ssm", "sendcommand"): (A, "", True),
    ("ecs", "executecommand"): (A, "", True),
    ("sts", "getcalleridentity"): (R, "", False),
    ("sts", "getsessiontoken"): (M, DataClass.CREDENTIALS_SECRETS, True),
    ("sts", "getfederationtoken"): (M, DataClass.CREDENTIALS_SECRETS, True),
    ("cognito-identity", "getcredentialsforidentity"): (M, DataClass.CREDENTIALS_SECRETS, True),
    ("kms", "decrypt"): (R, DataClass.CREDENTIALS_SECRETS, True),
    ("ecr", "getauthorizationtoken"): (R, "", False),
    ("rds-db", "connect"): (W, "", True),
}

DISPLAY = {
    "athena": "Athena",
    "autoscaling": "Auto Scaling",
    "bedrock": "Bedrock",
    "bedrock-agentcore": "Bedrock AgentCore",
    "cloudformation": "CloudFormation",
    "cloudtrail": "CloudTrail",
    "cloudwatch": "CloudWatch",
    "codebuild": "CodeBuild",
    "codecommit": "CodeCommit",
    "codedeploy": "CodeDeploy",
    "config": "Config",
    "dynamodb": "DynamoDB",
    "ecs-tasks": "ECS",
    "elasticloadbalancing": "Elastic Load Balancing",
    "events": "EventBridge",
    "glue": "Glue",
    "kinesis": "Kinesis",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "organizations": "Organizations",
    "redshift": "Redshift",
    "route53": "Route 53",
    "secretsmanager": "Secrets Manager",
    "states": "Step Functions",
}
ABBREVIATIONS = frozenset({"ec2", "ecr", "ecs", "eks", "iam", "kms", "rds", "s3", "ses", "sns", "sqs", "ssm", "sts"})
KINDS = (
    dict.fromkeys(IDENTITY_SERVICES, SystemKind.IDENTITY)
    | dict.fromkeys(("rds", "dynamodb", "redshift", "rds-data", "athena", "neptune-db", "docdb"), SystemKind.DATABASE)
    | dict.fromkeys(("codecommit", "ecr", "codeartifact"), SystemKind.REPOSITORY)
    | dict.fromkeys(PAYING_SERVICES, SystemKind.PAYMENT)
)


def verb_of(service: str, action: str) -> VerbClass:
    """The verb class of `service:action`, where action may hold the wildcards * and ?; "*" of any service is ADMINISTER."""
    service, action = service.lower(), action.lower()
    if (service, action) in EXACT:
        return EXACT[service, action][0]
    single = action.removeprefix("batch")
    literal = re.split(r"[*?]", single, maxsplit=1)[0]
    verbs = [_told_apart(single, verb) for verb in _verbs(literal, open_ended=literal != single)]
    special = [verb for (of, name), (verb, _, _) in EXACT.items() if of == service and covers(action, name)]
    found = max((*verbs, *special), key=SEVERITY.index)
    if found == R:
        return R
    if service in IDENTITY_SERVICES:
        return M
    return P if service in PAYING_SERVICES and found != A else found


def reaches(service: str, action: str) -> tuple[tuple[str, ...], bool]:
    """The data classes that follow from the action itself, and whether it is privileged whatever its verb."""
    hits = [hit for (of, name), hit in EXACT.items() if of == service.lower() and covers(action, name)]
    return tuple(sorted({data_class for _, data_class, _ in hits if data_class})), any(always for _, _, always in hits)


def system_kind(service: str) -> SystemKind:
    return KINDS.get(service, SystemKind.CLOUD)


def display_name(service: str) -> str:
    return service.upper() if service in ABBREVIATIONS else DISPLAY.get(service, service)


def covers(pattern: str, other: str, *, is_action: bool = True) -> bool:
    """Everything that `other` names is named by `pattern` too; both may hold wildcards. Never true by mistake.

    In IAM * is any text and ? one character. Actions are compared without case, resources with it.
    """
    spelled = "".join(".*" if c == "*" else "[^*]" if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(spelled, other, re.DOTALL | (re.IGNORECASE if is_action else 0)) is not None


def _verbs(literal: str, *, open_ended: bool) -> list[VerbClass]:
    """The class of the longest verb that the action begins with; of a cut-off word, each verb that it may become."""
    if not literal:
        return [A]
    whole = [verb for verb in VERBS if literal.startswith(verb)]
    longer = [VERBS[verb] for verb in VERBS if open_ended and verb.startswith(literal)]
    if whole:
        return [VERBS[max(whole, key=len)], *longer]
    return [C, *longer]  # a verb nobody knows is taken for a change of settings


def _told_apart(action: str, verb: VerbClass) -> VerbClass:
    """Put and Create on data is writing, on settings configuring; anything about policies is configuring."""
    if verb not in (W, C):
        return verb
    if ABOUT_ACCESS.search(action):
        return C
    if action.startswith(SETTING_OR_DATA):
        return W if DATA.search(action) else C
    return verb
