"""Every address of the portal. Each noun keeps its own list in `portal/views/<noun>.py`."""

from django.contrib import admin
from django.urls import include, path

from portal import errors, health, metrics
from portal.search import search

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("portal.views.home")),
    path("", include("portal.views.start")),
    path("", include("portal.views.inbox")),
    path("", include("portal.views.requests")),
    path("", include("portal.views.outbox")),
    path("", include("portal.views.agents")),
    path("", include("portal.views.registrations")),  # before the agent's page: "new" and "drafts" are no names
    path("", include("portal.views.agent_page")),
    path("", include("portal.views.systems")),
    path("", include("portal.views.people")),
    path("", include("portal.views.grants")),
    path("", include("portal.views.trail")),
    path("", include("portal.views.restore")),
    path("trail/keeping/", include("portal.views.keeping")),
    path("", include("portal.views.work")),
    path("reviews/", include("portal.views.reviews")),
    path("compliance/", include("portal.views.compliance")),
    path("packs/", include("portal.views.packs")),
    path("sinks/", include("portal.views.sinks")),
    path("health/", include("portal.views.health")),
    path("search/", search, name="search"),
    path("accounts/email/", errors.no_page),  # nobody renames themselves: addresses come from the directory
    path("accounts/", include("allauth.urls")),
    path("console/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
