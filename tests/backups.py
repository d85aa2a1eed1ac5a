"""Places to restore into, and a look at what a place holds."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from agents.audit.models import TrailEvent
from agents.people.models import User
from tests.database import TestDatabase, make_empty


@contextmanager
def fresh_place(database: TestDatabase, folder: Path) -> Iterator[TestDatabase]:
    """An empty data folder, and on PostgreSQL an empty database too: a new machine."""
    folder.mkdir(parents=True, exist_ok=True)
    place = TestDatabase(database.kind, f"mandate_{uuid.uuid4().hex[:12]}", folder)
    make_empty(place)
    try:
        yield place
    finally:
        place.drop()


@contextmanager
def looking_at(place: TestDatabase) -> Iterator[None]:
    """Django in this process works on that place."""
    usual, environment = connections["default"].settings_dict["NAME"], dict(os.environ)
    connections.close_all()
    connections["default"].settings_dict["NAME"] = place.django_name
    os.environ.update(place.environment)
    try:
        yield
    finally:
        connections.close_all()
        connections["default"].settings_dict["NAME"] = usual
        os.environ.clear()
        os.environ.update(environment)


def trail() -> list[tuple[int, str, bytes]]:
    """Every event with its bytes, oldest first."""
    found = [(event.pk, event.event, bytes(event.body)) for event in TrailEvent.objects.order_by("pk")]
    connections.close_all()
    return found


def people() -> list[str]:
    found = list(User.objects.order_by("email").values_list("email", flat=True))
    connections.close_all()
    return found
