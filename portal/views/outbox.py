"""/outbox/: mail that this machine kept because no mail server is named. For administrators.

With a mail server there is no such page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.people.choices import Role
from portal.mail import MARK
from portal.pages import page, role_required

SHOWN = 50
MOST_FILES = 400
MOST_BYTES = 262_144  # of one file
SEPARATOR = b"\n" + b"-" * 79 + b"\n"  # what Django's file backend writes after each mail


@dataclass(frozen=True)
class Letter:
    """One mail. text: None for sign-in mail, whose links belong to its reader alone; way: our page it leads to."""

    at: datetime | None
    to: str
    subject: str
    text: str | None
    way: str


@role_required(Role.ADMINISTRATOR)
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    return render(
        request, "outbox/outbox.html", page(request, _("Outbox"), letters=letters(Path(settings.EMAIL_FILE_PATH)), most=SHOWN)
    )


def letters(folder: Path) -> list[Letter]:
    """The newest mails in the folder, one for each Message-ID. Only plain files in it are read, and only so much of each."""
    if not folder.is_dir():
        return []
    files = [file for file in folder.glob("*.log") if file.is_file() and not file.is_symlink()]
    found: dict[str, Letter] = {}
    for file in sorted(files, reverse=True)[:MOST_FILES]:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES)
        for raw in reversed(content.split(SEPARATOR)):
            if raw.strip():
                message = message_from_bytes(raw, policy=policy.default)
                found.setdefault(_header(message, "Message-ID") or str(len(found)), _letter(message))
        if len(found) >= SHOWN:
            break
    return list(found.values())[:SHOWN]


def _letter(message: EmailMessage) -> Letter:
    text = _text(message) if message.get(MARK) else None
    ours = re.search(rf"^[^\n]*?({re.escape(settings.MANDATE_BASE_URL)}/\S*)", text or "", re.MULTILINE)
    return Letter(
        at=_date(message),
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
        text=text,
        way=urlsplit(ours.group(1)).path if ours else "",
    )


def _header(message: EmailMessage, name: str) -> str:
    """As text; a header that nobody can read is empty."""
    try:
        return str(message.get(name, ""))[:500]
    except (MessageError, ValueError):
        return ""


def _date(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(message, "Date"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


urlpatterns = [path("outbox/", outbox, name="outbox")] if getattr(settings, "EMAIL_FILE_PATH", None) else []
