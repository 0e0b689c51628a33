"""How a price comes about, as JSON."""

from typing import Any

from licensing.offers.pricing import Modifier
from licensing.offers.quotes import Line, Priced


def priced(card: Priced) -> dict[str, Any]:
    """Return the JSON of what files come to by one rate card."""
    return {
        "offer": card.offer,
        "of": card.owner,
        "sha256": card.sha256,
        "price_minor": card.price_minor,
        "currency": card.currency,
        "per": card.per,
        "lines": [_line(each) for each in card.lines],
        "minimum_minor": card.quote.minimum_minor,
        "total_minor": card.total_minor,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "files": line.group.files,
        "quantity": str(line.group.quantity),
        "modifiers": [_modifier(each) for each in line.modifiers],
        "rounding_minor": line.shift_minor,
        "amount_minor": line.group.amount_minor,
    }


def _modifier(modifier: Modifier) -> dict[str, Any]:
    return {"by": modifier.by, "of": modifier.of, "times": str(modifier.times)}
