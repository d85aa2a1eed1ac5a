from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from reviews import seeding


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = _("Reviews")

    def ready(self) -> None:
        post_migrate.connect(seeding.cadences, sender=self, dispatch_uid="reviews.cadences")
