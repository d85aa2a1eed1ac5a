from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from agents.audit import protection


class AuditConfig(AppConfig):
    name = "agents.audit"
    label = "audit"
    verbose_name = _("Trail")

    def ready(self) -> None:
        register(protection.check_protection, Tags.database)
        # Each app fills the seams it knows about from modules of these names.
        autodiscover_modules("guarding", "visibility", "due_jobs", "notices", "health_lines", "erasure", "retention")
