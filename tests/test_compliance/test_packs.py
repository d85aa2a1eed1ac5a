"""A pack is requested, built exactly once, sealed, and never handed out as anything else than what was released."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from pdfminer.high_level import extract_text

from agents import clock
from agents.access.actions import grants, lines
from agents.access.models import Grant
from agents.audit.actors import System
from agents.audit.errors import IllegalMove, NotAllowed
from agents.audit.models import TrailEvent
from agents.people.models import RoleAssignment
from agents.registry.models import Agent
from compliance import due_jobs, files
from compliance.actions import packs
from compliance.documents import press
from compliance.evidence import collect
from compliance.models import Pack
from reviews.actions import campaigns, items, newcomers
from reviews.models import Item
from tests.builders import agent_at, discovered, grant_at, open_lines
from tests.people import TEST, Cast

pytestmark = pytest.mark.django_db


def requested(by: Any = TEST, since: date | None = None, until: date | None = None, **options: Any) -> Pack:
    """A pack of the last thirty days."""
    today = clock.now().date()
    return packs.request("hipaa", since=since or today - timedelta(days=30), until=until or today, by=by, **options)


def text_of(pack: Pack) -> str:
    """The words of the PDF, spaces as one."""
    return " ".join(extract_text(BytesIO(files.read(pack))).split())


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for the printing, which takes seconds: the HTML is the file, and is kept here too."""
    seen: list[str] = []

    def write(html: str, target: Path, **options: Any) -> None:
        options["beat"]()
        target.write_text(html)
        seen.append(html)

    monkeypatch.setattr(packs, "press", write)
    return seen


def test_only_those_who_answer_for_it_may_ask(cast: Cast) -> None:
    for name, person in cast.everybody.items():
        if name in {"cora", "ada"}:
            continue
        with pytest.raises(NotAllowed, match="Compliance officers and administrators"):
            requested(person)
    assert not Pack.objects.exists()
    assert not TrailEvent.objects.filter(event__startswith="pack.").exists()
    assert requested(cast.cora).state == Pack.State.REQUESTED
    assert [event.actor_label for event in TrailEvent.objects.filter(event="pack.requested")] == ["Cora"]


@pytest.mark.parametrize(
    ("key", "since", "until", "field"),
    [
        ("hippo", "2026-01-01", "2026-01-31", "framework"),
        ("hipaa", "2026-02-01", "2026-01-31", "until"),
        ("hipaa", "2026-01-01", "2099-01-31", "until"),
        ("hipaa", "2019-01-01", "2026-01-31", "since"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_by_field(cast: Cast, key: str, since: str, until: str, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        packs.request(key, since=date.fromisoformat(since), until=date.fromisoformat(until), by=cast.cora)
    assert list(refusal.value.message_dict) == [field]
    assert not Pack.objects.exists()


def test_the_same_pack_is_on_its_way_once(cast: Cast, printed: list[str]) -> None:
    for entity in (None, cast.hospital):
        first = requested(cast.cora, legal_entity=entity)
        with pytest.raises(IllegalMove, match="on its way already"):
            requested(cast.ada, legal_entity=entity)
        packs.build(first)
        requested(cast.ada, legal_entity=entity)


def test_the_fingerprint_in_the_trail_is_that_of_the_file(cast: Cast, pack_dir: Path) -> None:
    grant_at(Grant.State.ACTIVE, cast)
    pack = requested(cast.cora)
    assert packs.build(pack)
    pack.refresh_from_db()
    [path] = pack_dir.iterdir()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    [event] = TrailEvent.objects.filter(event="pack.ready")
    assert event.after["sha256"] == digest == pack.sha256
    assert event.after["size"] == path.stat().st_size == pack.size
    assert path.name == pack.path == f"{pack.uid}-{digest[:16]}.pdf"
    assert path.read_bytes().startswith(b"%PDF-1.7")
    assert pack.state == Pack.State.READY
    assert pack.done == pack.total == len(packs.STEPS)
    assert sum(pack.verdicts.values()) == 24
    assert pack.verdicts["not_tested"] >= 11


def test_a_review_in_the_pack_tells_who_joined_beside_the_frozen_population(cast: Cast, printed: list[str]) -> None:
    with time_machine.travel(datetime(2026, 11, 2, 9, tzinfo=UTC), tick=False) as traveller:
        agent_at(Agent.State.ACTIVE, cast)
        campaigns.open_due()
        packs.build(requested(since=date(2026, 11, 1), until=date(2026, 11, 2)))
        assert "joined</small>" not in printed[-1]
        traveller.shift(timedelta(hours=1))
        agent_at(Agent.State.ACTIVE, cast, name="Later", wanted={cast.read_records: 30, cast.export_records: 30})
        newcomers.admit()
        packs.build(requested(since=date(2026, 11, 1), until=date(2026, 11, 2)))
    assert '<td class="num">5<small>2 + 3 joined</small></td>' in printed[-1]
    assert "beside the population that was frozen when it opened" in printed[-1]


def test_the_document_tells_the_whole_way(cast: Cast) -> None:
    """Approved, refused, reviewed and revoked, found: all of it in words, with the five questions first."""
    RoleAssignment.objects.update(starts_at=datetime(2026, 1, 1, tzinfo=UTC))
    with time_machine.travel(datetime(2026, 11, 2, 9, tzinfo=UTC), tick=False) as traveller:
        agent = agent_at(Agent.State.PENDING_APPROVAL, cast, wanted={cast.read_records: 30, cast.export_records: 30})
        read, export = open_lines(agent)
        lines.approve(read, by=cast.cat, reason="Needed for the letters.")
        lines.deny(export, by=cast.cat, reason="Copies stay in the hospital.")
        discovered(cast)
        traveller.shift(timedelta(hours=1))
        campaigns.open_due()
        item = Item.objects.get(kind=Item.Kind.GRANT, agent=agent)
        items.decide(item, "end", by=cast.rae, reason="Never used.", version=0)
        traveller.shift(timedelta(minutes=20))
        grants.tidy()
        pack = requested(since=date(2026, 11, 1), until=date(2026, 11, 2), legal_entity=cast.hospital)
        packs.build(pack)
        pack.refresh_from_db()
    # This test rolls back: on PostgreSQL nothing of a transaction that runs is sealed, so there is no root to print.
    assert bool(pack.trail_root) == (connection.vendor == "sqlite")
    text = text_of(pack)
    for said in (
        "HIPAA Security Rule",
        "Helene Hospitals",
        "Which agent did it?",
        "Who owns it?",
        "What can it reach?",
        "Why was that granted?",
        "When is it reviewed or revoked?",
        "Needed for the letters.",
        "Copies stay in the hospital.",
        "Never used.",
        "November 2026, high tier",
        "Refused since",
        "2026-11-02 10:00:00",  # denied from the reviewer's decision …
        "2026-11-02 10:20:00",  # … final after the undo window
        "Found at aws:012345678901 on 2 November 2026; nobody approved it.",
        "not tested",
        "It is not legal advice",
        "Page 1 of",
        str(pack.uid),
        *(root[:24] for root in pack.trail_root.split(":")[1:]),
    ):
        assert said in text, said
    assert text.index("Which agent did it?") < text.index("In this pack")


HOSTILE = (
    "<img src='http://127.0.0.1:{port}/a'>",
    "</style><link rel=attachment href=file:///etc/passwd>",
    "url(http://127.0.0.1:{port}/b)",
    '"><script src=//127.0.0.1:{port}/c></script>',
    "{{% include 'portal/settings.py' %}}{{{{ settings.SECRET_KEY }}}}",
)


@pytest.fixture
def canary() -> Iterator[tuple[int, list[str]]]:
    """A server that nobody must call: its port and who called."""
    called: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, called
    server.shutdown()
    server.server_close()


def test_hostile_names_fetch_nothing_and_read_no_file(cast: Cast, canary: tuple[int, list[str]]) -> None:
    port, called = canary
    for number, written in enumerate(HOSTILE):
        hostile = written.format(port=port)
        agent_at(Agent.State.ACTIVE, cast, name=f"{number} {hostile}"[:120], purpose=hostile)
    pack = requested()
    assert packs.build(pack)
    pack.refresh_from_db()
    assert called == []
    content = files.read(pack)
    assert b"root:" not in content
    text = text_of(pack).replace(" ", "")  # long words are broken anywhere
    assert "<imgsrc=" in text  # printed as it was written
    assert "settings.SECRET_KEY" in text


def test_every_script_and_the_longest_words_can_be_printed(cast: Cast) -> None:
    agent_at(Agent.State.ACTIVE, cast, name="ا" * 60 + "🤖\u202e" + "W" * 57, purpose="مرحبا 🚑 " + "long" * 240)
    assert packs.build(requested())


def test_a_document_that_asks_for_an_address_is_not_printed(canary: tuple[int, list[str]], tmp_path: Path) -> None:
    """Were a template ever to hold one, the fetcher refuses it: no request, no file of ours in the PDF."""
    port, called = canary
    secret = tmp_path / "secret.txt"
    secret.write_text("very secret")
    html = (
        f"<p>x</p><img src='http://127.0.0.1:{port}/'><link rel=stylesheet href='http://127.0.0.1:{port}/s'>"
        f"<a rel=attachment href='file://{secret}'>a</a><link rel=attachment href='file://{secret}'>"
        f"<style>@import 'http://127.0.0.1:{port}/i'; p {{ background: url(http://127.0.0.1:{port}/b) }}</style>"
    )
    target = tmp_path / "out.pdf"
    try:
        press.press(html, target, identifier="x", beat=lambda: None)
    except press.NotPrinted:
        assert not target.exists()
    assert called == []
    if target.exists():
        assert b"very secret" not in target.read_bytes()
        assert b"EmbeddedFile" not in target.read_bytes()


def test_a_pack_is_built_once_however_many_try(cast: Cast, printed: list[str]) -> None:
    pack = requested()
    other = Pack.objects.get(pk=pack.pk)
    taken: list[bool] = []

    def meanwhile(*args: Any) -> Any:
        if not taken:
            taken.append(packs.build(other))  # another worker that read the row before we claimed it
        return collect(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "collect", meanwhile)
        assert packs.build(pack)
    assert taken == [False]
    assert len(printed) == 1
    assert not packs.build(Pack.objects.get(pk=pack.pk))
    assert TrailEvent.objects.filter(event="pack.ready").count() == 1


def test_a_worker_that_was_killed_is_followed_by_another(cast: Cast, printed: list[str]) -> None:
    pack = requested()
    killed = packs._claim(pack)
    assert due_jobs.build_packs() == 0  # its heart may still beat
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert due_jobs.build_packs() == 1
    pack.refresh_from_db()
    assert (pack.state, pack.attempts) == (Pack.State.READY, 2)
    with pytest.raises(packs.Superseded):  # and were it only asleep, it finds that it is no longer its turn
        packs._teller(pack, killed)("printing")  # type: ignore[arg-type]


def test_a_worker_that_was_overtaken_releases_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch, pack_dir: Path) -> None:
    pack = requested()

    def slowly(html: str, target: Path, **options: Any) -> None:
        Pack.objects.filter(pk=pack.pk).update(claim=pack.uid)
        target.write_text(html)

    monkeypatch.setattr(packs, "press", slowly)
    assert not packs.build(pack)
    pack.refresh_from_db()
    assert (pack.state, pack.sha256) == (Pack.State.BUILDING, "")
    assert not list(pack_dir.iterdir())
    assert not TrailEvent.objects.filter(event__in=("pack.ready", "pack.failed")).exists()


def test_three_stops_are_enough(cast: Cast, printed: list[str]) -> None:
    pack = requested()
    for minute in range(3):
        with time_machine.travel(clock.now() + timedelta(minutes=2 * minute)):
            assert packs._claim(Pack.objects.get(pk=pack.pk))
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        assert not packs.build(Pack.objects.get(pk=pack.pk))
    pack.refresh_from_db()
    assert pack.state == Pack.State.FAILED
    assert pack.failed_reason.startswith("It was begun 3 times")


def test_printing_that_fails_says_so_and_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch, pack_dir: Path) -> None:
    def broken(html: str, target: Path, **options: Any) -> None:
        target.write_bytes(b"half")
        raise press.NotPrinted("The document could not be printed (code 2).")

    monkeypatch.setattr(packs, "press", broken)
    pack = requested()
    assert not packs.build(pack)
    pack.refresh_from_db()
    assert (pack.state, pack.failed_reason) == (Pack.State.FAILED, "The document could not be printed (code 2).")
    assert not list(pack_dir.iterdir())
    [event] = TrailEvent.objects.filter(event="pack.failed")
    assert event.reason == pack.failed_reason


def test_printing_has_an_end(tmp_path: Path) -> None:
    html = "<table>" + "<tr><td>x</td></tr>" * 20_000 + "</table>"
    with pytest.raises(press.NotPrinted, match="longer than 2 seconds"):
        press.press(html, tmp_path / "out.pdf", identifier="x", beat=lambda: None, longest=2)
    assert psutil.Process().children() == []


def test_a_file_that_is_gone_or_changed_is_never_handed_out(cast: Cast, printed: list[str], pack_dir: Path) -> None:
    pack = requested()
    packs.build(pack)
    pack.refresh_from_db()
    assert packs.download(pack, by=cast.audrey) == printed[0].encode()
    path = pack_dir / pack.path
    path.write_bytes(path.read_bytes() + b" ")
    assert not files.is_there(pack)
    with pytest.raises(files.FileLost, match="fingerprint differs"):
        packs.download(pack, by=cast.audrey)
    path.unlink()
    with pytest.raises(files.FileLost, match="not where it was left"):
        packs.download(pack, by=cast.audrey)
    assert [event.actor_label for event in TrailEvent.objects.filter(event="pack.downloaded")] == ["Audrey"]


def test_who_may_not_read_gets_nothing(cast: Cast, printed: list[str]) -> None:
    pack = requested()
    with pytest.raises(IllegalMove):
        packs.download(pack, by=cast.cora)
    packs.build(pack)
    pack.refresh_from_db()
    for name, person in cast.everybody.items():
        if name not in {"cora", "ada", "audrey"}:
            with pytest.raises(NotAllowed):
                packs.download(pack, by=person)
    assert not TrailEvent.objects.filter(event="pack.downloaded").exists()


def test_the_database_refuses_a_ready_pack_without_a_file(cast: Cast) -> None:
    pack = requested()
    with pytest.raises(IntegrityError), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(state="ready")
    with pytest.raises(IntegrityError), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(state="failed")


def test_a_ready_pack_never_changes(cast: Cast, printed: list[str]) -> None:
    pack = requested()
    packs.build(pack)
    changes: list[dict[str, Any]] = [{"sha256": "0" * 64}, {"state": "requested"}, {"verdicts": {}}]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            Pack.objects.filter(pk=pack.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).delete()


def test_forgotten_attempts_are_swept_and_packs_are_not(cast: Cast, printed: list[str], pack_dir: Path) -> None:
    pack = requested()
    packs.build(pack)
    files.unfinished(pack.uid, pack.uid).write_bytes(b"half")
    assert due_jobs.sweep_files() == 0
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert due_jobs.sweep_files() == 1
    assert [path.suffix for path in pack_dir.iterdir()] == [".pdf"]


def test_the_command_builds_and_hands_out(
    cast: Cast, printed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    today = str(clock.now().date())
    options = {"framework": "hipaa", "since": today, "until": today, "entity": cast.hospital.slug, "out": str(tmp_path / "out")}
    call_command("build_pack", *[f"--{name}={value}" for name, value in options.items()])
    pack = Pack.objects.get()
    [path] = (tmp_path / "out").iterdir()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == pack.sha256
    assert f"SHA-256 {pack.sha256}" in capsys.readouterr().out
    assert pack.requested_by_label == System("command build_pack").actor_label
