"""Where a sink is: an address as people write it, checked without asking anybody. `outbound` looks again when sending."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from agents.audit.models import CheckpointSink
from agents.intake import secret_detection
from agents.outbound.addresses import is_allowed
from agents.outbound.allowance import HTTPS, Allowance
from agents.outbound.syslog import TLS_PORT

Kind = CheckpointSink.Kind
HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SECONDS = 15.0  # for one delivery altogether


@dataclass(frozen=True)
class Destination:
    """host, port: empty and 0 for mail."""

    address: str
    host: str = ""
    port: int = 0

    @property
    def allowance(self) -> Allowance:
        """This host and this port; inside private networks only where the operator named them."""
        return Allowance(
            hosts=frozenset({self.host}),
            ports=frozenset({self.port}),
            networks=settings.OUTBOUND_NETWORKS,
            total_seconds=SECONDS,
            max_bytes=65_536,
        )


def read(kind: str, address: str) -> Destination:
    """The destination that the words name. Raises ValidationError with a sentence that helps; nobody is asked."""
    address = address.strip()
    if len(address) > 300 or any(ord(c) < 33 or ord(c) == 127 for c in address):
        raise ValidationError(_("Write one address, without spaces, of at most 300 characters."))
    match kind:
        case Kind.MAIL:
            validate_email(address)
            return Destination(address)
        case Kind.HTTPS:
            return _https(address)
        case Kind.SYSLOG:
            return _syslog(address)
    raise ValidationError(_("Choose how checkpoints are sent."))


def _https(address: str) -> Destination:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValidationError(_("Write an address like https://witness.example.org/checkpoints.")) from None
    if "@" in parts.netloc:
        raise ValidationError(_("Leave user and password out: everybody who reads this page sees the address."))
    if parts.scheme != "https":
        raise ValidationError(_("The address must begin with https://, so that nobody on the way can change a checkpoint."))
    if parts.fragment or "\\" in address:
        raise ValidationError(_("Leave out “#” and “\\”: they are not sent."))
    if secret_detection.find(address):
        raise ValidationError(
            _("There seems to be a secret in this address. Leave it out: an address is shown to everybody who reads this page.")
        )
    return Destination(address, _host(parts.hostname or ""), port or HTTPS)


def _syslog(address: str) -> Destination:
    host, colon, port = address.rpartition(":")
    if not colon:
        host, port = address, str(TLS_PORT)
    if "/" in address or "@" in address or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValidationError(_("Write host and port, like logs.example.org:6514."))
    host = _host(host.removeprefix("[").removesuffix("]").lower())
    return Destination(f"[{host}]:{int(port)}" if ":" in host else f"{host}:{int(port)}", host, int(port))


def _host(host: str) -> str:
    """A name with a dot, or a public address. Names are looked up, and looked at, when something is sent."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        if HOST.fullmatch(host):
            return host
        raise ValidationError(
            _("“%(host)s” is no name of a machine outside. Write it whole, like witness.example.org."), params={"host": host}
        ) from None
    if not is_allowed(literal, settings.OUTBOUND_NETWORKS):
        raise ValidationError(
            _("%(host)s is inside a network Mandate may not reach. An operator can allow it with MANDATE_OUTBOUND_NETWORKS."),
            params={"host": host},
        )
    return host
