"""/sinks/: who reads it, who changes it, and what it says in plain words."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from agents import clock
from agents.audit.models import Checkpoint, CheckpointSink, TrailEvent
from agents.people.actions import sinks
from agents.people.models import User
from tests.people import Cast

pytestmark = pytest.mark.django_db
ADDRESS = "auditor@example.net"


def seen_by(person: User) -> tuple[Client, str]:
    client = Client()
    client.force_login(person)
    return client, client.get(reverse("sinks")).content.decode()


def signed(size: int = 1200) -> Checkpoint:
    return Checkpoint.objects.create(epoch=1, size=size, root=bytes(32), note="x\n", cause="interval", signed_at=clock.now())


def test_an_empty_page_says_why_one_witness_is_worth_having(cast: Cast) -> None:
    _client, page = seen_by(cast.sid)
    assert "Nobody outside holds a checkpoint yet" in page
    assert "the mailbox of your auditor is enough" in page
    assert "Add and send" in page
    _client, page = seen_by(cast.audrey)
    assert "Nobody outside holds a checkpoint yet" in page
    assert "Security administrators and administrators decide where checkpoints go." in page
    assert "Add and send" not in page


def test_a_security_administrator_adds_a_sink_and_sends_to_it(cast: Cast) -> None:
    client, _page = seen_by(cast.sid)
    answer = client.post(reverse("sinks"), {"name": "Auditor", "kind": "mail", "address": ADDRESS}, follow=True)
    assert "Auditor is sent each checkpoint from now on." in answer.content.decode()
    sink = CheckpointSink.objects.get()
    signed()
    said = client.post(reverse("sink_send", args=[sink.uid]), follow=True).content.decode()
    assert "Auditor took it. Its answer: accepted by the mail server" in said
    assert "1,200 events" in said
    assert "up to date" in said
    assert [letter.to for letter in mail.outbox] == [[ADDRESS]]


def test_an_address_that_will_not_do_keeps_what_was_typed_and_says_why(cast: Cast) -> None:
    client, _page = seen_by(cast.ada)
    answer = client.post(reverse("sinks"), {"name": "Mine", "kind": "https", "address": "https://u:p@example.org/"})
    assert answer.status_code == 400
    assert "Leave user and password out" in answer.content.decode()
    assert not CheckpointSink.objects.exists()


def test_a_name_that_is_taken_is_said(cast: Cast) -> None:
    sinks.add(name="Auditor", kind="mail", address=ADDRESS, by=cast.sid)
    client, _page = seen_by(cast.ada)
    answer = client.post(reverse("sinks"), {"name": "Auditor", "kind": "mail", "address": "b@example.net"})
    assert answer.status_code == 400
    assert "A sink has this name already." in answer.content.decode()
    assert CheckpointSink.objects.count() == 1


def test_readers_see_everything_and_change_nothing(cast: Cast) -> None:
    sink = sinks.add(name="Auditor", kind="mail", address=ADDRESS, by=cast.sid)
    before = TrailEvent.objects.count()
    for reader in (cast.audrey, cast.cora):
        client, page = seen_by(reader)
        assert ADDRESS in page
        assert "Send now" not in page
        for name in ("sink_pause", "sink_resume", "sink_send"):
            assert client.post(reverse(name, args=[sink.uid]), {"reason": "x"}).status_code == 403
        assert client.post(reverse("sinks"), {"name": "B", "kind": "mail", "address": "b@example.net"}).status_code == 403
    sink.refresh_from_db()
    assert sink.is_active
    assert (CheckpointSink.objects.count(), TrailEvent.objects.count()) == (1, before)


def test_to_others_there_is_no_such_sink(cast: Cast) -> None:
    sink = sinks.add(name="Auditor", kind="mail", address=ADDRESS, by=cast.sid)
    client, _page = seen_by(cast.ann)
    for name in ("sink_pause", "sink_resume", "sink_send"):
        assert client.post(reverse(name, args=[sink.uid]), {"reason": "x"}).status_code == 404


def test_what_is_wrong_and_how_far_it_is_behind_is_said(cast: Cast) -> None:
    sink = sinks.add(name="<b>Archive</b>", kind="syslog", address="logs.example.org", by=cast.sid)
    signed()
    CheckpointSink.objects.filter(pk=sink.pk).update(
        acknowledged_size=1000,
        acknowledged_at=clock.now() - timedelta(hours=2),
        attempts=3,
        last_error="logs.example.org did not answer.",
    )
    _client, page = seen_by(cast.cora)
    assert "200 events behind" in page
    assert "logs.example.org did not answer." in page
    assert "failing" in page
    assert "<b>Archive</b>" not in page


def test_pausing_and_resuming_from_the_page(cast: Cast) -> None:
    sink = sinks.add(name="Auditor", kind="mail", address=ADDRESS, by=cast.sid)
    client, _page = seen_by(cast.sid)
    assert client.post(reverse("sink_pause", args=[sink.uid])).status_code == 400
    assert "paused" in client.post(reverse("sink_pause", args=[sink.uid]), {"reason": "Moves."}, follow=True).content.decode()
    assert client.post(reverse("sink_send", args=[sink.uid])).status_code == 409
    client.post(reverse("sink_resume", args=[sink.uid]))
    sink.refresh_from_db()
    assert sink.is_active
