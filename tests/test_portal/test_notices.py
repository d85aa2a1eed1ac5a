"""Mail: to whose turn it is, with a link to exactly that; never to who did it; twice does no harm."""

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from agents import clock
from agents.access.actions import lines, registrations, requests
from agents.audit import reactions
from agents.audit.events import Event
from agents.audit.models import TrailEvent
from agents.people.actions import people
from agents.people.models import User
from agents.registry.models import Agent
from portal import notices
from portal.mail import MARK
from portal.views.outbox import letters
from tests.builders import agent_at, open_lines, request_of
from tests.people import TEST, Cast

BASE = "http://localhost:8000"


def sent() -> list[EmailMultiAlternatives]:
    """Reactions have run; what was sent since the last time."""
    mail.outbox.clear()
    reactions.run_waiting(500)
    return [message for message in mail.outbox if isinstance(message, EmailMultiAlternatives)]


def html(message: EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


@pytest.fixture(autouse=True)
def address(settings: Settings) -> None:
    settings.MANDATE_BASE_URL = BASE


def test_the_proposed_owner_gets_mail_with_a_link_to_that_decision(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    (message,) = sent()
    assert message.to == ["bob@example.org"]
    assert message.subject == "Will you own Discharge summariser?"
    for body in (str(message.body), html(message)):
        assert f"{BASE}{reverse('inbox_agent', args=[agent.uid])}" in body
        assert "Writes first drafts of discharge letters for a doctor to check." in body


def test_each_approver_gets_one_mail_with_a_link_to_each_line(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={cast.read_records: 30, cast.send_mail: 5})
    (message,) = sent()
    assert message.to == ["cat@example.org"]
    for line in open_lines(agent):
        assert f"{BASE}{reverse('inbox_line', args=[line.uid])}" in str(message.body)
        assert line.entitlement.plain_effect in html(message)
    assert "If you do nothing it expires on" in str(message.body)


def test_the_requester_hears_the_outcome_once(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={cast.read_records: 30, cast.send_mail: 5})
    sent()
    first, second = open_lines(agent)
    lines.approve(first, by=cast.cat)
    assert sent() == []
    lines.deny(second, by=cast.cat, reason="Ask the works council first.")
    told = {message.to[0]: message for message in sent()}
    assert set(told) == {"ann@example.org", "bob@example.org"}
    answer = str(told["ann@example.org"].body)
    assert "Discharge summariser is active: 1 of 2 accesses were approved." in answer
    assert "Ask the works council first." in answer
    assert f"{BASE}{reverse('request', args=[request_of(agent).uid])}" in answer
    assert told["bob@example.org"].subject == "Discharge summariser is active"


def test_a_refused_ownership_is_told_with_its_reason(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    sent()
    registrations.refuse(agent, by=cast.bob, reason="Belongs to the ward.")
    (message,) = sent()
    assert message.to == ["ann@example.org"]
    assert "Belongs to the ward." in str(message.body)


def test_a_request_that_ran_out_is_told(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_APPROVAL, cast)
    sent()
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        assert requests.expire_overdue() == 1
        (message,) = sent()
    assert message.to == ["ann@example.org"]
    assert "ran out" in str(message.body)


def test_nobody_hears_of_their_own_doing(cast: Cast) -> None:
    """Bob registers an agent that he owns himself: he needs no mail to know it."""
    agent_at(Agent.State.PENDING_OWNER, cast, by=cast.bob)
    assert sent() == []


def test_who_left_gets_no_mail_and_a_deputy_gets_it_too(cast: Cast) -> None:
    people.set_absence(
        cast.bob, by=cast.bob, since=clock.now() - timedelta(hours=1), until=clock.now() + timedelta(days=2), deputy=cast.dan
    )
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    assert {message.to[0] for message in sent()} == {"bob@example.org", "dan@example.org"}
    registrations.refuse(agent, by=User.objects.get(pk=cast.bob.pk), reason="No.")
    people.leave(cast.ann, by=TEST)
    assert sent() == []


def test_what_is_over_by_then_is_not_asked_any_more(cast: Cast) -> None:
    agent = agent_at(Agent.State.PENDING_OWNER, cast)
    registrations.refuse(agent, by=cast.bob, reason="No.")
    assert [message.to for message in sent()] == [["ann@example.org"]]


def test_history_is_not_news(cast: Cast) -> None:
    with clock.moved_to(clock.now() - timedelta(days=3)):
        agent_at(Agent.State.PENDING_OWNER, cast)
    assert sent() == []


def test_the_same_mail_twice_has_the_same_message_id(cast: Cast) -> None:
    agent_at(Agent.State.PENDING_OWNER, cast)
    event = TrailEvent.objects.get(event=Event.AGENT_SUBMITTED)
    mail.outbox.clear()
    notices.ask_the_owner(event)
    notices.ask_the_owner(event)
    assert len(mail.outbox) == 2
    assert mail.outbox[0].extra_headers["Message-ID"] == mail.outbox[1].extra_headers["Message-ID"]


def test_user_text_stays_text_and_begins_no_header(cast: Cast) -> None:
    agent_at(
        Agent.State.PENDING_OWNER,
        cast,
        name="<b>bold</b>",
        purpose="First line.\n" + "-" * 79 + "\nSubject: forged\n<script>x</script>",
    )
    (message,) = sent()
    assert "<script>" not in html(message)
    assert "&lt;b&gt;bold&lt;/b&gt;" in html(message)
    assert "\n" + "-" * 79 not in str(message.body)
    parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    assert str(parsed["Subject"]) == "Will you own <b>bold</b>?"
    assert parsed["Auto-Submitted"] == "auto-generated"


def test_a_mail_server_that_is_down_is_tried_again(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "mail"
    blocked.mkdir()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nothing listens there
    agent_at(Agent.State.PENDING_OWNER, cast)
    assert reactions.run_waiting(500) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = blocked
    with time_machine.travel(clock.now() + timedelta(minutes=10), tick=False):
        assert reactions.run_waiting(500) == 1
    assert [letter.to for letter in letters(blocked)] == ["bob@example.org"]


class TestOutbox:
    @pytest.fixture
    def folder(self, settings: Settings, tmp_path: Path) -> Path:
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = tmp_path
        return tmp_path

    def read(self, user: User) -> tuple[int, str]:
        client = Client()
        client.force_login(user)
        response = client.get(reverse("outbox"))
        return response.status_code, response.content.decode()

    def test_administrators_read_local_mail_and_follow_it(self, cast: Cast, folder: Path) -> None:
        agent = agent_at(Agent.State.PENDING_OWNER, cast)
        reactions.run_waiting(500)
        status, page = self.read(cast.ada)
        assert status == 200
        assert "Will you own Discharge summariser?" in page
        assert f'href="{reverse("inbox_agent", args=[agent.uid])}"' in page

    def test_it_is_for_administrators_only(self, cast: Cast, folder: Path) -> None:
        for user in (cast.sid, cast.audrey, cast.ann, cast.sam):
            assert self.read(user)[0] == 403

    def test_the_content_of_sign_in_mail_is_not_shown(self, cast: Cast, folder: Path) -> None:
        Client().post(reverse("account_reset_password"), {"email": "bob@example.org"})
        assert len(list(folder.glob("*.log"))) == 1
        status, page = self.read(cast.ada)
        assert status == 200
        assert "bob@example.org" in page
        assert "password/reset/key" not in page
        assert "its content belongs to its reader alone" in page

    def test_the_same_mail_twice_is_shown_once(self, cast: Cast, folder: Path) -> None:
        agent_at(Agent.State.PENDING_OWNER, cast)
        event = TrailEvent.objects.get(event=Event.AGENT_SUBMITTED)
        notices.ask_the_owner(event)
        notices.ask_the_owner(event)
        assert len(letters(folder)) == 1

    def test_only_plain_files_of_the_folder_are_read(self, cast: Cast, folder: Path) -> None:
        secret = folder.parent / "secret.txt"
        secret.write_text(f"Subject: secret\n{MARK}: x\n\nhidden")
        (folder / "link.log").symlink_to(secret)
        (folder / "folder.log").mkdir()
        (folder / "noise.log").write_bytes(b"\xff\xfe\x00 not a mail \x00")
        (folder / "empty.log").write_bytes(b"")
        subjects = [letter.subject for letter in letters(folder)]
        assert "secret" not in subjects
        assert self.read(cast.ada)[0] == 200

    def test_other_mail_without_our_mark_shows_its_subject_only(self, cast: Cast, folder: Path) -> None:
        get_connection().send_messages([EmailMultiAlternatives("Hello", "private words", to=["x@example.org"])])
        page = self.read(cast.ada)[1]
        assert "Hello" in page
        assert "private words" not in page
