"""Where we may go. Given by the caller from settings; nothing is allowed by itself."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from agents.outbound.addresses import Network
from agents.outbound.errors import Forbidden

HTTPS, HTTP = 443, 80


@dataclass(frozen=True)
class Allowance:
    """hosts: exact names in lower case, no wildcards. networks: private ones that these hosts may resolve to.

    plain_http: only for a peer on the same machine or in tests. connect_seconds, total_seconds: from the first packet
    and for everything together. max_bytes: of the answer's body.
    """

    hosts: frozenset[str]
    ports: frozenset[int] = frozenset({HTTPS})
    networks: tuple[Network, ...] = ()
    plain_http: bool = False
    connect_seconds: float = 5.0
    total_seconds: float = 20.0
    max_bytes: int = 5_000_000

    def check_url(self, url: str) -> SplitResult:
        """The parts of an address that we may ask. Raises Forbidden."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as problem:
            raise Forbidden(_("This is not an address.")) from problem
        if parts.scheme != "https" and not (self.plain_http and parts.scheme == "http"):
            raise Forbidden(_("Only https addresses are asked."))
        if parts.username is not None or parts.password is not None or "\\" in url or any(ord(c) <= 32 for c in url):
            raise Forbidden(_("An address may hold no user, password, white space or backslash."))
        self.check(parts.hostname or "", port or (HTTPS if parts.scheme == "https" else HTTP))
        return parts

    def check(self, host: str, port: int) -> None:
        """Raises Forbidden unless host and port are on the list."""
        if host not in self.hosts:
            raise Forbidden(_("%(host)s is not on the list of allowed hosts.") % {"host": host or "?"})
        if port not in self.ports:
            raise Forbidden(_("Port %(port)d of %(host)s is not allowed.") % {"port": port, "host": host})
