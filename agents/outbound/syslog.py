"""One message to a syslog collector: RFC 5424, over TLS, framed by counting octets (RFC 5425)."""

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from agents.outbound.allowance import Allowance
from agents.outbound.errors import Unreachable
from agents.outbound.sockets import connect

TLS_PORT = 6514  # RFC 5425 section 4.1
AUDIT_NOTICE = 13 * 8 + 5  # facility "log audit", severity "notice" (RFC 5424 section 6.2.1)
GOODBYE_SECONDS = 2.0
BOM = b"\xef\xbb\xbf"  # RFC 5424 section 6.4: what follows is UTF-8


def message(text: str, *, at: datetime, host: str, name: str, kind: str) -> bytes:
    """The message without its frame. Line breaks stay: counting octets lets them.

    host: ours; name: of the program; kind: what the message is about (MSGID). All three printable ASCII without spaces.
    """
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    header = f"<{AUDIT_NOTICE}>1 {stamp} {_word(host, 255)} {_word(name, 48)} - {_word(kind, 32)} - "
    return header.encode() + BOM + text.encode()


def send(host: str, port: int, content: bytes, allowance: Allowance, *, trust: ssl.SSLContext | None = None) -> None:
    """The collector's machine has taken every byte. Syslog has no answer: more than that nobody can know.

    trust: certificates to believe; by default the system's. Raises Forbidden before any byte is sent; Unreachable.
    """
    context = trust or ssl.create_default_context()
    try:
        with connect(host, port, allowance) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
            secure.sendall(str(len(content)).encode() + b" " + content)
            _part(secure)
    except (ssl.SSLError, OSError) as problem:
        raise Unreachable(
            _("%(host)s did not take the message (%(kind)s).") % {"host": host, "kind": type(problem).__name__}
        ) from problem


def _part(secure: ssl.SSLSocket) -> None:
    """Our end is closed properly; a collector that says no goodbye of its own has taken the message all the same."""
    secure.settimeout(GOODBYE_SECONDS)
    with suppress(ssl.SSLError, TimeoutError, socket.timeout):
        secure.unwrap()


def _word(text: str, most: int) -> str:
    return "".join(c for c in text if "!" <= c <= "~")[:most] or "-"
