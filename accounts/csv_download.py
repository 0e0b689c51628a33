"""A table as a CSV file: sent while it is read, and harmless when a spreadsheet opens it."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.http import StreamingHttpResponse

# A cell that begins so is a formula to a spreadsheet, the wide forms too in East Asian ones.
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")
# Without it Excel takes UTF-8 for a code page of the machine, and Korean is lost.
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

type Cell = str | int | None


class _Line:
    """What csv writes to: hands the line on."""

    def write(self, line: str) -> str:
        return line


def csv_response(
    filename: str,
    header: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    *,
    for_programs: bool = False,
) -> StreamingHttpResponse:
    """Return the rows under their header (RFC 4180, UTF-8) as a file to save: with a byte order
    mark unless it is for programs, which would take it for a part of the first name."""
    lines = _lines(header, rows)
    if not for_programs:
        lines = chain([_BYTE_ORDER_MARK], lines)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(header: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow([_harmless(cell) for cell in header])
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Cell) -> Cell:
    """Return text that would be read as a formula behind an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
