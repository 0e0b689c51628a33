"""One cell as a file has it, and one row of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

Kind = Literal["text", "number", "date", "flag", "error"]
FORMULA, MERGED, NO_RESULT = 1, 2, 4

MAX_CELL_CHARS = 32_767  # Excel's own limit


class Cell(NamedTuple):
    """`text` is the value as written; of a `date`, the workbook's count of days.

    `marks` says what else is to be known: FORMULA (this is its last result), NO_RESULT (a formula
    that was never computed), MERGED (the value is that of the first of several merged cells).
    """

    text: str
    kind: Kind = "text"
    marks: int = 0


class Bad(Exception):
    """A value that cannot be read; `code` and `params` are for translations."""

    def __init__(self, code: str, message: str, **params: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.params = params


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a source: cells by column name, and what the source alone knows.

    `columns` are names of `catalog.imports.columns`; cells of other headers are in `other`.
    `address` gives the place of a column, `epoch_1904` how its dates count.
    """

    sheet: str
    number: int
    cells: Mapping[str, Cell]
    address: Callable[[str], str]
    other: Mapping[str, Cell] = field(default_factory=dict)
    problems: tuple[tuple[str, Bad], ...] = ()  # column and what the source found wrong
    epoch_1904: bool = False
    is_avails: bool = True


def plain_number(text: str) -> str:
    """Return a spreadsheet's number as a person would write it: `7.9900000000000002` is 7.99.

    A spreadsheet holds 15 digits; what lies beyond is noise of its binary form.
    """
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > 300:
        raise Bad("number", f"{text[:40]!r} is not a usable number.", value=text[:40])
    number = round(number, 14 - number.adjusted()) if number else Decimal(0)
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
