"""The demo's known password never stands before real people."""

import pytest
from django.core.management.base import CommandError
from pytest_django import Settings

from agents.people.models import Organisation
from portal.management.commands.serve import refuse_the_demo


@pytest.mark.django_db
def test_production_refuses_a_database_that_holds_the_demo(settings: Settings) -> None:
    settings.MANDATE_PRODUCTION = True
    refuse_the_demo()  # an empty database is fine
    Organisation.objects.create(name="Meridian Group", is_demo=True)
    with pytest.raises(CommandError, match="holds the demo"):
        refuse_the_demo()
    settings.MANDATE_PRODUCTION = False
    refuse_the_demo()
