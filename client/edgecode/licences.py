"""`edgecode deals` and `edgecode grants`: what is under way, and what is held."""

from argparse import ArgumentParser, Namespace

from edgecode.audit.outcome import Exit
from edgecode.client import Client, plain_code
from edgecode.shapes import Deal, Grant
from edgecode.tables import Column, add_format, write_rows
from edgecode.terminal import add_server, at_site


def add_deals(parser: ArgumentParser) -> None:
    """Describe the command line of `deals`."""
    parser.add_argument("--request", metavar="REQUEST", help="only those of this request")
    parser.add_argument("--state", help="open, approved, granted, ...")
    add_format(parser)
    add_server(parser)


def add_grants(parser: ArgumentParser) -> None:
    """Describe the command line of `grants`."""
    parser.add_argument("--state", help="active, pending, expired, superseded or revoked")
    add_format(parser)
    add_server(parser)


def run_deals(options: Namespace) -> int:
    return at_site(options, lambda client: _deals(client, options))


def run_grants(options: Namespace) -> int:
    return at_site(options, lambda client: _grants(client, options))


def _deals(client: Client, options: Namespace) -> Exit:
    filters = {"request": plain_code(options.request)} if options.request else {}
    write_rows(options, _DEALS, client.deals(**filters, **_state(options)))
    return Exit.CLEAN


def _grants(client: Client, options: Namespace) -> Exit:
    write_rows(options, _GRANTS, client.grants(**_state(options)))
    return Exit.CLEAN


def _state(options: Namespace) -> dict[str, str]:
    return {"state": options.state} if options.state else {}


_DEALS: tuple[Column[Deal], ...] = (
    Column("deal", lambda deal: deal["code"]),
    Column("request", lambda deal: deal["request"]),
    Column("licensor", lambda deal: deal["licensor"]["name"]),
    Column("licensee", lambda deal: deal["licensee"]["name"], only_csv=True),
    Column("state", lambda deal: deal["state"]),
    Column("amount_minor", lambda deal: deal["amount_minor"]),
    Column("currency", lambda deal: deal["currency"]),
    Column("pay_by", lambda deal: deal["pay_by"]),
    Column("grant", lambda deal: deal["grant"]),
)
_GRANTS: tuple[Column[Grant], ...] = (
    Column("grant", lambda grant: grant["code"]),
    Column("deal", lambda grant: grant["deal"]),
    Column("licensor", lambda grant: grant["licensor"]["name"]),
    Column("licensee", lambda grant: grant["licensee"]["name"], only_csv=True),
    Column("state", lambda grant: grant["state"]),
    Column("uses", lambda grant: " ".join(grant["uses"])),
    Column("starts_at", lambda grant: grant["starts_at"]),
    Column("ends_at", lambda grant: grant["ends_at"]),
)
