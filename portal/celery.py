"""The Celery application. Its settings are in `portal.serving.queue` and are read when first needed."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("mandate")
app.config_from_object("portal.serving.queue")
app.autodiscover_tasks()
