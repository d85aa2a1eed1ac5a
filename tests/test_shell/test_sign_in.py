"""The doors: one sign-in page with limits that all processes share, second factors, and nobody signs up."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import DEVNULL, PIPE, Popen

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.urls import reverse

from agents.people.models import User
from tests.database import ROOT, TestDatabase
from tests.people import PASSWORD, Cast, person


def signed_in_after(client: Client, email: str, password: str) -> bool:
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_people_sign_in_with_their_address_in_any_spelling(client: Client, cast: Cast) -> None:
    assert signed_in_after(client, "ANN@example.org", PASSWORD)


def test_wrong_password_and_unknown_address_read_the_same(client: Client, cast: Cast) -> None:
    wrong = client.post(reverse("account_login"), {"login": cast.ann.email, "password": "wrong"}).content.decode()
    unknown = client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"}).content.decode()
    sentence = re.search(r'role="alert">.*?<p>(.*?)</p>', wrong, re.DOTALL)
    assert sentence
    assert sentence[1] in unknown


def test_somebody_whose_account_is_closed_does_not_come_in(client: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.ann.pk).update(is_active=False)
    assert not signed_in_after(client, cast.ann.email, PASSWORD)


def test_nobody_signs_up(client: Client, cast: Cast) -> None:
    people = User.objects.count()
    assert "Nobody signs up here" in client.get(reverse("account_signup")).content.decode()
    client.post(reverse("account_signup"), {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.count() == people


def test_nobody_changes_the_address_they_are_known_by(client: Client, cast: Cast) -> None:
    client.force_login(cast.ann)
    assert client.get("/accounts/email/").status_code == 404
    assert client.post("/accounts/email/", {"email": "boss@example.org", "action_add": ""}).status_code == 404
    cast.ann.refresh_from_db()
    assert cast.ann.email == "ann@example.org"


def test_sign_in_page_offers_a_passkey(client: Client, cast: Cast) -> None:
    page = client.get(reverse("account_login")).content.decode()
    assert 'id="passkey_login"' in page
    assert 'action="/accounts/2fa/webauthn/login/"' in page


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mfa_index", "Authenticator App"),
        ("mfa_activate_totp", "data:image/svg+xml"),
        ("mfa_add_webauthn", "Add Security Key"),
        ("account_change_password", "Change Password"),
    ],
)
def test_second_factors_can_be_set_up_in_our_shell(client: Client, cast: Cast, name: str, says: str) -> None:
    assert signed_in_after(client, cast.ann.email, PASSWORD)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})  # asked for again before what is sensitive
    page = client.get(reverse(name)).content.decode()
    assert says in page
    assert "m-side" in page


def test_demo_sign_ins_are_shown_only_where_the_demo_lives(client: Client, cast: Cast) -> None:
    assert "Demo organisation" not in client.get(reverse("account_login")).content.decode()


# A process of the portal: the whole WSGI stack, asked by lines on standard input, one browser each.
PROCESS = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from django.test import Client
for line in sys.stdin:
    email, password = line.rstrip("\\n").split(" ", 1)
    page = Client().post("/accounts/login/", {"login": email, "password": password})
    words = page.content.decode()
    told = "in" if page.status_code == 302 else "limited" if "Too many" in words else "wrong" if "not correct" in words else words
    print(told, flush=True)
"""


@contextmanager
def process() -> Iterator[Callable[[str, str], str]]:
    """Ask it to sign in with an address and a password; it says in, wrong or limited."""
    command = [sys.executable, "-W", "ignore", "-c", PROCESS]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as running:
        assert running.stdin
        assert running.stdout
        asked, said = running.stdin, running.stdout

        def sign_in(email: str, password: str) -> str:
            asked.write(f"{email} {password}\n")
            asked.flush()
            return said.readline().strip()

        yield sign_in
        asked.close()


def test_five_wrong_passwords_close_the_door_in_every_process(own_database: TestDatabase) -> None:
    # The children hash for real, as the portal does; this process hashes fast, so the password is set with theirs.
    ann, bob = person("Ann"), person("Bob")
    for user in (ann, bob):
        user.password = PBKDF2PasswordHasher().encode(PASSWORD, "a-salt-of-the-test")
        user.save()
    with process() as one, process() as other:
        assert [sign_in(ann.email, "wrong") for sign_in in (one, other, one, other, one)] == ["wrong"] * 5
        assert [sign_in(ann.email, "wrong") for sign_in in (one, other)] == ["limited"] * 2
        assert [sign_in(ann.email, PASSWORD) for sign_in in (one, other)] == ["limited"] * 2, "also with the right password"
        assert other(bob.email, PASSWORD) == "in", "nobody else is shut out"
