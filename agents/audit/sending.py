"""One checkpoint to one sink. No row is written here."""

import socket
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from agents.audit import destinations
from agents.audit.destinations import Destination
from agents.audit.models import Checkpoint, CheckpointSink
from agents.outbound import syslog
from agents.outbound.client import Client
from agents.outbound.errors import Unreachable

LONGEST_RECEIPT = 500
NAME = "mandate"
MARK = "X-Mandate-Notice"  # as in portal/mail.py: mail of ours that an administrator may read in the outbox


def send(sink: CheckpointSink, checkpoint: Checkpoint) -> str:
    """What the sink said, shortened. Raises when it did not take the checkpoint: it may have, so it is sent again."""
    destination = destinations.read(sink.kind, sink.address)
    return printable(WAYS[sink.kind](destination, checkpoint))


def printable(text: str) -> str:
    """At most 500 characters, in one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_RECEIPT]


def _by_https(destination: Destination, checkpoint: Checkpoint) -> str:
    """POST of the exact signed text; any 2xx is an acknowledgement."""
    answer = Client(destination.allowance).ask(
        "POST", destination.address, headers={"Content-Type": "text/plain; charset=utf-8"}, body=checkpoint.note.encode()
    )
    if not 200 <= answer.status < 300:
        raise Unreachable(
            _("%(host)s answered %(status)d instead of taking it.") % {"host": destination.host, "status": answer.status}
        )
    return f"{answer.status} {answer.body[:2000].decode(errors='replace')}"


def _by_syslog(destination: Destination, checkpoint: Checkpoint) -> str:
    content = syslog.message(checkpoint.note, at=checkpoint.signed_at, host=socket.gethostname(), name=NAME, kind="checkpoint")
    syslog.send(destination.host, destination.port, content, destination.allowance)
    return _("sent (syslog does not acknowledge)")


def _by_mail(destination: Destination, checkpoint: Checkpoint) -> str:
    """The signed text to read, and as a file whose bytes no mail server bends."""
    key = f"checkpoint-{checkpoint.epoch}-{checkpoint.size}"
    mail = EmailMessage(
        subject=_("Trail checkpoint: %(size)s events, epoch %(epoch)s") % {"size": checkpoint.size, "epoch": checkpoint.epoch},
        body=_("Keep this mail. It proves how the trail stood, should anybody ever change it.") + f"\n\n{checkpoint.note}",
        to=[destination.address],
        headers={
            "Message-ID": f"<{key}.{checkpoint.pk}@{settings.MANDATE_TRUST_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
            MARK: "checkpoint",
        },
    )
    mail.attach(f"{key}.txt", checkpoint.note.encode(), "application/octet-stream")
    if not mail.send():
        raise Unreachable(_("The mail server did not take it."))
    return _("accepted by the mail server")


WAYS: dict[str, Callable[[Destination, Checkpoint], str]] = {
    CheckpointSink.Kind.HTTPS: _by_https,
    CheckpointSink.Kind.SYSLOG: _by_syslog,
    CheckpointSink.Kind.MAIL: _by_mail,
}
