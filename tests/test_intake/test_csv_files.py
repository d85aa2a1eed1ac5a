import contextlib
import csv
import io
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake.csv_files import Columns, Row, lines, read, safe_cell
from agents.intake.errors import TooLarge, Unreadable
from agents.intake.reports import Fault

COLUMNS = Columns(required=("agent name", "human owner"), optional=("region",))
HEADER = "agent name,human owner\n"
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=15).map(str.strip)


def rows(raw: str | bytes) -> list[Row | Fault]:
    return list(read(io.BytesIO(raw.encode() if isinstance(raw, str) else raw), COLUMNS))


class Endless(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        super().__init__()
        self._parts, self._left = parts, b""

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (part := next(self._parts, b"")):
            self._left += part
        given, self._left = self._left[:size], self._left[size:]
        return given


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    assert rows(HEADER + '"a\nb",c\n\n,,\n d , e ') == [
        Row(2, {"agent name": "a\nb", "human owner": "c"}),
        Row(5, {"agent name": "d", "human owner": "e"}),
    ]


def test_byte_order_mark_case_spaces_and_order_of_the_header_do_not_matter() -> None:
    assert rows("\ufeffHuman-Owner,REGION,Agent_Name\r\nx,y,z\r\n") == [
        Row(2, {"human owner": "x", "region": "y", "agent name": "z"})
    ]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("", "The first row must name the columns: agent name, human owner."),
        ("\n", "The first row must name the columns: agent name, human owner."),
        ("agent name\n", "Missing columns: human owner."),
        ("agent name,human ownr\n", "Unknown column “human ownr”. Did you mean “human owner”?"),
        ("agent name,human owner,xyzzy\n", "Unknown column “xyzzy”."),
        ("agent name,human owner,Agent-Name\n", "The column “agent name” is there twice."),
        ("agent name;human owner\n", "The columns are not separated by commas. Save the file as “CSV UTF-8 (comma separated)”."),
        ("agent name\thuman owner\n", "The columns are not separated by commas. Save the file as “CSV UTF-8 (comma separated)”."),
        (HEADER + "a,\x00\n", "Line 2 holds the character NUL. This is not a CSV file."),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_a_sentence(raw: str, sentence: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        rows(raw)
    assert refusal.value.sentence == sentence


def test_other_encodings_are_refused() -> None:
    with pytest.raises(Unreadable, match="not UTF-8"):
        rows((HEADER + "Müller,x\n").encode("latin-1"))
    with pytest.raises(Unreadable):
        rows(HEADER.encode("utf-16"))


@pytest.mark.parametrize("raw", ['"a"b,c\n', '"open,c\n' + "x,y\n" * 50_000])
def test_broken_quotes_are_refused(raw: str) -> None:
    with pytest.raises(Unreadable, match="quotation marks"):
        rows(HEADER + raw)


def test_a_row_of_another_width_is_a_fault_and_the_next_row_is_read() -> None:
    assert rows(HEADER + "a,b,c\nd,e\n") == [
        Fault(2, "", "This row has 3 cells, the header 2."),
        Row(3, {"agent name": "d", "human owner": "e"}),
    ]


def test_a_cell_that_is_a_book_is_a_fault() -> None:
    assert rows(HEADER + "x" * 20_001 + ",b\n") == [Fault(2, "agent name", "This cell is longer than 20,000 characters.")]


def test_a_million_cells_in_one_line_are_refused() -> None:
    with pytest.raises(TooLarge, match="Line 2"):
        rows(HEADER + "," * 1_000_000)


def test_the_row_after_the_millionth_is_refused_in_little_memory() -> None:
    source = Endless(itertools.chain([HEADER.encode()], itertools.repeat(b"a,b\n" * 1000)))
    given = read(source, COLUMNS)
    assert sum(1 for _ in itertools.islice(given, 1_000_000)) == 1_000_000
    with pytest.raises(TooLarge, match="more than 1,000,000 rows"):
        next(given)


def test_bytes_are_bounded_also_where_nothing_is_a_row() -> None:
    source = Endless(itertools.chain([HEADER.encode()], itertools.repeat(b",\n" * 1000)))
    with pytest.raises(TooLarge, match="larger than the 3 MB"):
        list(read(source, COLUMNS, max_bytes=3_000_000))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Unreadable):
        rows(HEADER.encode() + raw)


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_what_is_written_is_read_back_exactly(written: list[tuple[str, str]]) -> None:
    text = "".join(lines(COLUMNS.required, written))
    back = [tuple(row.cells.values()) for row in read(io.BytesIO(text.encode()), COLUMNS, guarded=True) if isinstance(row, Row)]
    assert back == [pair for pair in written if any(pair)]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_written_text_begins_like_a_formula(text: str) -> None:
    cell = next(csv.reader(io.StringIO("".join(lines(["x"], [[text]])), newline=""), strict=True))
    assert cell == ["x"]
    assert not safe_cell(text).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not safe_cell(text).startswith(("\t", "\r", "\x00"))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("@SUM(1)", "'@SUM(1)"),
        ("+1", "'+1"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("'=1", "''=1"),
        ("＝1", "'＝1"),
        ("it's = fine", "it's = fine"),
        (-5, "-5"),
        (-0.5, "-0.5"),
        (True, "True"),
        (None, ""),
    ],
)
def test_formulas_are_disarmed_and_numbers_stay_numbers(value: object, cell: str) -> None:
    assert safe_cell(value) == cell
