"""The only floor that knows HTTP. Importing it makes our Celery application the current one, so that nudges find the queue."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
