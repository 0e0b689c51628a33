"""What this auditor has seen before: signed checkpoints, a JSON line each, only ever added to.

A log that shows different trees to different people, or another one today than yesterday, is
found out by whoever remembers. So a damaged memory is an error and not an empty one.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from edgecode.audit.findings import Seen
from edgecode.audit.web import Unreadable
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.notes import note_text
from edgecode.log.shardlist import first_of, is_name

_FIELDS = {"at", "note", "source"}
_STEM_MAX = 200  # of the name of a file


class Memory:
    """The file of seen checkpoints; of one log, or of several where the auditor names it. What is
    added here was not seen before: it is not among what is returned."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the file, or None for one per log in the user's state folder."""
        self._path = path
        self._added: set[tuple[Checkpoint, str]] = set()

    def seen(self, origin: str) -> tuple[Seen, ...]:
        """Return what was seen of a log, oldest first, each checkpoint once. Raises Unreadable for
        a damaged file."""
        found: dict[Checkpoint, Seen] = {}
        for each in self._before(self._file(origin)):
            if each.checkpoint.origin == origin:
                found.setdefault(each.checkpoint, each)
        return tuple(found.values())

    def seen_of(self, firsts: Iterable[str]) -> Iterator[Seen]:
        """Yield what was seen of the histories whose first logs have these names, a checkpoint for
        each address where it was. Raises Unreadable for a damaged file."""
        wanted = set(firsts)
        for path in sorted({path for first in wanted for path in self._files(first)}):
            for each in self._before(path):
                if first_of(each.checkpoint.origin) in wanted:
                    yield each

    def add(self, seen: Seen) -> None:
        """Remember a checkpoint and where it was, for good once this returns; both together are
        written once."""
        path, new = self._file(seen.checkpoint.origin), (seen.checkpoint, seen.source)
        if any((each.checkpoint, each.source) == new for each in self._all(path)):
            return
        self._added.add(new)
        line = json.dumps({"at": seen.at, "note": seen.note, "source": seen.source}) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="ascii") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unreadable(f"{path}: cannot be written: {error.strerror}") from None

    def _file(self, origin: str) -> Path:
        if self._path is not None:
            return self._path
        return _folder() / f"{_stem(origin)}.jsonl"

    def _files(self, first: str) -> Iterator[Path]:
        """Yield the files of the logs of a history: of its first log, and of those of any year."""
        yield self._file(first)
        if self._path is None and (folder := _folder()).is_dir():
            start = _stem(f"{first}/")
            for path in folder.iterdir():
                year = path.stem.removeprefix(start)
                if path.stem.startswith(start) and (is_name(year) or len(path.stem) == _STEM_MAX):
                    yield path

    def _before(self, path: Path) -> Iterator[Seen]:
        return (e for e in self._all(path) if (e.checkpoint, e.source) not in self._added)

    def _all(self, path: Path) -> Iterator[Seen]:
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise Unreadable(f"{path}: {error}") from None
        lines = text.split("\n")
        if lines.pop():
            lines.append("")  # the last one was cut short
        for number, line in enumerate(lines, 1):
            try:
                yield _parse(line)
            except (ValueError, TypeError, AttributeError, RecursionError):
                raise Unreadable(
                    f"{path}, line {number}: damaged; put the file back from a copy, or take the"
                    " line out, and with it what it remembers"
                ) from None


def _folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "edgecode"


def _stem(origin: str) -> str:
    return quote(origin, safe="")[:_STEM_MAX]


def _parse(line: str) -> Seen:
    value = json.loads(line)
    if set(value) != _FIELDS or not all(type(part) is str for part in value.values()):
        raise ValueError("fields")
    checkpoint = parse_checkpoint(note_text(value["note"]))
    return Seen(checkpoint, value["note"], value["at"], value["source"])
