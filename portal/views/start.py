"""/start/: the first start of an empty portal. Once it was founded this page is gone for good."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from agents.audit.errors import IllegalMove
from agents.people.actions import organisations
from portal.forms.start import Administrators, Entities, OrganisationForm
from portal.pages import page


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Needs no sign-in: there is nobody yet. Of two who send it at once one wins, the other reads that (409)."""
    if settings.MANDATE_DEMO and organisations.is_first_start():
        raise Http404  # the demo organisation is still to be made; nobody may found another
    if not organisations.is_first_start():
        if request.method == "POST":
            raise IllegalMove(_("This portal has been set up already. Sign in instead."))
        return redirect("home")
    if request.method != "POST":
        return _form(request, OrganisationForm(), Entities(prefix="entity"), Administrators(prefix="administrator"))
    organisation = OrganisationForm(request.POST)
    entities = Entities(request.POST, prefix="entity")
    administrators = Administrators(request.POST, prefix="administrator")
    if not all([organisation.is_valid(), entities.is_valid(), administrators.is_valid()]):
        return _form(request, organisation, entities, administrators, status=400)
    organisations.found(
        organisation.cleaned_data["organisation"],
        entities=[form.entity for form in entities.filled],
        administrators=[form.administrator for form in administrators.forms],
    )
    messages.success(request, _("Mandate is set up. Bring in your people and systems, then register the first agent."))
    return redirect("account_login")


def _form(
    request: HttpRequest, organisation: OrganisationForm, entities: object, administrators: object, *, status: int = 200
) -> HttpResponse:
    context = page(request, _("Set up Mandate"), organisation=organisation, entities=entities, administrators=administrators)
    return render(request, "start/start.html", context, status=status)


urlpatterns = [path("start/", start, name="start")]
