"""The cells of one record, read column by column, each doubt a finding with its place."""

from collections.abc import Callable
from dataclasses import dataclass, field

from catalog.imports import words
from catalog.imports.cells import MAX_CELL_CHARS, Bad, Cell, Record, plain_number
from catalog.imports.dates import Reading
from catalog.imports.rows import Finding, Level

MAX_TEXT = 2_000
MAX_NAME = 300


@dataclass
class Fields:
    """The cells of one record, read column by column; what was never asked for is `left`."""

    record: Record
    reading: Reading
    findings: list[Finding] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def cell(self, column: str) -> Cell | None:
        self.asked.add(column)
        cell = self.record.cells.get(column)
        if cell is None or cell.kind not in ("error", "number"):
            return cell
        if cell.kind == "error":
            self.find("error", column, Bad("cell_error", f"The cell holds the error {cell.text}."))
            return None
        return self._number(column, cell)

    def _number(self, column: str, cell: Cell) -> Cell | None:
        try:
            return cell._replace(text=plain_number(cell.text))
        except Bad as bad:
            self.find("error", column, bad)
            return None

    def text(self, column: str, most: int = MAX_TEXT, level: Level = "error") -> str:
        """Return a text in one line."""
        cell = self.cell(column)
        text = " ".join(cell.text.split()) if cell else ""
        if cell and cell.kind == "flag":
            text = {"1": "Yes", "0": "No"}.get(text, text)
        if len(text) > most:
            self.find(level, column, Bad("long", f"Longer than {most} characters."))
            return text[:most]
        return text

    def people(self, column: str) -> list[str]:
        """Return the names of a list."""
        return words.split_people(self.text(column, MAX_CELL_CHARS))

    def name(self, column: str) -> str:
        """A text that is no number or date, as a spreadsheet may have made of `1917` or `9-1-1`."""
        cell = self.record.cells.get(column)
        if cell and cell.kind == "date":
            bad = Bad("name_date", "The spreadsheet turned this text into a date; format as text.")
            self.find("error", column, bad)
        return self.text(column, MAX_NAME)

    def read[T](self, column: str, reader: Callable[[Cell], T], level: Level = "error") -> T | None:
        """Return what `reader` makes of a cell; None for an empty or a bad one, with a finding."""
        cell = self.cell(column)
        if cell is None or not cell.text.strip():
            return None
        try:
            return reader(cell)
        except Bad as bad:
            self.find(level, column, bad)
            return None

    def read_text[T](
        self, column: str, reader: Callable[[str], T], level: Level = "error"
    ) -> T | None:
        return self.read(column, lambda cell: reader(cell.text), level)

    def each[T](
        self,
        column: str,
        reader: Callable[[str], T],
        level: Level = "error",
        separators: str = ",;",
    ) -> list[T]:
        """Return what `reader` makes of the parts of a list, without repetition."""
        found: list[T] = []
        for part in words.split(self.text(column), separators):
            try:
                found.append(reader(part))
            except Bad as bad:
                self.find(level, column, bad)
        return list(dict.fromkeys(found))

    def find(self, level: Level, column: str, bad: Bad) -> None:
        self.findings.append(
            Finding(level, column, self.record.address(column), bad.code, bad.message, bad.params)
        )

    def require(self, *columns: str) -> None:
        """Reject the row if all of these are empty."""
        if not any(self.record.cells.get(column) for column in columns):
            message = f"{' or '.join(columns)} is required."
            self.find("error", columns[0], Bad("required", message, column=columns[0]))

    def left(self) -> dict[str, str]:
        """Return the columns kept as they were written."""
        kept = {name: cell.text for name, cell in self.record.other.items()}
        for column, cell in self.record.cells.items():
            if column not in self.asked:
                kept[column] = cell.text
        return {name[:100]: text[:MAX_TEXT] for name, text in kept.items()}
