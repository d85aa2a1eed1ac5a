"""Lists as CSV, row by row, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse

from agents import clock
from agents.intake.csv_files import lines

CHUNK = 2_000  # rows read at once


def as_csv(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A download named after the list and the day. Times in it are ISO 8601 in UTC."""
    answer = StreamingHttpResponse(lines([str(cell) for cell in header], rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    return answer


def moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
