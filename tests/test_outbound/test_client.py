"""Against a real server on this machine's loopback."""

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agents.outbound.allowance import Allowance
from agents.outbound.client import Answer, Client
from agents.outbound.errors import Forbidden, Unreachable
from agents.outbound.sockets import connect, resolve
from tests.test_outbound.certificates import believing, self_signed, serving

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclass
class Peer:
    port: int
    trust: ssl.SSLContext
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def allowance(self, **changes: Any) -> Allowance:
        given = {"hosts": frozenset({"localhost"}), "ports": frozenset({self.port}), "networks": LOOPBACK} | changes
        return Allowance(**given)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **changes: Any) -> Answer:
        client = Client(self.allowance(**changes), trust=self.trust)
        return client.ask(method, f"https://localhost:{self.port}{path}", headers={"Authorization": "Bearer x"}, body=body)


class Handler(BaseHTTPRequestHandler):
    peer: Peer

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.peer.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length)))
        match self.path.split("?")[0]:
            case "/redirect":
                self.reply(302, b"", {"Location": f"https://localhost:{self.peer.port}/secret"})
            case "/large":
                self.reply(200, b"x" * 2_000_001)
            case "/gzip":
                self.reply(200, gzip.compress(b"0" * 10_000_000), {"Content-Encoding": "gzip"})
            case "/slow":
                self.reply(200, b"", {"Content-Length": "100"})
                self.drip()
            case "/cut":
                self.reply(200, b"half", {"Content-Length": "8"})
            case "/missing":
                self.reply(404, b'{"error": "none"}', {"X-Request-Id": "7"})
            case _:
                self.reply(200, b"hello")

    do_GET = do_POST = answer  # noqa: N815  (the library's names)

    def drip(self) -> None:
        for _ in range(100):
            try:
                self.wfile.write(b".")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    file = self_signed(tmp_path_factory.mktemp("tls"), "localhost")
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.socket = serving(file).wrap_socket(http.socket, server_side=True)
    Handler.peer = Peer(port=http.server_port, trust=believing(file))
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield Handler.peer
    http.shutdown()
    http.server_close()


@pytest.fixture
def peer(server: Peer) -> Peer:
    server.seen.clear()
    return server


def test_an_allowed_peer_is_asked_and_its_answer_comes_whole(peer: Peer) -> None:
    answer = peer.ask("/hello?x=1", "POST", b'{"a": 1}')
    assert (answer.status, answer.body) == (200, b"hello")
    [(method, path, headers, body)] = peer.seen
    assert (method, path, body) == ("POST", "/hello?x=1", b'{"a": 1}')
    assert headers["host"] == f"localhost:{peer.port}"
    assert headers["authorization"] == "Bearer x"
    assert headers["user-agent"] == "Mandate"
    assert headers["accept-encoding"] == "identity"


def test_an_error_status_is_an_answer(peer: Peer) -> None:
    answer = peer.ask("/missing")
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (404, b'{"error": "none"}', "7")


def test_a_redirect_is_not_followed(peer: Peer) -> None:
    with pytest.raises(Unreachable) as refusal:
        peer.ask("/redirect")
    assert refusal.value.sentence == "localhost answered with a redirect, which is not followed."
    assert [path for _, path, _, _ in peer.seen] == ["/redirect"]


def test_an_answer_that_is_too_large_is_cut_off(peer: Peer) -> None:
    assert len(peer.ask("/large", max_bytes=2_000_001).body) == 2_000_001
    with pytest.raises(Unreachable, match="more than 2,000,000 bytes"):
        peer.ask("/large", max_bytes=2_000_000)


def test_a_compressed_answer_is_refused_before_it_is_unpacked(peer: Peer) -> None:
    with pytest.raises(Unreachable, match="compressed"):
        peer.ask("/gzip")


def test_a_dripping_answer_ends_at_the_deadline(peer: Peer) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable):
        peer.ask("/slow", total_seconds=0.6)
    assert time.monotonic() - began < 3


def test_a_half_answer_is_no_answer(peer: Peer) -> None:
    with pytest.raises(Unreachable):
        peer.ask("/cut")


def test_a_private_address_is_refused_and_no_byte_is_sent(peer: Peer) -> None:
    with pytest.raises(Forbidden) as refusal:
        peer.ask("/hello", networks=())
    assert "which is inside a network we may not reach" in refusal.value.sentence
    assert peer.seen == []


def test_another_host_port_or_scheme_is_refused_and_no_byte_is_sent(peer: Peer) -> None:
    client = Client(peer.allowance(), trust=peer.trust)
    for url in (f"https://127.0.0.1:{peer.port}/", "https://localhost/", f"http://localhost:{peer.port}/"):
        with pytest.raises(Forbidden):
            client.ask("GET", url)
    assert peer.seen == []


def test_a_certificate_that_nobody_vouches_for_is_refused(peer: Peer, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        Client(peer.allowance()).ask("GET", f"https://localhost:{peer.port}/hello")
    stranger = believing(self_signed(tmp_path, "localhost"))
    with pytest.raises(Unreachable):
        Client(peer.allowance(), trust=stranger).ask("GET", f"https://localhost:{peer.port}/hello")
    assert peer.seen == []


def test_proxies_of_the_environment_are_ignored(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://192.0.2.1:1")
    assert peer.ask("/hello").status == 200


def test_the_name_is_looked_up_once_and_that_address_is_used(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: a second answer, to an inner address, would never be used."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def counted(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "localhost":
            asked.append(host)
            return real("127.0.0.1", *args, **kwargs)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    assert peer.ask("/hello").status == 200
    assert asked == ["localhost"]


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*args: Any, **kwargs: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "169.254.169.254")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(Forbidden, match=r"169\.254\.169\.254"):
        resolve("api.example.org", 443, Allowance(hosts=frozenset({"api.example.org"})))


def test_other_protocols_get_their_socket_here_too(peer: Peer) -> None:
    with connect("localhost", peer.port, peer.allowance()) as opened:
        assert opened.getpeername()[1] == peer.port
    with pytest.raises(Forbidden):
        connect("localhost", peer.port, peer.allowance(networks=()))


def test_nobody_listening_is_a_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    allowance = Allowance(hosts=frozenset({"localhost"}), ports=frozenset({port}), networks=LOOPBACK)
    with pytest.raises(Unreachable) as refusal:
        Client(allowance).ask("GET", f"https://localhost:{port}/")
    assert refusal.value.sentence == "localhost did not answer."
