"""The log tells what happened and never what was typed."""

import pytest
from django.test import Client, RequestFactory

from portal.middleware.log import RequestLog
from tests.people import Cast


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/search/?q=my+secret", "GET /search/"),
        ("/accounts/password/reset/key/1-abc123-deadbeef/", "GET /accounts/password/reset/key/…"),
        ("/agents/discharge-summariser/", "GET /agents/discharge-summariser/"),
    ],
)
def test_line_holds_the_path_without_what_was_typed(rf: RequestFactory, path: str, told: str) -> None:
    assert RequestLog.format_request(rf.get(path)) == told


def test_one_line_a_request_and_no_claimed_address(client: Client, cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    client.force_login(cast.sam)
    caplog.clear()
    client.get("/search/?q=my+secret", headers={"X-Forwarded-For": "203.0.113.1"})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("django_structlog")]
    assert len(lines) == 1
    assert "secret" not in lines[0]
    assert "203.0.113.1" not in lines[0]
    assert str(cast.sam.uid) in lines[0]
