"""`edgecode sighting`: reports where a file was seen, and says what it is found to be."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.client import Client
from edgecode.shapes import Told
from edgecode.tables import write_json
from edgecode.terminal import add_server, at_site, moment

_MORE = ("link", "use", "territory", "model_kind")


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, help="what was seen: it is sent, and not kept")
    what.add_argument("--manifest", metavar="ID", help="the name of the manifest that it carries")
    parser.add_argument("--platform", required=True, metavar="NAME", help="where it was seen")
    parser.add_argument("--link", metavar="URL", help="its address there; nobody follows it")
    parser.add_argument(
        "--at",
        type=moment,
        metavar="TIME",
        help="when it was seen: 2027-01-31 or 2027-01-31T12:00:00Z (default: now)",
    )
    parser.add_argument("--use", help="what was done with it, such as train.finetune")
    parser.add_argument("--territory", metavar="COUNTRY", help="where: a country, such as KR")
    parser.add_argument("--model-kind", metavar="KIND", help="of the model that was made with it")
    parser.add_argument("--json", action="store_true", help="what the API says, on one line")
    add_server(parser)


def run(options: Namespace) -> int:
    return at_site(options, lambda client: _report(client, options))


def _report(client: Client, options: Namespace) -> Exit:
    more = {name: getattr(options, name) for name in _MORE if getattr(options, name) is not None}
    told = client.report_sighting(
        options.manifest or options.file,
        platform=options.platform,
        seen_at=options.at or datetime.now(UTC),
        **more,
    )
    if options.json:
        write_json(told)
    else:
        _write(told)
    return Exit.CLEAN


def _write(told: Told) -> None:
    sys.stdout.write(f"{plain(told['headline'])}\n")
    for name, text in (
        ("sighting", told["code"]),
        ("known by", told["matched"]),
        ("answer", told["answer"]),
        ("term", told["term"]),
    ):
        if text:
            sys.stdout.write(f"{name:<9} {plain(text)}\n")
