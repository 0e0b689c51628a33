"""`edgecode estimate`: what could be had of a draft's files, and for how much; nothing is kept."""

import json
import sys
from argparse import ArgumentParser, Namespace

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.client import Client
from edgecode.shapes import Cost, Estimate, Had, Part
from edgecode.tables import write_json
from edgecode.terminal import add_server, at_site
from edgecode.terms import add_terms, terms_of


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("request", metavar="REQUEST", help="the draft's edge code")
    add_terms(parser, required=False)
    parser.add_argument("--json", action="store_true", help="what the API says, on one line")
    add_server(parser)


def run(options: Namespace) -> int:
    return at_site(options, lambda client: _estimate(client, options))


def _estimate(client: Client, options: Namespace) -> Exit:
    draft = client.request(options.request)
    told = client.estimate(options.request, terms_of(options, draft))
    if options.json:
        write_json(told)
    else:
        _write(told)
    return Exit.CLEAN


def _write(told: Estimate) -> None:
    _line("asked", _part(told["asked"]))
    _line("can be had", _had(told))
    for verdict, part in told["verdicts"].items():
        _line(verdict, _part(part))
    for obstacle in told["obstacles"]:
        _line("stopped by", f"{obstacle['reason']}: {_part(obstacle)}")
    for share in told["licensors"]:
        _line("licensor", f"{share['licensor']}: {_had(share)}")
    for change in told["changes"]:
        to = json.dumps(change["to"], ensure_ascii=False)
        _line("instead", f"{change['term']} {to}: {_had(change)}")


def _line(name: str, text: str) -> None:
    sys.stdout.write(f"{name:<12} {plain(text)}\n")


def _had(had: Had) -> str:
    return f"{_part(had['grantable'])}, {_cost(had['cost'])}"


def _part(part: Part) -> str:
    minutes, seconds = divmod(part["ms"] // 1000, 60)
    return f"{part['files']} files, {minutes}:{seconds:02} minutes"


def _cost(cost: Cost) -> str:
    sums = [f"{minor} {currency}" for currency, minor in cost["amounts"].items()]
    if cost["unpriced"]:
        sums.append(f"{cost['unpriced']} files without a price")
    return " + ".join(sums) or "no price"
