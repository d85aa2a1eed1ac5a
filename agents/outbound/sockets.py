"""Every socket to another machine is opened here, to an address that was looked at (no second look-up: DNS rebinding)."""

import ipaddress
import socket
import time
from collections.abc import Iterable

import httpcore
from django.utils.translation import gettext as _

from agents.outbound.addresses import Address, is_allowed
from agents.outbound.allowance import Allowance
from agents.outbound.errors import Forbidden, Unreachable


def resolve(host: str, port: int, allowance: Allowance) -> list[Address]:
    """The addresses of an allowed host, all of which we may reach. Raises Forbidden, Unreachable."""
    allowance.check(host, port)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Unreachable(_("%(host)s has no address.") % {"host": host}) from problem
    found = list(dict.fromkeys(ipaddress.ip_address(str(answer[4][0]).split("%")[0]) for answer in answers))
    for address in found:
        if not is_allowed(address, allowance.networks):
            raise Forbidden(
                _("%(host)s leads to %(address)s, which is inside a network we may not reach.")
                % {"host": host, "address": address}
            )
    return found


def connect(host: str, port: int, allowance: Allowance) -> socket.socket:
    """A connected TCP socket for protocols that are not HTTP; the caller closes it. Raises Forbidden, Unreachable."""
    for address in resolve(host, port, allowance):
        try:
            opened = socket.create_connection((str(address), port), timeout=allowance.connect_seconds)
        except OSError:
            continue
        opened.settimeout(allowance.total_seconds)
        return opened
    raise _no_answer(host)


class GuardedNetwork(httpcore.NetworkBackend):
    """How httpcore gets its connections: the name stays for TLS and Host, the packets go to the address we looked at."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance, self._plain = allowance, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        for address in resolve(host, port, self._allowance):
            try:
                return self._plain.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise _no_answer(host)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        raise Forbidden(_("Sockets in the file system are not asked."))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _no_answer(host: str) -> Unreachable:
    return Unreachable(_("%(host)s did not answer.") % {"host": host})
