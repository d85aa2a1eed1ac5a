import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake.errors import Unreadable
from agents.intake.names import clean_name, clean_text, numbered, slug


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Claims \t triage\n", "Claims triage"),
        ("ｃｌａｉｍｓ", "claims"),
        ("ﬁnance①", "finance1"),
        ("Müller", "Müller"),
        ("", ""),
    ],
)
def test_names_are_normalised(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@pytest.mark.parametrize(
    "raw",
    [
        "pay\u200bout",
        "pay\u202eout",
        "\ufeffpayout",
        "pay\u00adout",
        "pay\x00out",
        "pay\x1bout",
        "pay\u2066out",
        "pay\u3164out",
        "pay\ufe0fout",
        "pay\U000e0041out",
        "pay\ue000out",
        "pay\ud800out",
    ],
)
def test_invisible_characters_are_refused_with_their_place(raw: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        clean_name(raw)
    assert "is invisible (U+" in refusal.value.sentence


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_a_name_is_no_formula(sign: str) -> None:
    with pytest.raises(Unreadable, match="formula"):
        clean_name(f"{sign}cmd|' /C calc'!A0")


def test_length_counts_what_is_kept() -> None:
    assert clean_name(" " + "x" * 120 + " ") == "x" * 120
    with pytest.raises(Unreadable, match="121 characters"):
        clean_name("x" * 121)


def test_lines_of_a_text_are_kept_and_of_a_name_joined() -> None:
    assert clean_text("one\r\ntwo\rthree", max_length=50) == "one\ntwo\nthree"
    assert clean_name("one\r\ntwo") == "one two"


@given(st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    try:
        once = clean_name(raw)
    except Unreadable:
        return
    assert clean_name(once) == once
    assert unicodedata.is_normalized("NFKC", once)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Claims Triage", "claims-triage"),
        ("Zahlläufe & Größe", "zahllaufe-grosse"),
        ("--a--", "a"),
        ("ÆØ Łódź", "aeo-lodz"),
        ("MyRole_v2.1", "myrole-v2-1"),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_name_without_latin_letters_gets_a_fingerprint() -> None:
    assert re.fullmatch("system-[0-9a-f]{8}", slug("代理", fallback="system"))
    assert slug("代理") != slug("代表")


@given(st.text(max_size=100))
def test_a_slug_is_always_a_slug(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(name))
    assert len(slug(name)) <= 60


def test_numbered_slugs_stay_short_enough() -> None:
    assert numbered("payout", 2) == "payout-2"
    assert numbered("a" * 60, 12) == "a" * 57 + "-12"
