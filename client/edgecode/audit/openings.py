"""Facts that an auditor was shown, and whether they are the ones that the log committed to.

A file of openings has a JSON object a line: {"index": 7, "name": "scope", "salt": 64 hex digits,
"value": ...}; "origin" names the log where several are audited, "stream" is for people to read.
Beside them stand papers, which the log knows by their hashes alone: {"case": text} of clearances,
with the engine's whole "answer" where it was kept, and {"tables": text} of rules.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgecode.audit.findings import OPENING
from edgecode.audit.rules import Violation
from edgecode.log.commitments import SALT_BYTES, Opening, opens
from edgecode.log.leaf import Leaf

_REQUIRED = {"index", "name", "salt", "value"}
_ALLOWED = _REQUIRED | {"origin", "stream"}
_OPTIONAL = {"origin", "stream"}
_LINES_SHOWN = 5
_FILE_BYTES_MAX = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Papers:
    """Texts that the log commits to by their SHA-256: cases of clearances and tables of rules, and
    what the house says that the engine answered to a case."""

    cases: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)


class BadOpenings(ValueError):
    """The file of openings cannot be used; the message names the line."""


class Openings:
    """The openings of one log, by index of the entry and name."""

    def __init__(self) -> None:
        self.by_index: dict[int, dict[str, Opening]] = {}
        self.streams: dict[int, str] = {}
        self.line_count = 0
        self.first_lines: list[int] = []

    @property
    def lines(self) -> str:
        """The lines of the file that they stand in, for people: the first of them, and how many."""
        shown = ", ".join(map(str, self.first_lines))
        more = self.line_count - len(self.first_lines)
        return f"line{'s' * (self.line_count != 1)} {shown}" + (
            f" and {more:,} more" if more else ""
        )

    def note_line(self, number: int) -> None:
        """Take note that one of them stands in this line."""
        self.line_count += 1
        if len(self.first_lines) < _LINES_SHOWN:
            self.first_lines.append(number)

    def put_over(self, others: "Openings") -> Iterator[tuple[int, str]]:
        """Add others, in the place of those of the same commitment; yield the entry and the name
        of each that another one took the place of."""
        for index, names in others.by_index.items():
            mine = self.by_index.setdefault(index, {})
            for name, opening in names.items():
                if mine.setdefault(name, opening) != opening:
                    yield index, name
                    mine[name] = opening
            if index in others.streams:
                self.streams[index] = others.streams[index]

    def part(self, first: int, size: int | None) -> "Openings":
        """Return those of the entries from `first` on, `size` of them or all, counted from 0."""
        part = Openings()
        for index, names in self.by_index.items():
            if first <= index and (size is None or index < first + size):
                part.by_index[index - first] = dict(names)
                if index in self.streams:
                    part.streams[index - first] = self.streams[index]
        return part

    def check(self, index: int, leaf: Leaf) -> list[Violation]:
        """Return which openings of this entry do not open its commitments, and drop those: the
        rules see only facts that the log committed to."""
        wrong = []
        given = self.by_index[index]
        for name, opening in list(given.items()):
            commitment = leaf.commitments.get(name)
            if self.streams.get(index, leaf.stream) != leaf.stream:
                reason = f"it is said to be of {self.streams[index]:.100}"
            elif commitment is None:
                reason = "the entry has no such commitment"
            elif opens(commitment, opening):
                continue
            else:
                reason = "it does not open the commitment"
            del given[name]
            message = f"{leaf.stream}: the opening of {name} was refused: {reason}"
            wrong.append(Violation(OPENING, (index,), message))
        return wrong

    def beyond(self, size: int) -> Iterator[Violation]:
        """Yield which openings are of entries that the log does not have."""
        for index in sorted(self.by_index):
            if index >= size:
                message = f"openings are given for entry {index}; the log has {size} entries"
                yield Violation(OPENING, (index,), message)


def read_openings(path: Path) -> tuple[Mapping[str | None, Openings], Papers]:
    """Return the openings in a file by origin, None stands for the one log audited; and the papers
    in it. Raises BadOpenings, or OSError when the file cannot be read."""
    if path.stat().st_size > _FILE_BYTES_MAX:
        raise BadOpenings(f"{path}: longer than {_FILE_BYTES_MAX} bytes")
    found: dict[str | None, Openings] = {}
    papers = Papers()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = _object(line)
                if _is_paper(value):
                    _take_paper(papers, value)
                    continue
                origin, index, stream, name, opening = _parse(value)
                given = found.setdefault(origin, Openings())
                given.note_line(number)
                if stream is not None:
                    given.streams[index] = stream
                names = given.by_index.setdefault(index, {})
                if name in names:
                    raise ValueError(f"entry {index} has an opening of {name} already")
                names[name] = opening
            except ValueError as error:
                raise BadOpenings(f"{path}, line {number}: {error}") from None
    if not found:
        raise BadOpenings(f"{path}: there are no openings in it")
    return found, papers


def _object(line: bytes) -> Any:
    try:
        return json.loads(line.decode())
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _is_paper(value: Any) -> bool:
    return isinstance(value, dict) and bool({"case", "tables"} & set(value))


def _take_paper(papers: Papers, value: dict[str, Any]) -> None:
    kind = "tables" if "tables" in value else "case"
    text, others = value[kind], set(value) - {kind}
    if not isinstance(text, str) or others - ({"answer"} if kind == "case" else set()):
        raise ValueError("expected an object with the text of a case and its answer, or of tables")
    sha256 = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    if kind == "tables":
        papers.tables[sha256] = text
        return
    papers.cases[sha256] = text
    if value.get("answer") is not None:
        papers.answers[sha256] = value["answer"]


def _parse(value: Any) -> tuple[str | None, int, str | None, str, Opening]:
    if not isinstance(value, dict) or not _REQUIRED <= set(value) <= _ALLOWED:
        raise ValueError("expected an object with index, name, salt and value")
    index, name = value["index"], value["name"]
    origin, stream = value.get("origin"), value.get("stream")
    if type(index) is not int or index < 0:
        raise ValueError("index must be a whole number from 0")
    texts = (name, value["salt"], origin, stream)
    if set(map(type, texts)) - {str, type(None)} or name is None:
        raise ValueError("name, salt, stream and origin must be texts")
    try:
        salt = bytes.fromhex(value["salt"] or "")
    except ValueError:
        salt = b""
    if len(salt) != SALT_BYTES or salt.hex() != value["salt"]:
        raise ValueError(f"salt must be {2 * SALT_BYTES} lowercase hex digits")
    return origin, index, stream, name, Opening(salt, value["value"])
