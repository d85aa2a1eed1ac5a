import base64
import random
import time

import pytest

from agents.intake.errors import Unreadable
from agents.intake.secret_detection import find, find_in, refuse

SOME = random.Random(7)  # the same "random" keys each time


def random_key(length: int) -> str:
    return base64.b64encode(SOME.randbytes(length)).decode()


SECRETS = {
    "an AWS access key": "use AKIAIOSFODNN7EXAMPLE for it",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow",
    "a signed token (JWT)": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a GitLab token": "glpat-" + "x" * 20,
    "a Slack token": "xoxb-123456789012-abcdef",
    "a Stripe key": "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "a Google API key": "AIza" + "Sy0123456789abcdefghijklmnopqrstuvw"[:35],
    "a model provider's API key": "sk-ant-" + "api03-Ab1" * 4,
    "an Azure storage key": "AccountName=x;AccountKey=" + "Ab1+" * 10,
    "a bearer token": "Authorization: Bearer abcdef0123456789abcdef",
    "an address with a password in it": "postgres://app:hunter22@db.internal/main",
    "a password or key": "password = Winter2026!",
}


@pytest.mark.parametrize(("what", "text"), SECRETS.items(), ids=SECRETS)
def test_secrets_are_told_by_kind_and_never_repeated(what: str, text: str) -> None:
    suspicion = find(text)
    assert suspicion is not None
    assert suspicion.what == what
    assert text not in suspicion.sentence
    with pytest.raises(Unreadable, match="Nothing was kept"):
        refuse(text)


@pytest.mark.parametrize("length", [30, 32, 48, 64])
def test_random_keys_are_found(length: int) -> None:
    found = [find(f"the key is {random_key(length)} ok") for _ in range(200)]
    assert sum(each is not None for each in found) >= 196


@pytest.mark.parametrize(
    "text",
    [
        "Sorts incoming claims by urgency and drafts a reply for the handler.",
        "arn:aws:iam::012345678901:role/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy",
        "arn:aws:s3:::Company-Data-Lake-Production-Eu-Central-1-2026/Exports/Finance/MonthEnd/*",
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "spiffe://mandate.example/agent/production/claims-triage-munich-and-frankfurt-2",
        "secretsmanager:GetSecretValue",
        "The password is kept in the vault; ask for rotation.",
        "token: none",
        "sk-bratislava-payments-agent-production",
        "https://example.org/a/very/long/path/OfSomeDocumentation2026/ReadThisFirst",
        "ASIAZZUSERZZPLACEHOLDER",
        "",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert find(text) is None


def test_the_fields_with_secrets_are_named() -> None:
    assert list(find_in({"purpose": "x", "platform": SECRETS["a private key"]})) == ["platform"]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN " * 5000,
        "eyJ" * 20_000,
        "password=" * 10_000,
        "a://" * 10_000,
        "Aa1" * 30_000,
        "bearer " * 10_000,
        "sk-" * 20_000,
    ],
)
def test_long_hostile_text_is_judged_quickly(text: str) -> None:
    began = time.monotonic()
    find(text)
    assert time.monotonic() - began < 2
