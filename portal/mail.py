"""One notice as mail: plain text and HTML, in the reader's time zone, with a Message-ID that is the same when sent again."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from agents.audit.models import TrailEvent
from agents.people.models import User

MARK = "X-Mandate-Notice"  # told apart from sign-in mail, whose content nobody but its reader may see


@dataclass(frozen=True)
class Notice:
    """What one mail says. items: (sentence, address or nothing); after: may name {until}, shown in the reader's zone."""

    subject: str
    lead: str
    button: str
    url: str
    because: str
    facts: Sequence[tuple[str, str]] = field(default=())
    items: Sequence[tuple[str, str]] = field(default=())
    after: str = ""
    until: datetime | None = None


def send(event: TrailEvent, people: Iterable[User], notice: Notice) -> int:
    """Each of them has the mail; how many that were. Raises what the mail server raises, to be tried again."""
    mails = [_mail(event, person, notice) for person in people]
    if mails:
        get_connection().send_messages(mails)
    return len(mails)


def link(name: str, *args: object) -> str:
    """The full address of a page, as people outside the browser need it."""
    return f"{settings.MANDATE_BASE_URL}{reverse(name, args=args)}"


def _mail(event: TrailEvent, person: User, notice: Notice) -> EmailMultiAlternatives:
    context: dict[str, Any] = {
        "notice": notice,
        "person": person,
        "facts": [(label, _one_line(text)) for label, text in notice.facts],
        "items": [(_one_line(text), url) for text, url in notice.items],
        "after": notice.after.replace("{until}", _date(notice.until, person)),
        "base_url": settings.MANDATE_BASE_URL,
    }
    mail = EmailMultiAlternatives(
        subject=_one_line(notice.subject)[:180],
        body=render_to_string("mail/notice.txt", context),
        to=[person.email],
        headers={
            "Message-ID": f"<{event.pk}.{event.event}.{person.uid}@{settings.MANDATE_TRUST_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
            MARK: event.event,
        },
    )
    mail.attach_alternative(render_to_string("mail/notice.html", context), "text/html")
    return mail


def _one_line(text: str) -> str:
    """User text cannot begin a header, nor a line that looks like one of ours."""
    return " ".join(str(text).split())


def _date(moment: datetime | None, person: User) -> str:
    if moment is None:
        return ""
    local = localtime(moment, zoneinfo.ZoneInfo(person.time_zone))
    return f"{date_format(local, 'j F Y, H:i')} {local.tzname()}"
