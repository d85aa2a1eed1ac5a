"""Who may say where checkpoints go, and what an address must look like."""

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from pytest_django import Settings

from agents import clock
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import Checkpoint, CheckpointReceipt, CheckpointSink, TrailEvent
from agents.people.actions import sinks
from tests.people import Cast

pytestmark = pytest.mark.django_db
ONLY = "Security administrators and administrators decide where checkpoints go."


def added(cast: Cast, **changes: str) -> CheckpointSink:
    given = {"name": "Auditor", "kind": "mail", "address": "auditor@example.net"} | changes
    return sinks.add(**given, by=cast.sid)


def signed() -> Checkpoint:
    return Checkpoint.objects.create(epoch=1, size=3, root=bytes(32), note="x\n", cause="interval", signed_at=clock.now())


def told() -> int:
    return TrailEvent.objects.filter(event__startswith="sink.").count()


def test_adding_is_told_with_its_address(cast: Cast) -> None:
    sink = added(cast)
    event = TrailEvent.objects.get(event="sink.added")
    assert (event.target_key, event.actor_key) == (str(sink.uid), str(cast.sid.uid))
    assert event.after == {"sink_kind": "mail", "address": "auditor@example.net"}


@pytest.mark.parametrize("who", ["ann", "bob", "cora", "audrey", "sam"])
def test_others_change_nothing(cast: Cast, who: str) -> None:
    sink = added(cast)
    signed()
    person = cast.everybody[who]
    attempts: list[Callable[[], object]] = [
        lambda: sinks.add(name="Mine", kind="mail", address="me@example.net", by=person),
        lambda: sinks.pause(sink, by=person, reason="quiet"),
        lambda: sinks.resume(sink, by=person),
        lambda: sinks.send_now(sink, by=person),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed, match=ONLY):
            attempt()
    assert CheckpointSink.objects.get().is_active
    assert told() == 1
    assert mail.outbox == []


def test_pausing_needs_a_reason_and_resuming_sends_at_once(cast: Cast) -> None:
    sink = added(cast)
    with pytest.raises(ValidationError):
        sinks.pause(sink, by=cast.ada, reason="  ")
    paused = sinks.pause(sink, by=cast.ada, reason="The mailbox moves.")
    assert not paused.is_active
    assert TrailEvent.objects.get(event="sink.changed").reason == "The mailbox moves."
    with pytest.raises(IllegalMove, match="Auditor is paused"):
        sinks.pause(sink, by=cast.ada, reason="Again.")
    resumed = sinks.resume(sink, by=cast.sid)
    assert resumed.is_active
    assert resumed.next_try_at <= clock.now()
    with pytest.raises(IllegalMove, match="Auditor is in use"):
        sinks.resume(sink, by=cast.sid)
    assert told() == 3


def test_sending_now_needs_something_to_send_and_somebody_who_listens(cast: Cast) -> None:
    sink = added(cast)
    with pytest.raises(IllegalMove, match="no signed checkpoint yet"):
        sinks.send_now(sink, by=cast.sid)
    signed()
    sinks.pause(sink, by=cast.sid, reason="Quiet.")
    with pytest.raises(IllegalMove, match="is paused"):
        sinks.send_now(sink, by=cast.sid)
    assert mail.outbox == []


def test_sending_now_sends_also_what_was_taken_already_and_keeps_the_first_receipt(cast: Cast) -> None:
    sink = added(cast)
    signed()
    first = sinks.send_now(sink, by=cast.sid)
    assert (first.acknowledged_size, first.last_error) == (3, "")
    sinks.send_now(sink, by=cast.ada)
    assert len(mail.outbox) == 2
    assert CheckpointReceipt.objects.get().receipt == "accepted by the mail server"


def test_the_same_name_twice_is_refused(cast: Cast) -> None:
    added(cast)
    with pytest.raises(ValidationError):
        added(cast, address="other@example.net")
    assert CheckpointSink.objects.get().address == "auditor@example.net"
    assert told() == 1


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        ("https", "http://witness.example.org/", "must begin with https://"),
        ("https", "https://user:hunter22@witness.example.org/", "Leave user and password out"),
        ("https", "https://witness.example.org/?token=aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE2gI4", "seems to be a secret"),
        ("https", "https://localhost/", "is no name of a machine outside"),
        ("https", "https://127.0.0.1/", "inside a network Mandate may not reach"),
        ("https", "https://169.254.169.254/latest/", "inside a network Mandate may not reach"),
        ("https", "https://[::1]/", "inside a network Mandate may not reach"),
        ("https", "https://witness.example.org/#part", "Leave out"),
        ("https", "https://witness.example.org/a b", "without spaces"),
        ("https", "https://witness.example.org:99999/", "Write an address like"),
        ("https", "witness@example.org", "must begin with https://"),
        ("syslog", "https://logs.example.org", "Write host and port"),
        ("syslog", "logs.example.org:0", "Write host and port"),
        ("syslog", "logs:6514", "is no name of a machine outside"),
        ("syslog", "10.0.0.5:6514", "inside a network Mandate may not reach"),
        ("mail", "auditor", "valid email"),
        ("pigeon", "loft 7", "without spaces"),
        ("pigeon", "loft", "Choose how"),
    ],
)
def test_an_address_that_will_not_do_is_refused_with_a_sentence_that_helps(
    cast: Cast, kind: str, address: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        added(cast, kind=kind, address=address)
    assert words in " ".join(refusal.value.messages)
    assert "hunter22" not in " ".join(refusal.value.messages)
    assert not CheckpointSink.objects.exists()
    assert told() == 0


def test_a_private_collector_is_fine_where_the_operator_named_its_network(cast: Cast, settings: Settings) -> None:
    settings.OUTBOUND_NETWORKS = (ip_network("10.0.0.0/24"),)
    assert added(cast, kind="syslog", address="10.0.0.5").address == "10.0.0.5:6514"
