"""Which files a request is for, read from a file: codes, CSV or JSON, as `edgecode search` writes.

A file is named by its code; parts of it by their milliseconds, a row each.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgecode.shapes import Range, Wanted
from edgecode.site import Refused

FILES_MAX = 10_000
_BYTES_MAX = 32 * 2**20

type Row = tuple[str, Range | None]


def read_wanted(path: Path) -> list[Wanted]:
    """Return the files and parts that a file names, `-` for standard input, each file once, in
    their order. Raises Refused, naming the line."""
    text = _text(path)
    begins = text.lstrip()[:1]
    read = _json if begins and begins in "[{" else _csv if _is_csv(text) else _lines
    try:
        wanted = _joined(read(text))
    except Refused as refusal:
        raise Refused(f"{path}: {refusal}") from None
    if not wanted:
        raise Refused(f"{path}: names no file")
    if len(wanted) > FILES_MAX:
        raise Refused(f"{path}: names {len(wanted)} files; a request has {FILES_MAX} at most")
    return wanted


def _text(path: Path) -> str:
    with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
        raw = file.read(_BYTES_MAX + 1)
    if len(raw) > _BYTES_MAX:
        raise Refused(f"{path}: longer than {_BYTES_MAX} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{path}: is not UTF-8") from None


def _joined(rows: Iterable[Row]) -> list[Wanted]:
    """A file that is named whole is asked for whole, whatever parts are named beside it."""
    parts: dict[str, list[Range] | None] = {}
    for code, part in rows:
        known = parts.setdefault(code, [])
        if part is None or known is None:
            parts[code] = None
        else:
            known.append(part)
    return [
        code if ranges is None else {"asset": code, "ranges": ranges}
        for code, ranges in parts.items()
    ]


def _lines(text: str) -> Iterator[Row]:
    """A code a line; what stands behind `#` is for people."""
    for line in text.splitlines():
        if code := line.partition("#")[0].strip():
            yield code, None


def _is_csv(text: str) -> bool:
    return "asset" in _names(text.partition("\n")[0])


def _names(line: str) -> list[str]:
    return next(csv.reader([line.strip("\r\n")]), [])


def _csv(text: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            where = f"line {reader.line_num}"
            code = (row["asset"] or "").strip()
            if not code:
                raise Refused(f"{where}: names no file in its column “asset”")
            yield code, _range(row.get("from_ms"), row.get("to_ms"), where)
    except csv.Error as error:
        raise Refused(f"line {reader.line_num}: {error}") from None


def _json(text: str) -> Iterator[Row]:
    """A list; or an object a line."""
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else None
        listed = found if found is not None else [json.loads(line) for line in _filled(text)]
    except ValueError as error:
        raise Refused(f"is no JSON: {error}") from None
    for number, each in enumerate(listed, 1):
        yield from _one(each, f"entry {number}")


def _filled(text: str) -> list[str]:
    # No other ends of lines: a name may hold them.
    return [line for line in text.split("\n") if line.strip()]


def _one(each: Any, where: str) -> Iterator[Row]:
    """A code, a file with its ranges, or what search found."""
    named = each.get("asset") if isinstance(each, dict) else each
    code = named.get("code") if isinstance(named, dict) else named
    if not isinstance(code, str) or not code:
        raise Refused(f"{where}: names no file; search for files: --level asset")
    if not isinstance(each, dict):
        yield code, None
        return
    lies = each.get("shot") or each.get("line")
    if isinstance(lies, dict):
        yield code, _range(lies.get("start_ms"), lies.get("end_ms"), where)
        return
    ranges = each.get("ranges")
    if not ranges:
        yield code, None
        return
    for pair in ranges if isinstance(ranges, list) else [ranges]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise Refused(f"{where}: a range is two numbers of milliseconds")
        yield code, _range(pair[0], pair[1], where)


def _range(start: object, end: object, where: str) -> Range | None:
    """Return a range of milliseconds; None where neither end is given."""
    if start in (None, "") and end in (None, ""):
        return None
    numbers = [str(each).strip() for each in (start, end)]
    if not all(each.isascii() and each.isdigit() and len(each) < 16 for each in numbers):
        raise Refused(f"{where}: from_ms and to_ms are both numbers of milliseconds, or both empty")
    return [int(each) for each in numbers]
