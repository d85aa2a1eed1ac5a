import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake.errors import TooLarge, Unreadable
from agents.intake.strict_json import MAX_INTEGER, MIN_INTEGER, loads

plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(MIN_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_json_writes_is_read_as_it_was(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_sentence(raw: bytes) -> None:
    with contextlib.suppress(Unreadable):
        loads(raw)


@given(st.text('[]{}",:\\ue0123d8N-+.', max_size=60))
def test_almost_json_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        json.dumps(loads(text), ensure_ascii=False).encode()


# facts: reliability 3f, each input that stock Django stored or died of
HOSTILE = {
    "NUL in a text": (r'{"a": "x\u0000y"}', "NUL"),
    "NUL in a name": (r'{"x\u0000": 1}', "NUL"),
    "NUL deep inside": (r'[[[{"a": ["\u0000"]}]]]', "NUL"),
    "lone high surrogate": (r'{"a": "\ud800"}', "surrogate"),
    "lone low surrogate": (r'{"a": "\udc00x"}', "surrogate"),
    "surrogate in a name": (r'{"\udfff": 1}', "surrogate"),
    "name given twice": ('{"a": 1, "a": 2}', "twice"),
    "name given twice, spelled differently": (r'{"a": 1, "\u0061": 2}', "twice"),
    "NaN": ('{"a": NaN}', "not a number"),
    "Infinity": ("[Infinity]", "not a number"),
    "minus Infinity": ("[-Infinity]", "not a number"),
    "float beyond measure": ("[1e999]", "too large"),
    "a float of a thousand digits": ("[" + "9" * 1000 + ".5]", "too large"),
    "65 bit": ("[9223372036854775808]", "64 bit"),
    "minus 65 bit": ("[-9223372036854775809]", "64 bit"),
    "5,000 digits": ("[" + "7" * 5000 + "]", "64 bit"),
    "two values": ("{} {}", "not JSON"),
    "nothing": ("", "not JSON"),
    "comma at the end": ("[1,]", "not JSON"),
    "single quotes": ("{'a': 1}", "not JSON"),
    "comment": ("[1] // one", "not JSON"),
}


@pytest.mark.parametrize(("text", "why"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_saying_why(text: str, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        loads(text.encode())
    assert why in refusal.value.sentence


def test_bytes_that_are_not_utf8_are_refused_with_their_place() -> None:
    with pytest.raises(Unreadable) as refusal:
        loads(b'{"a": "\xff"}')
    assert refusal.value.sentence == "Byte 8 is not UTF-8 text."


def test_utf16_is_refused_though_python_would_read_it() -> None:
    with pytest.raises(Unreadable):
        loads('{"a": 1}'.encode("utf-16"))


@pytest.mark.parametrize("depth", [33, 900, 5_000, 100_000])
def test_too_many_levels_are_refused(depth: int) -> None:
    with pytest.raises(TooLarge) as refusal:
        loads("[" * depth + "]" * depth)
    assert refusal.value.sentence == "This is nested deeper than 32 levels."


def test_32_levels_are_read() -> None:
    value = loads('{"a":' * 31 + "[]" + "}" * 31)
    for _ in range(31):
        value = value["a"]
    assert value == []


def test_an_unclosed_tower_is_refused() -> None:
    with pytest.raises(Unreadable):
        loads("[" * 100_000)


def test_size_is_counted_in_bytes() -> None:
    assert loads('"äää"', max_bytes=8) == "äää"
    with pytest.raises(TooLarge):
        loads('"ääää"', max_bytes=8)


def test_64_bit_ends_and_surrogate_pairs_are_read() -> None:
    assert loads(f"[{MIN_INTEGER}, {MAX_INTEGER}]") == [MIN_INTEGER, MAX_INTEGER]
    assert loads(r'"\ud83d\ude00"') == "😀"
    assert math.isclose(loads("1e308"), 1e308)


def test_the_sentence_names_line_and_column() -> None:
    with pytest.raises(Unreadable) as refusal:
        loads('{\n "a": 1,\n "b" 2}')
    assert refusal.value.sentence == "This is not JSON: line 3, column 6: expecting ':' delimiter."
