"""`edgecode search`: what is on offer, or one's own, while it is found."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from itertools import islice

from edgecode.audit.outcome import Exit
from edgecode.client import Client
from edgecode.shapes import SearchResult
from edgecode.tables import Column, add_format, write_rows
from edgecode.terminal import add_server, at_site, say

LEVELS = ("asset", "title", "shot", "line")
# The facets of the API's search: given several times, their values are alternatives.
FILTERS = (
    "kind", "work", "duration", "resolution", "frame_rate", "language", "genre", "country", "year",
    "technique", "rights", "offer", "use", "currency", "price",
)  # fmt: skip
_RANGES = {
    "years": "1990..1999, 1990.., ..1999 or 1999, both ends included",
    "seconds": "how long: 60..600",
    "price_minor": "in minor units of the one --currency: ..100000",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="all must occur")
    parser.add_argument("--level", choices=LEVELS, default="asset", help="what to find")
    parser.add_argument("--order", metavar="NAME", help="name, year, ...; `-` before it turns it")
    filters = parser.add_argument_group("filters", "given again, a value is an alternative")
    for name in FILTERS:
        filters.add_argument(_option(name), dest=name, action="append", metavar="VALUE")
    for name, told in _RANGES.items():
        filters.add_argument(_option(name), dest=name, metavar="FROM..TO", help=told)
    parser.add_argument(
        "--most", type=_count, metavar="N", help="stop after so many (default: all)"
    )
    add_format(parser)
    add_server(parser)


def run(options: Namespace) -> int:
    return at_site(options, lambda client: _search(client, options))


def _search(client: Client, options: Namespace) -> Exit:
    given = {name: getattr(options, name) for name in (*FILTERS, *_RANGES, "order")}
    filters = {name: value for name, value in given.items() if value is not None}
    found = client.search(" ".join(options.words), level=options.level, **filters)
    count = write_rows(options, _COLUMNS, islice(found, options.most))
    if not (options.json or options.csv):
        say(f"{count} found" if options.most != count else f"the first {count}")
    return Exit.CLEAN


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r:.40} is no number from 1 on")
    return int(text)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _place(hit: SearchResult, end: str) -> int | None:
    lies = hit["shot"] or hit["line"]
    return None if lies is None else lies["start_ms"] if end == "start_ms" else lies["end_ms"]


def _length(hit: SearchResult) -> int | None:
    return hit["asset"]["facts"].get("duration_ms") if hit["asset"] else None


_COLUMNS: tuple[Column[SearchResult], ...] = (
    Column("asset", lambda hit: hit["asset"] and hit["asset"]["code"]),
    Column("from_ms", lambda hit: _place(hit, "start_ms"), only_csv=True),
    Column("to_ms", lambda hit: _place(hit, "end_ms"), only_csv=True),
    Column("title", lambda hit: hit["title"]["code"]),
    Column("name", lambda hit: hit["title"]["name"]),
    Column("year", lambda hit: hit["title"]["year"]),
    Column("kind", lambda hit: hit["asset"]["kind"] if hit["asset"] else hit["title"]["kind"]),
    Column("mime", lambda hit: hit["asset"] and hit["asset"]["mime"], only_csv=True),
    Column("duration_ms", _length),
    Column("line", lambda hit: hit["line"] and hit["line"]["text"], only_csv=True),
    Column("holder", lambda hit: hit["title"]["organisation"]["name"]),
    Column("offer", lambda hit: hit["offer"] and hit["offer"]["code"], only_csv=True),
    Column("price_minor", lambda hit: hit["offer"] and hit["offer"]["price_minor"]),
    Column("currency", lambda hit: hit["offer"] and hit["offer"]["currency"]),
    Column("per", lambda hit: hit["offer"] and hit["offer"]["per"]),
)
