from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class PortalAdminConfig(AdminConfig):
    default = False
    default_site = "portal.site.PortalSite"


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Portal")
    default = True
