# ruff: noqa: A005  (the design names it; nothing imports Python's own `site`)
"""The one AdminSite: the shell of all pages, and the console of read-only model pages at /console/."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from agents.people.models import User
from portal.banners import banners
from portal.navigation import CONSOLE_ROLES, sidebar
from portal.read_only import ReadOnlyAdmin

Extra = dict[str, Any] | None


class PortalSite(UnfoldAdminSite):
    """Named "admin": unfold's templates ask for `admin:…`. Roles decide who sees the console, never is_staff."""

    index_title = _("Console")
    index_template = "admin/console.html"
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only pages that cannot write come in; what other packages register (groups, e-mail addresses) stays outside."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.has_role(*CONSOLE_ROLES)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the shell needs on every page, whoever looks at it."""
        user = request.user
        return {
            **super().each_context(request),
            "places": sidebar(request),
            "banners": banners(user) if isinstance(user, User) else [],
            "is_demo": settings.MANDATE_DEMO,
            "me_roles": _role_words(user) if isinstance(user, User) else "",
        }

    def login(self, request: HttpRequest, extra_context: Extra = None) -> HttpResponse:
        """One sign-in for all: allauth's, with its limits and second factors."""
        if request.user.is_authenticated:
            return redirect("home")
        return redirect(f"{reverse('account_login')}?next={request.GET.get('next', reverse('admin:index'))}")

    def logout(self, request: HttpRequest, extra_context: Extra = None) -> HttpResponse:  # type: ignore[override]
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Extra = None) -> HttpResponse:  # type: ignore[override]
        return redirect("account_change_password")

    def search(self, request: HttpRequest, extra_context: Extra = None) -> HttpResponse:  # type: ignore[override]
        """unfold's own search remembers answers by person; the portal has one search, asked afresh."""
        return redirect("search")


def _role_words(user: User) -> str:
    """The roles held now, as words; somebody without one may still ask for things."""
    labels = dict(user.role_assignments.model._meta.get_field("role").choices or ())
    words = [str(labels[role]) for role in labels if role in user.roles_now]
    return ", ".join(words[:2]) + (f" +{len(words) - 2}" if len(words) > 2 else "")
