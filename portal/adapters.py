"""Sign-in rules that allauth asks us for."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People come from the organisation's directory: nobody signs up, and nobody renames themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Signing in and out speaks for itself; what a page changed, the page says."""
        template = kwargs.get("message_template") or (args[2] if len(args) > 2 else "")
        if template not in {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}:
            super().add_message(*args, **kwargs)
