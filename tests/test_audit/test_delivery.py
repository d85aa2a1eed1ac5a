"""Checkpoints reach their sinks, over real sockets, and what a sink has not taken is sent until it has."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connections
from pytest_django import Settings

from agents import clock
from agents.audit import delivery
from agents.audit.models import Checkpoint, CheckpointReceipt, CheckpointSink
from tests.database import TestDatabase
from tests.test_outbound.certificates import self_signed, serving

Kind = CheckpointSink.Kind
NOTE = "mandate.local/trail\n{size}\nAbCd+/==\n\n— mandate.local/trail c2ln\n"


class Witness(BaseHTTPRequestHandler):
    """Takes what it is sent; answers what the test says."""

    taken: list[tuple[str, bytes]] = []
    status = 200
    words = b"kept as 7\x00\n"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).taken.append((self.headers["content-type"], body))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.words)))
        self.end_headers()
        self.wfile.write(self.words)

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    """This machine believes the certificate, and may send to itself."""
    file = self_signed(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    settings.OUTBOUND_NETWORKS = (ip_network("127.0.0.0/8"),)
    return file


@pytest.fixture
def witness(certificate: Path) -> Iterator[str]:
    Witness.taken, Witness.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Witness)
    server.socket = serving(certificate).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/checkpoints"
    server.shutdown()
    server.server_close()


@pytest.fixture
def collector(certificate: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A syslog collector: everything each connection sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                plain, _address = listener.accept()
                with serving(certificate).wrap_socket(plain, server_side=True) as secure:
                    heard.append(b"".join(iter(lambda: secure.recv(4096), b"")))
            except ssl.SSLError:
                continue
            except OSError:
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}", heard
    listener.close()


def checkpoint(size: int = 5) -> Checkpoint:
    return Checkpoint.objects.create(
        epoch=1, size=size, root=bytes(32), note=NOTE.format(size=size), cause=Checkpoint.Cause.INTERVAL, signed_at=clock.now()
    )


def sink(kind: Kind, address: str, **fields: Any) -> CheckpointSink:
    return CheckpointSink.objects.create(name=f"{kind} sink", kind=kind, address=address, **fields)


def fresh(row: CheckpointSink) -> CheckpointSink:
    return CheckpointSink.objects.get(pk=row.pk)


@pytest.mark.django_db
class TestDelivery:
    def test_https_sends_the_exact_signed_text_and_keeps_the_answer(self, witness: str) -> None:
        row, signed = sink(Kind.HTTPS, witness), checkpoint()
        assert delivery.deliver_due() == 1
        assert Witness.taken == [("text/plain; charset=utf-8", signed.note.encode())]
        receipt = CheckpointReceipt.objects.get()
        assert (receipt.sink_id, receipt.checkpoint_id, receipt.size, receipt.receipt) == (row.pk, signed.pk, 5, "200 kept as 7")
        after = fresh(row)
        assert (after.acknowledged_size, after.attempts, after.last_error) == (5, 0, "")
        assert after.acknowledged_at == receipt.received_at

    def test_what_was_taken_is_not_sent_again_and_the_next_one_is(self, witness: str) -> None:
        sink(Kind.HTTPS, witness)
        checkpoint()
        assert [delivery.deliver_due(), delivery.deliver_due()] == [1, 0]
        checkpoint(8)
        checkpoint(9)
        assert [delivery.deliver_due(), delivery.deliver_due()] == [1, 0]
        assert [receipt.size for receipt in CheckpointReceipt.objects.order_by("id")] == [5, 9]

    def test_a_refusal_is_tried_again_ever_later_and_in_plain_words(self, witness: str) -> None:
        row = sink(Kind.HTTPS, witness)
        checkpoint()
        Witness.status = 503
        pauses = []
        for attempt in range(1, 12):
            with time_machine.travel(max(fresh(row).next_try_at, clock.now()) + timedelta(seconds=1), tick=False):
                assert delivery.deliver_due() == 0
                after = fresh(row)
                pauses.append(after.next_try_at - clock.now())
            assert after.attempts == attempt
        assert pauses[0] < pauses[3] < pauses[6] <= timedelta(minutes=10)
        assert max(pauses) <= timedelta(minutes=10)
        assert after.last_error == "127.0.0.1 answered 503 instead of taking it."
        assert not CheckpointReceipt.objects.exists()
        Witness.status = 204
        with time_machine.travel(after.next_try_at + timedelta(seconds=1), tick=False):
            assert delivery.deliver_due() == 1
        assert (fresh(row).attempts, fresh(row).last_error) == (0, "")

    def test_a_sink_that_is_down_does_not_hold_up_the_others(self, witness: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        down = sink(Kind.SYSLOG, f"127.0.0.1:{port}")
        sink(Kind.HTTPS, witness)
        checkpoint()
        assert delivery.deliver_due() == 1
        assert fresh(down).last_error == "127.0.0.1 did not answer."

    def test_a_paused_sink_is_sent_nothing(self, witness: str) -> None:
        sink(Kind.HTTPS, witness, is_active=False)
        checkpoint()
        assert delivery.deliver_due() == 0
        assert Witness.taken == []

    def test_a_certificate_that_nobody_vouches_for_gets_nothing(self, witness: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        row = sink(Kind.HTTPS, witness)
        checkpoint()
        assert delivery.deliver_due() == 0
        assert fresh(row).last_error == "127.0.0.1 did not answer properly (ConnectError)."
        assert Witness.taken == []

    def test_a_private_network_that_nobody_allowed_is_not_reached(self, witness: str, settings: Settings) -> None:
        row = sink(Kind.HTTPS, witness)
        settings.OUTBOUND_NETWORKS = ()
        checkpoint()
        assert delivery.deliver_due() == 0
        assert "inside a network Mandate may not reach" in fresh(row).last_error
        assert Witness.taken == []

    def test_syslog_counts_octets_and_keeps_every_line(self, collector: tuple[str, list[bytes]]) -> None:
        address, heard = collector
        sink(Kind.SYSLOG, address)
        signed = checkpoint()
        assert delivery.deliver_due() == 1
        assert CheckpointReceipt.objects.get().receipt == "sent (syslog does not acknowledge)"
        [frame] = heard
        length, _space, message = frame.partition(b" ")
        assert int(length) == len(message)
        header, _bom, text = message.partition(b"\xef\xbb\xbf")
        assert text.decode() == signed.note
        assert re.fullmatch(rb"<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ mandate - checkpoint - ", header)

    def test_syslog_without_a_certificate_we_believe_gets_nothing(
        self, collector: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address, heard = collector
        monkeypatch.delenv("SSL_CERT_FILE")
        row = sink(Kind.SYSLOG, address)
        checkpoint()
        assert delivery.deliver_due() == 0
        assert fresh(row).last_error == "127.0.0.1 did not take the message (SSLCertVerificationError)."
        assert heard == []

    def test_mail_carries_the_text_and_a_file_and_not_every_minute(self) -> None:
        sink(Kind.MAIL, "auditor@example.net")
        signed = checkpoint()
        assert delivery.deliver_due() == 1
        [letter] = mail.outbox
        assert isinstance(letter, EmailMessage)
        assert letter.to == ["auditor@example.net"]
        assert signed.note in str(letter.body)
        [(name, content, _kind)] = letter.attachments
        assert (name, content) == ("checkpoint-1-5.txt", signed.note.encode())
        checkpoint(6)
        assert delivery.deliver_due() == 0
        with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
            assert delivery.deliver_due() == 1

    def test_words_of_others_are_not_kept_when_a_mail_server_fails(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_PASSWORD = "127.0.0.1", 9, "hunter22"
        row = sink(Kind.MAIL, "auditor@example.net")
        checkpoint()
        assert delivery.deliver_due() == 0
        assert fresh(row).last_error == "The other side could not be reached (ConnectionRefusedError)."

    def test_without_a_checkpoint_nothing_is_sent(self, witness: str) -> None:
        sink(Kind.HTTPS, witness)
        assert delivery.deliver_due() == 0
        assert Witness.taken == []


def test_two_deliveries_at_once_send_one(own_database: TestDatabase, witness: str) -> None:
    sink(Kind.HTTPS, witness)
    checkpoint()
    [row] = CheckpointSink.objects.all()
    newest = delivery.newest()
    assert newest is not None
    together = threading.Barrier(4)

    def attempt(_number: int) -> bool:
        together.wait()
        try:
            return delivery.deliver(row, newest)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert len(Witness.taken) == 1


def test_a_delivery_killed_in_the_middle_is_done_by_another(own_database: TestDatabase, witness: str) -> None:
    row = sink(Kind.HTTPS, witness)
    checkpoint()
    assert delivery._claim(row)  # and then the process died
    assert delivery.deliver_due() == 0
    with time_machine.travel(clock.now() + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver_due() == 1
