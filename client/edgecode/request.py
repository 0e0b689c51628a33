"""`edgecode request`: drafts a request from a list of files, submits it, shows its board."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.client import Client
from edgecode.shapes import Item, Request, RequestDetail
from edgecode.site import Refused
from edgecode.tables import Column, add_format, write_json, write_rows
from edgecode.terminal import add_server, at_site, say
from edgecode.terms import add_terms, terms_of
from edgecode.wanted import read_wanted

# What a deal may grant.
_GRANTABLE = {"CLEAR", "CONDITIONAL"}


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    acts = parser.add_subparsers(dest="act", required=True, parser_class=type(parser))
    create = acts.add_parser("create", help="draft a request; nobody else sees it")
    create.add_argument(
        "files",
        type=Path,
        metavar="FILE",
        help="codes of files, a line each; CSV or JSON, as `edgecode search` writes; - reads them"
        " from standard input",
    )
    create.add_argument("--name", required=True)
    create.add_argument("--purpose", default="", help="the licensors read it")
    create.add_argument("--currency", required=True, help="ISO 4217")
    create.add_argument(
        "--price-minor",
        type=int,
        metavar="N",
        help="per file, in minor units (default: what the rate cards on offer say)",
    )
    add_terms(create, required=True)
    listed = acts.add_parser("list", help="all of them")
    show = acts.add_parser("show", help="its terms, and how its files stand")
    submit = acts.add_parser("submit", help="clear every file, and ask the licensors")
    board = acts.add_parser(
        "board",
        help="the verdict on each file; exit code 1: not all can be granted",
    )
    for each in (show, submit, board):
        each.add_argument("request", metavar="REQUEST", help="the request's edge code")
    for each in (listed, board):
        add_format(each)
    for each in (create, show, submit):
        each.add_argument("--json", action="store_true", help="what the API says, on one line")
    for each in (create, listed, show, submit, board):
        add_server(each)


def run(options: Namespace) -> int:
    return at_site(options, lambda client: _ACTS[options.act](client, options))


def _create(client: Client, options: Namespace) -> Exit:
    made = client.create_request(
        options.name,
        read_wanted(options.files),
        terms_of(options),
        currency=options.currency,
        price_minor=options.price_minor,
        purpose=options.purpose,
    )
    return _told(made, options)


def _list(client: Client, options: Namespace) -> Exit:
    write_rows(options, _REQUESTS, client.requests())
    return Exit.CLEAN


def _show(client: Client, options: Namespace) -> Exit:
    return _told(client.request(options.request), options)


def _submit(client: Client, options: Namespace) -> Exit:
    return _told(client.submit(options.request), options)


def _board(client: Client, options: Namespace) -> Exit:
    found = client.request(options.request)
    if found["submitted_at"] is None:
        raise Refused(
            f"{found['code']} is a draft: no file has a verdict yet; try edgecode estimate"
        )
    items = found["items"]
    write_rows(options, _BOARD, items)
    can = sum(item["verdict"] in _GRANTABLE for item in items)
    if not (options.json or options.csv):
        say(f"{can} of {len(items)} files can be granted")
    return Exit.CLEAN if can == len(items) else Exit.VIOLATIONS


_ACTS = {"create": _create, "list": _list, "show": _show, "submit": _submit, "board": _board}


def _told(request: RequestDetail, options: Namespace) -> Exit:
    if options.json:
        write_json(request)
        return Exit.CLEAN
    price = f"{request['price_minor']} {request['currency']} a file"
    if request["by_card"]:
        price = f"by rate card, {request['currency']}"
    said = {
        "request": request["code"],
        "name": request["name"],
        "state": request["state"],
        "uses": ", ".join(request["uses"]),
        "models": ", ".join(request["model_kinds"]),
        "territory": json.dumps(request["territory"]).strip('"'),
        "term": f"{request['starts_at']} .. {request['ends_at'] or 'perpetual'}",
        "exclusivity": request["exclusivity"],
        "price": price,
        "files": _counted(request["items"]),
        "deals": ", ".join(sorted({item["deal"] for item in request["items"] if item["deal"]})),
    }
    for name, value in said.items():
        if value:
            sys.stdout.write(f"{name:<12} {plain(value)}\n")
    return Exit.CLEAN


def _counted(items: list[Item]) -> str:
    counts = Counter(item["verdict"] for item in items if item["verdict"])
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    return f"{len(items)}: {told}" if told else str(len(items))


def _parts(item: Item) -> str:
    return " ".join(f"{start}-{end}" for start, end in item["ranges"])


_REQUESTS: tuple[Column[Request], ...] = (
    Column("request", lambda each: each["code"]),
    Column("name", lambda each: each["name"]),
    Column("state", lambda each: each["state"]),
    Column("price_minor", lambda each: each["price_minor"]),
    Column("currency", lambda each: each["currency"]),
    Column("created_at", lambda each: each["created_at"]),
    Column("submitted_at", lambda each: each["submitted_at"]),
)
_BOARD: tuple[Column[Item], ...] = (
    Column("asset", lambda item: item["asset"]),
    Column("parts_ms", _parts),
    Column("of", lambda item: item["of"]["code"], only_csv=True),
    Column("name", lambda item: item["of"]["name"]),
    Column("verdict", lambda item: item["verdict"]),
    Column("reasons", lambda item: " ".join(reason["code"] for reason in item["reasons"])),
    Column(
        "why", lambda item: " ".join(reason["text"] for reason in item["reasons"]), only_csv=True
    ),
    Column("agreed", lambda item: "yes" if item["agreed"] else "no"),
    Column("deal", lambda item: item["deal"]),
)
