from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from compliance import immutability


class ComplianceConfig(AppConfig):
    name = "compliance"
    verbose_name = _("Compliance")

    def ready(self) -> None:
        post_migrate.connect(immutability.after_migrate, sender=self, dispatch_uid="compliance.immutability")
        register(immutability.check_guard, Tags.database)
