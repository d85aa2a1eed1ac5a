import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake import json_streams
from agents.intake.errors import TooLarge, Unreadable
from agents.intake.json_streams import items
from tests.test_intake.test_strict_json import HOSTILE, values


def read(raw: bytes) -> list[tuple[str, int, Any]]:
    return list(items(io.BytesIO(raw), lists=frozenset({"Roles"})))


class Slowly(io.BytesIO):
    """Gives seven bytes at a time, so that every escape is cut somewhere."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 7) if size != -1 else 7)


@given(st.lists(values, max_size=5), values)
def test_elements_come_as_they_were_written_and_the_rest_is_read_past(elements: list[Any], other: Any) -> None:
    raw = json.dumps({"Other": other, "Roles": elements, "Last": [other]}).encode()
    expected = [("Roles", position, element) for position, element in enumerate(elements)]
    assert read(raw) == expected
    assert list(items(Slowly(raw), lists=frozenset({"Roles"}))) == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Unreadable):
        read(raw)


@pytest.mark.parametrize("text", [text for text, _ in HOSTILE.values()], ids=HOSTILE)
@pytest.mark.parametrize("stream", [io.BytesIO, Slowly], ids=["at once", "in pieces"])
def test_hostile_items_are_refused_as_the_whole_parser_does(text: str, stream: type[io.BytesIO]) -> None:
    with pytest.raises(Unreadable):
        list(items(stream(('{"Roles": [' + (text or ",") + "]}").encode()), lists=frozenset({"Roles"})))


def test_an_escaped_backslash_before_ud800_is_plain_text() -> None:
    assert read(rb'{"Roles": ["\\ud800", "\\\\ud800", "\ud83d\ude00"]}') == [
        ("Roles", 0, "\\ud800"),
        ("Roles", 1, "\\\\ud800"),
        ("Roles", 2, "😀"),
    ]


def test_a_surrogate_in_a_part_that_is_read_past_is_refused_too() -> None:
    with pytest.raises(Unreadable):
        read(rb'{"Other": {"a": ["\ud800"]}, "Roles": []}')


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"[]", "holds a list"),
        (b"7", "one object at the top"),
        (b'{"Roles": {}}', "should be a list"),
        (b'{"Roles": null}', "should be a list"),
        (b'{"Roles": [], "Roles": []}', "twice"),
        (b'{"Roles": [{"a": 1, "a": 2}]}', "twice"),
        (b'{"Roles": [1', "cut off"),
        (b'{"Roles": [1]} {}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
    ],
)
def test_wrong_shapes_are_refused_saying_why(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(raw)
    assert why in refusal.value.sentence


def test_depth_and_size_of_one_item_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        read(b'{"Roles": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}")
    monkeypatch.setattr(json_streams, "MAX_PARTS", 50)
    assert len(read(json.dumps({"Roles": [[1] * 40] * 30}).encode())) == 30
    with pytest.raises(TooLarge):
        read(json.dumps({"Roles": [[1] * 60]}).encode())
