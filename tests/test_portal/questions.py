"""How many questions a page asks of the database: the same for many rows as for few, or rows are asked for one by one."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def asked_by(client: Client, path: str) -> int:
    """The second time, when nothing is asked for the first time any more."""
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    doubled = {query["sql"] for query in asked.captured_queries if asked.captured_queries.count(query) > 1}
    assert not doubled
    return len(asked)
