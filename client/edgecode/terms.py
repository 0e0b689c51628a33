"""The terms of a licence on a command line."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, date, datetime
from typing import Any, cast

from edgecode.shapes import Terms, Territory

PERPETUAL = "perpetual"
_EXCLUSIVITY = ("non_exclusive", "sole", "exclusive")
_NAMES = ("uses", "model_kinds", "territory", "starts_at", "ends_at", "exclusivity")


def add_terms(parser: ArgumentParser, *, required: bool) -> None:
    """Describe the options that say for what a licence is."""
    parser.add_argument(
        "--use",
        dest="uses",
        action="append",
        required=required,
        metavar="USE",
        help="train.finetune, evaluate, ...; may be given again",
    )
    parser.add_argument(
        "--model-kind",
        dest="model_kinds",
        action="append",
        required=required,
        metavar="KIND",
        help="foundation, open_weights, customer_private, evaluation_only; may be given again",
    )
    parser.add_argument(
        "--territory",
        type=_territory,
        default="WORLD" if required else None,
        help="WORLD, codes such as KR,JP, or the API's JSON",
    )
    parser.add_argument(
        "--from",
        dest="starts_at",
        type=_instant,
        required=required,
        metavar="DATE",
        help="2027-01-01, or 2027-01-01T09:00:00Z",
    )
    parser.add_argument(
        "--until",
        dest="ends_at",
        type=_end,
        required=required,
        metavar="DATE",
        help=f"the first instant after, or {PERPETUAL}",
    )
    parser.add_argument(
        "--exclusivity",
        choices=_EXCLUSIVITY,
        default=_EXCLUSIVITY[0] if required else None,
        help="default: non_exclusive" if required else None,
    )


def terms_of(options: Namespace, others: Terms | None = None) -> Terms:
    """Return the terms that the options name, and those of `others` where they name none."""
    named = {name: getattr(options, name) for name in _NAMES}
    given: dict[str, Any] = {name: each for name, each in named.items() if each is not None}
    stand: dict[str, Any] = dict(others or {})
    terms: dict[str, Any] = {name: stand.get(name) for name in _NAMES} | given
    if terms["ends_at"] == PERPETUAL:
        terms["ends_at"] = None
    return cast("Terms", terms)


def _territory(text: str) -> Territory:
    if text.lstrip()[:1] in {"{", "["}:
        try:
            found: Territory = json.loads(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{text!r:.60} is no JSON: {error}") from None
        return found
    codes = [code.strip() for code in text.split(",") if code.strip()]
    return codes[0] if codes == ["WORLD"] else codes


def _end(text: str) -> str:
    return PERPETUAL if text == PERPETUAL else _instant(text)


def _instant(text: str) -> str:
    """Return an instant as the API takes it: a day begins at midnight, UTC."""
    try:
        if "T" not in text:
            return f"{date.fromisoformat(text).isoformat()}T00:00:00Z"
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ArgumentTypeError(
            f"{text!r:.40} is no date such as 2027-01-01, nor an instant with Z"
        )
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
