"""`edgecode certificate`: fetches your side's certificate of a grant, a sealed PDF."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.client import Client, plain_code
from edgecode.terminal import add_server, at_site


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("grant", metavar="GRANT", help="the grant's edge code")
    parser.add_argument(
        "--to", type=Path, default=Path(), metavar="DIR", help="default: the current folder"
    )
    parser.add_argument("--lang", choices=("en", "ko"), default="en", help="its language")
    parser.add_argument(
        "--issue",
        action="store_true",
        help="make one if there is none: whoever has the address on it can read what it says",
    )
    add_server(parser)


def run(options: Namespace) -> int:
    return at_site(options, lambda client: _fetch(client, options))


def _fetch(client: Client, options: Namespace) -> Exit:
    code = plain_code(options.grant)
    if options.issue:
        client.issue_certificate(code)
    content = client.certificate(code, options.lang)
    options.to.mkdir(parents=True, exist_ok=True)
    path = options.to / f"certificate-{code}-{options.lang}.pdf"
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
    sys.stdout.write(f"{plain(path)}: fetched\n")
    return Exit.CLEAN
