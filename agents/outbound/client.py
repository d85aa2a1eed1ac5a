"""Asking another machine over HTTP."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore
import httpx
from django.utils.translation import gettext as _

from agents.outbound.allowance import Allowance
from agents.outbound.errors import OutboundError, Unreachable
from agents.outbound.transport import GuardedTransport

USER_AGENT = "Mandate"
FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    ssl.SSLError,
)


@dataclass(frozen=True)
class Answer:
    """status: as sent, also 4xx and 5xx. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Asks only where the allowance lets it.

    trust: certificates to believe; by default the system's. A client holds no cookies and keeps no state between asks.
    """

    def __init__(self, allowance: Allowance, *, trust: ssl.SSLContext | None = None) -> None:
        self._allowance = allowance
        self._transport = GuardedTransport(allowance, trust or ssl.create_default_context())

    def ask(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
        """What the other side answered.

        Raises Forbidden before any byte is sent; Unreachable when there was no whole answer in time, when it was a
        redirect, compressed or larger than the allowance.
        """
        host = self._allowance.check_url(url).hostname
        sent = {"user-agent": USER_AGENT, **{k.lower(): v for k, v in (headers or {}).items()}, "accept-encoding": "identity"}
        until = time.monotonic() + self._allowance.total_seconds
        timeout = httpx.Timeout(self._allowance.total_seconds, connect=self._allowance.connect_seconds)
        try:
            with (
                httpx.Client(transport=self._transport, timeout=timeout, trust_env=False, follow_redirects=False) as http,
                http.stream(method, url, headers=sent, content=body) as response,
            ):
                return Answer(response.status_code, dict(response.headers), self._whole(response, until))
        except OutboundError:
            raise
        except FAILURES as problem:
            raise Unreachable(
                _("%(host)s did not answer properly (%(kind)s).") % {"host": host, "kind": type(problem).__name__}
            ) from problem

    def _whole(self, response: httpx.Response, until: float) -> bytes:
        if response.is_redirect or 300 <= response.status_code < 400:
            raise Unreachable(_("%(host)s answered with a redirect, which is not followed.") % {"host": response.url.host})
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unreachable(_("%(host)s answered compressed, though asked not to.") % {"host": response.url.host})
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._allowance.max_bytes:
                raise Unreachable(
                    _("%(host)s answered with more than %(limit)s bytes.")
                    % {"host": response.url.host, "limit": f"{self._allowance.max_bytes:,}"}
                )
            if time.monotonic() > until:
                raise Unreachable(_("%(host)s took too long.") % {"host": response.url.host})
        return bytes(body)
