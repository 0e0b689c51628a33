"""A row of an import on its way into the catalogue."""

from dataclasses import dataclass
from typing import Any

from catalog.importing.avails import Said
from catalog.importing.matching import Entry
from catalog.importing.works import Work
from catalog.imports.rows import Finding, Row
from catalog.models import RowOutcome


@dataclass(slots=True)
class Line:
    """A row on its way: what it means, and what is found on that way."""

    row: Row
    findings: list[Finding]
    work: Work | None = None
    said: Said | None = None
    entry: Entry | None = None
    is_new: bool = False  # brought a title or terms
    is_change: bool = False  # changed what was there

    @property
    def is_rejected(self) -> bool:
        return any(finding.level == "error" for finding in self.findings)

    def find(self, level: Any, column: str, code: str, message: str, **params: str) -> None:
        place = f"{self.row.sheet}!{self.row.number}"
        self.findings.append(Finding(level, column, place, code, message, params))

    @property
    def outcome(self) -> RowOutcome:
        if self.is_rejected:
            return RowOutcome.REJECTED
        if not self.is_new and not self.is_change:
            return RowOutcome.UNCHANGED
        if any(finding.level == "warning" for finding in self.findings):
            return RowOutcome.WARNED
        return RowOutcome.ACCEPTED if self.is_new else RowOutcome.CHANGED
