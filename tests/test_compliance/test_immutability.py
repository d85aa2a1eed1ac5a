"""Triggers keep a ready pack as it is; a database without them says so and mends itself with the next migrate."""

import pytest
from django.apps import apps
from django.db import connection

from compliance import immutability

pytestmark = pytest.mark.django_db


def test_the_triggers_are_there() -> None:
    assert immutability.is_guarded(connection)
    assert immutability.check_guard(databases=["default"]) == []


@pytest.mark.sqlite
def test_a_missing_trigger_is_told_and_put_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER pack_ready_update")
    [told] = immutability.check_guard(databases=["default"])
    assert told.id == "compliance.W001"
    immutability.after_migrate(apps.get_app_config("compliance"))
    assert immutability.is_guarded(connection)
