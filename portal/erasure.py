"""What only the portal keeps of a person: how they signed in, where they are signed in, and mail this machine kept."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from agents.people.erasure import Erased, contribute

SEPARATOR = b"\n" + b"-" * 79 + b"\n"  # what Django's file backend writes after each mail
CHUNK = 500


@contribute
def end_sign_in(erased: Erased) -> None:
    EmailAddress.objects.filter(user=erased.person).delete()
    Authenticator.objects.filter(user=erased.person).delete()
    for session in Session.objects.iterator(CHUNK):
        if session.get_decoded().get(SESSION_KEY) == str(erased.person.pk):
            session.delete()


@contribute
def forget_mail(erased: Erased) -> None:
    """Kept copies of mail to the person, or about them. With a mail server there are none."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", None) or "")
    if not getattr(settings, "EMAIL_FILE_PATH", None) or not folder.is_dir():
        return
    for file in folder.glob("*.log"):
        if file.is_symlink() or not file.is_file():
            continue
        mails = [raw for raw in file.read_bytes().split(SEPARATOR) if raw.strip()]
        kept = [raw for raw in mails if not _is_about(raw, erased)]
        if not kept:
            file.unlink()
        elif len(kept) < len(mails):
            fresh = file.with_suffix(".new")
            fresh.write_bytes(SEPARATOR.join([*kept, b""]))
            fresh.replace(file)


def _is_about(raw: bytes, erased: Erased) -> bool:
    message = message_from_bytes(raw, policy=policy.default)
    texts = [str(value) for name in ("To", "Cc", "Subject", "From") for value in message.get_all(name, [])]
    texts += [_content(part) for part in message.walk() if part.get_content_maintype() == "text"]
    return any(erased.is_named_in(text) for text in texts)


def _content(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    return raw.decode(errors="replace") if isinstance(raw, bytes) else ""
