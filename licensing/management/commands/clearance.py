"""`manage.py clearance CASE.json`: verdicts on cases, as the contract writes both."""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ledger import edge_code
from licensing.clearance import CaseError, Clearing, clear, compile_assets
from licensing.made_up_library import AS_OF, REQUEST, library
from licensing.models import Clearance, Readiness
from licensing.verdicts.time_machine import Again, reckon_again, reckon_title_again


class Command(BaseCommand):
    help = (
        "Say whether the rights in a case may be licensed. CASE is a file with one "
        "clearance-case/1 as JSON, or with one on each line; - is the standard input."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", nargs="?", help="the file; - for the standard input")
        parser.add_argument(
            "--again",
            metavar="CODE",
            help="reckon a verdict on record again, from what it names: of a clearance, or of a"
            " title the answer to the standard question",
        )
        parser.add_argument("--bench", type=int, metavar="ASSETS", help="measure on so many")
        parser.add_argument("--seed", type=int, default=7, help="of the measured library")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["bench"] is not None:
            self.stdout.write(json.dumps(_bench(options["bench"], options["seed"])))
            return
        try:
            if options["again"] is not None:
                self._again(options["again"])
                return
            _speak_utf8()
            for verdict in _verdicts(options["case"]):
                self.stdout.write(json.dumps(verdict, ensure_ascii=False))
        except _Unreadable as error:
            sys.stderr.write(f"clearance: {error}\n")
            sys.exit(2)

    def _again(self, code: str) -> None:
        """Print that the verdict is reproduced, or what differs, and then exit with 1."""
        kept = _on_record(code)
        if isinstance(kept, Clearance):
            name, again = kept.display_code, reckon_again(kept)
        else:
            name, again = kept.title.display_code, reckon_title_again(kept)
        self.stdout.write(
            _told(f"{name} {kept.verdict} case {kept.case_sha256}", kept.engine, again)
        )
        if not again.is_reproduced:
            sys.exit(1)


class _Unreadable(Exception):
    """No case, or a malformed one; the message says where."""


def _on_record(code: str) -> Clearance | Readiness:
    try:
        plain = edge_code.parse(code)
    except ValueError:
        raise _Unreadable(f"{code}: is no edge code") from None
    clearances = Clearance.objects.select_related("decision__tables")
    answers = Readiness.objects.select_related("title__organisation")
    found: Clearance | Readiness | None = (
        clearances.filter(code=plain).first() or answers.filter(title__code=plain).first()
    )
    if found is None:
        raise _Unreadable(f"{code}: no verdict of this code is on record")
    return found


def _told(what: str, engine: str, again: Again) -> str:
    if again.is_reproduced:
        return f"reproduced: {what} tables {again.tables} {again.engine}"
    lines = [f"  {each.what}: {each.then} -> {each.now}" for each in again.differences]
    return "\n".join([f"differs: {what} decided by {engine}", *lines])


def _speak_utf8() -> None:
    """Cases and verdicts are UTF-8, whatever the locale is."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def _verdicts(name: str | None) -> Iterator[dict[str, Any]]:
    for where, text in _cases(_read(name)):
        try:
            yield clear(_parsed(text))
        except CaseError as error:
            raise _Unreadable(f"{where}{error}") from None


def _read(name: str | None) -> str:
    if name is None:
        raise _Unreadable("name a file with a case, or - for the standard input")
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise _Unreadable(f"{name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Unreadable(f"{name}: is not UTF-8") from None
    text = text.removeprefix("\ufeff")  # some editors write it before UTF-8
    if not text.strip():
        raise _Unreadable(f"{name}: there is no case in it")
    return text


def _cases(text: str) -> Iterator[tuple[str, str]]:
    """Each case and where it stands: the whole text, where it is one object, else its lines."""
    with suppress(ValueError, RecursionError):
        if isinstance(json.loads(text), dict):
            yield "", text
            return
    # Not `splitlines`: texts in JSON may hold other signs that it takes for the end of a line.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}: ", line


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_keys_once)
    except CaseError:
        raise
    except (ValueError, RecursionError) as error:
        raise CaseError("$", f"is not JSON: {error}") from None


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One reader takes the first of two, another the last: nobody knows which was meant."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CaseError("$", f"gives {twice!r} twice in one object")
    return fields


def _bench(size: int, seed: int) -> dict[str, Any]:
    assets = library(size, seed)
    started = time.perf_counter()
    compiled = compile_assets(assets, AS_OF)
    ready = time.perf_counter()
    verdicts = Counter(word for _, word, _ in Clearing(compiled, REQUEST).answers())
    done = time.perf_counter()
    return {
        "assets": size,
        "facts": sum(map(len, assets.values())),
        "compile_s": round(ready - started, 3),
        "clear_s": round(done - ready, 3),
        "verdicts": dict(sorted(verdicts.items())),
    }
