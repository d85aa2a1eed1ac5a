"""Strict CSV: in one row at a time, out so that no spreadsheet executes it (ASVS 5.0 V1.2.10)."""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from django.utils.translation import gettext as _

from agents.intake.bounded import Bounded, Source
from agents.intake.errors import TooLarge, Unreadable
from agents.intake.reports import Fault
from agents.intake.strict_json import printable

MAX_BYTES = 200_000_000
MAX_ROWS = 1_000_000
MAX_CELL = 20_000  # characters
MAX_LINE = 500_000  # characters; also bounds the number of cells

# What a spreadsheet may execute, full-width signs too; apostrophes in front count, so that guarding can be undone exactly.
GUARDED = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")


@dataclass(frozen=True)
class Columns:
    """The header that a file must have. Names are compared without case, spaces, hyphens and underscores."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.required + self.optional


@dataclass(frozen=True)
class Row:
    """number: as a spreadsheet counts, the header being row 1. cells: by column name, without white space around."""

    number: int
    cells: dict[str, str]


def read(
    source: Source, columns: Columns, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES, guarded: bool = False
) -> Iterator[Row | Fault]:
    """The rows in order, a Fault instead of a row whose cells do not fit the header; empty rows are passed over.

    guarded: the file was written by `lines`, so the apostrophe in front of a formula's sign is taken away again.
    Raises Unreadable for a wrong header, other text than UTF-8, NUL and broken quotes; TooLarge beyond a limit. Both may
    come after rows were given: read a file to its end before anything of it is stored.
    """
    reader = csv.reader(_lines(Bounded(source, max_bytes)), strict=True)
    try:
        names = _header(next(reader, []), columns)
        seen = 0
        for number, raw in enumerate(reader, start=2):
            cells = [cell.strip() for cell in raw]
            if not any(cells):
                continue
            seen += 1
            if seen > max_rows:
                raise TooLarge(
                    _("This file has more than %(limit)s rows. Split it and import the parts.") % {"limit": f"{max_rows:,}"}
                )
            yield _row(number, cells, names, guarded)
    except csv.Error as problem:
        raise Unreadable(
            _("Line %(line)d: the quotation marks do not close as they should (%(what)s).")
            % {"line": reader.line_num, "what": problem}
        ) from problem
    except UnicodeDecodeError as problem:
        raise Unreadable(
            _("After line %(line)d there is a byte that is not UTF-8. Save the file as “CSV UTF-8”.") % {"line": reader.line_num}
        ) from problem


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV text line by line (RFC 4180, CRLF). Text that a spreadsheet would execute gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for cells in chain([header], rows):
        writer.writerow([safe_cell(cell) for cell in cells])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def safe_cell(value: object) -> str:
    """Numbers stay numbers; text that begins like a formula, also behind apostrophes, gets one apostrophe more."""
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if GUARDED.match(text) else text


def _lines(source: Bounded) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(source), encoding="utf-8-sig", newline="")
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if "\x00" in line:
            raise Unreadable(_("Line %(line)d holds the character NUL. This is not a CSV file.") % {"line": number})
        if len(line) >= MAX_LINE:
            raise TooLarge(_("Line %(line)d is longer than %(limit)s characters.") % {"line": number, "limit": f"{MAX_LINE:,}"})
        yield line


def _header(cells: list[str], columns: Columns) -> list[str]:
    """The columns' own names in the file's order."""
    if not any(cell.strip() for cell in cells):
        raise Unreadable(_("The first row must name the columns: %(columns)s.") % {"columns": ", ".join(columns.required)})
    by_key = {_key(name): name for name in columns.all}
    if len(cells) == 1 and _key(cells[0]) not in by_key and re.search(r"[;\t|]", cells[0]):
        raise Unreadable(_("The columns are not separated by commas. Save the file as “CSV UTF-8 (comma separated)”."))
    names: list[str] = []
    for cell in cells:
        name = by_key.get(_key(cell))
        if name is None:
            close = difflib.get_close_matches(_key(cell)[:60], by_key, n=1)
            hint = _(" Did you mean “%(name)s”?") % {"name": by_key[close[0]]} if close else ""
            raise Unreadable(_("Unknown column “%(name)s”.") % {"name": printable(cell.strip())} + hint)
        if name in names:
            raise Unreadable(_("The column “%(name)s” is there twice.") % {"name": name})
        names.append(name)
    missing = [name for name in columns.required if name not in names]
    if missing:
        raise Unreadable(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)})
    return names


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.casefold())


def _row(number: int, cells: list[str], names: list[str], guarded: bool) -> Row | Fault:
    if len(cells) != len(names):
        return Fault(
            number, "", _("This row has %(have)d cells, the header %(want)d.") % {"have": len(cells), "want": len(names)}
        )
    for name, cell in zip(names, cells, strict=True):
        if len(cell) > MAX_CELL:
            return Fault(number, name, _("This cell is longer than %(limit)s characters.") % {"limit": f"{MAX_CELL:,}"})
    if guarded:
        cells = [cell[1:] if cell.startswith("'") and GUARDED.match(cell, 1) else cell for cell in cells]
    return Row(number, dict(zip(names, cells, strict=True)))
