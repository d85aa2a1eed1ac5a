"""What every page of the portal begins with: who is looking, whether they may, and the shell around the content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from agents.audit.errors import NotAllowed
from agents.people.choices import Role
from agents.people.models import User
from portal.demo.organisation import sign_ins

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
Crumb = tuple[str | Promise, str]


def page(request: HttpRequest, title: str | Promise, *, breadcrumbs: Sequence[Crumb] = (), **context: Any) -> dict[str, Any]:
    """The context of an own page: the shell's, the title of tab and heading, the way here as (label, url), and the page's own."""
    return {**admin.site.each_context(request), "title": title, "breadcrumbs": breadcrumbs, **context}


def viewer(request: HttpRequest) -> User:
    """Who is looking. Raises NotAllowed for nobody, and for somebody who has left."""
    user = request.user
    if not isinstance(user, User) or not user.is_present:
        raise NotAllowed(_("Your account is closed. Ask an administrator if that is wrong."))
    return user


def signed_in(view: View[P]) -> View[P]:
    """The page is for everybody who works here; others are sent to the sign-in page and come back after it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        viewer(request)
        return view(request, *args, **kwargs)

    return cast("View[P]", login_required(guarded))


def role_required(*roles: Role) -> Callable[[View[P]], View[P]]:
    """The page is for people who hold one of these roles now; others read who it is for (403)."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if why := why_not_see(viewer(request), *roles):
                raise NotAllowed(why)
            return view(request, *args, **kwargs)

        return cast("View[P]", login_required(guarded))

    return guard


def why_not_see(user: User, *roles: Role) -> str | None:
    if user.has_role(*roles):
        return None
    names = get_text_list([str(role.label) for role in roles], _("or"))
    return _("This page is for people with the role %(roles)s. You do not hold it now; an administrator can give it to you.") % {
        "roles": names
    }


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: allauth's pages stand in the same shell; a demo offers its people to sign in as."""
    if not request.path.startswith("/accounts/"):
        return {}
    context = admin.site.each_context(request)
    if settings.MANDATE_DEMO and request.path == reverse("account_login"):
        offered = sign_ins()
        known = set(User.objects.filter(email__in=[one["email"] for one in offered]).values_list("email", flat=True))
        context["demo_sign_ins"] = [one for one in offered if one["email"] in known]
    return context
