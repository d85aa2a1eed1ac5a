import pytest

from agents.outbound.allowance import Allowance
from agents.outbound.errors import Forbidden

ALLOWANCE = Allowance(hosts=frozenset({"api.example.org"}))


@pytest.mark.parametrize("url", ["https://api.example.org/x?y=1", "https://API.example.org:443/", "HTTPS://api.example.org"])
def test_a_host_on_the_list_may_be_asked(url: str) -> None:
    assert ALLOWANCE.check_url(url).hostname == "api.example.org"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.org/",
        "ftp://api.example.org/",
        "file:///etc/passwd",
        "gopher://api.example.org/",
        "//api.example.org/",
        "api.example.org",
        "",
        "https://",
        "https://api.example.org:8443/",
        "https://api.example.org:99999/",
        "https://api.example.org.evil.test/",
        "https://api.example.org./",
        "https://evil.test/api.example.org",
        "https://evil.test#@api.example.org/",
        "https://api.example.org@evil.test/",
        "https://user@api.example.org/",
        "https://user:secret@api.example.org/",
        "https://evil.test\\@api.example.org/",
        "https://api.example.org\\.evil.test/",
        "https://api.example.org/\r\nHost: evil.test",
        "https://api.example.org/a b",
        "https://api.example.org\t/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://ａpi.example.org/",
    ],
)
def test_everything_else_is_forbidden(url: str) -> None:
    with pytest.raises(Forbidden):
        ALLOWANCE.check_url(url)


def test_the_sentence_does_not_repeat_what_was_asked() -> None:
    with pytest.raises(Forbidden) as refusal:
        ALLOWANCE.check_url("https://evil.test/?token=hunter22")
    assert refusal.value.sentence == "evil.test is not on the list of allowed hosts."
