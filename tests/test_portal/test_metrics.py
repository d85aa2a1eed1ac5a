"""/metrics: in the format that Prometheus reads, for nobody but who may, with as many questions for much as for little."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from agents import clock
from agents.audit.events import Event
from agents.audit.models import Alarm, Checkpoint, CheckpointSink, DueRun, Reaction, TrailRef
from agents.audit.trail import record
from portal.configuration import Misconfigured, read
from tests.people import TEST

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests-0123456789"  # nobody else's


def happen(times: int = 1) -> None:
    with transaction.atomic():
        for _number in range(times):
            record(Event.CADENCE_SET, TrailRef("cadence", "1", "high"), by=TEST)


def figures(client: Client | None = None) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels."""
    answer = (client or Client()).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_the_figures_are_those_of_the_rows() -> None:
    happen(3)
    Checkpoint.objects.create(epoch=1, size=2, root=bytes(32), note="x\n", cause="interval", signed_at=clock.now())
    CheckpointSink.objects.create(name='The "auditor"', kind="mail", address="a@example.net")
    Reaction.objects.create(event_id=1, handler="mail", state=Reaction.State.DEAD)
    Reaction.objects.create(event_id=2, handler="mail")
    DueRun.objects.create(name="beat", started_at=clock.now(), finished_at=clock.now())
    DueRun.objects.create(name="access.tidy", failing_since=clock.now())
    Alarm.objects.create(name="reactions")
    found = figures()
    assert found["mandate_trail_unsealed_events",] == 3
    assert found["mandate_checkpoint_size_events",] == 2
    assert found["mandate_reactions_dead",] == 1
    assert found["mandate_reactions_waiting",] == 1
    assert found["mandate_due_jobs_failing",] == 1
    assert found["mandate_alarms_open",] == 1
    assert found["mandate_packs_building",] == 0
    assert ("mandate_sink_lag_seconds", 'The "auditor"') in found
    assert ("mandate_scheduler_age_seconds",) in found
    assert found["mandate_health", "reactions"] == 2
    assert found["mandate_health", "clock"] == 0


def test_much_is_asked_no_more_than_little() -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            figures()
        return len(asked)

    happen()
    few = questions()
    happen(60)
    for number in range(20):
        CheckpointSink.objects.create(name=f"Sink {number}", kind="mail", address="a@example.net")
        DueRun.objects.create(name=f"job.{number}", failing_since=clock.now())
        Reaction.objects.create(event_id=number, handler="mail", state=Reaction.State.DEAD)
    assert questions() == few


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_this_machine_may_read(address: str) -> None:
    assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "10.0.0.1"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "not an address"},
        {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.7"},
    ],
)
def test_without_a_token_others_find_nothing(sent: dict[str, str]) -> None:
    assert Client(**sent).get("/metrics").status_code == 404  # type: ignore[arg-type]


def test_with_a_token_only_who_sends_it_may_read(settings: Settings) -> None:
    settings.MANDATE_METRICS_TOKEN = TOKEN
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert figures(Client(HTTP_AUTHORIZATION=f"Bearer {TOKEN}", **far))  # type: ignore[arg-type]
    for sent in ("", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}é"):
        for address in ("192.0.2.7", "127.0.0.1"):
            answer = Client(HTTP_AUTHORIZATION=sent, REMOTE_ADDR=address).get("/metrics")
            assert answer.status_code == 404, sent
            assert TOKEN not in answer.content.decode()


def test_a_token_that_can_be_guessed_and_networks_that_are_none_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATE_METRICS_TOKEN", "short")
    monkeypatch.setenv("MANDATE_OUTBOUND_NETWORKS", "10.0.0.0/8, everywhere")
    with pytest.raises(Misconfigured) as refusal:
        read()
    assert [problem.partition(" ")[0] for problem in refusal.value.problems] == [
        "MANDATE_OUTBOUND_NETWORKS",
        "MANDATE_METRICS_TOKEN",
    ]
