"""Every address of the portal. Each noun keeps its own list in `portal/views/<noun>.py`."""

from django.contrib import admin
from django.urls import include, path

from portal import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("console/", admin.site.urls),
]
