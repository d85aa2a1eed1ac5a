"""What needs ten minutes begins before the other soak tests and is looked at after them."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.database import fresh, inside
from tests.soak.outage import Outage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=looks_at_the_outage)  # stable: the others keep their order


def looks_at_the_outage(item: pytest.Item) -> bool:
    return "outage" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def begins_early(request: pytest.FixtureRequest) -> None:
    """Also when only that test was asked for, it finds its portal without Redis."""
    if any(looks_at_the_outage(item) for item in request.session.items):
        request.getfixturevalue("outage")


@pytest.fixture(scope="session")
def outage(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outage]:
    """A portal on PostgreSQL whose Redis is stopped from now on."""
    folder = tmp_path_factory.mktemp("outage")
    found = Outage(fresh(folder / "data"), folder)
    try:
        with inside(found.database, django_db_blocker):
            found.begin()
        yield found
    finally:
        found.over.set()
        found.fleet.end()
        found.database.drop()
