"""Model pages one can read and nothing else: what a page changes, an action must change, and the trail must tell."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import BaseModelForm, Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from agents.audit.errors import NotAllowed
from agents.people.models import User
from portal.navigation import CONSOLE_ROLES

Extra = dict[str, Any] | None
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadOnlyAdmin(ModelAdmin):
    """View by role, for whoever holds one now; `is_superuser` opens nothing, and no write has a way in."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    save_as = save_on_top = False
    list_fullwidth = True

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = request.user
        return isinstance(user, User) and user.has_role(*CONSOLE_ROLES)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def changelist_view(self, request: HttpRequest, extra_context: Extra = None) -> TemplateResponse:
        _only_read(request)
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Extra = None
    ) -> TemplateResponse:
        _only_read(request)
        row = self.get_object(request, unquote(object_id)) if object_id else None
        title = str(row) if row else str(self.opts.verbose_name)
        context = {"title": title, **(extra_context or {})}
        return cast("TemplateResponse", super().changeform_view(request, object_id, form_url, context))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Extra = None) -> HttpResponse:
        raise PermissionDenied(
            _("Nothing is deleted here: ended, revoked and retired are states, and evidence may need the row.")
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Extra = None) -> HttpResponse:
        raise PermissionDenied(_("What changed, when and by whom stands in the trail."))

    def save_model(self, request: HttpRequest, obj: Model, form: Form, change: bool) -> None:
        raise PermissionDenied

    def save_formset(self, request: HttpRequest, form: BaseModelForm[Any], formset: Any, change: bool) -> None:
        raise PermissionDenied

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise PermissionDenied


def _only_read(request: HttpRequest) -> None:
    if request.method not in SAFE_METHODS:
        raise NotAllowed(_("The console only shows. Changes are made on the portal's own pages, where they are recorded."))
