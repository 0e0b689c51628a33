"""Factors of a price, as Avails-AI writes them: `use:evaluate=1/2; territory:KR, JP=1.5`.

Which dimensions there are, and how large a factor may be, `licensing.offers.pricing` says, too.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from catalog.imports.cells import Bad
from catalog.imports.rows import PriceFactor
from catalog.scope.errors import CaseError
from catalog.scope.territory import parse_territory
from catalog.scope.uses import MODEL_KINDS, expand_uses

TIMES_MAX = 1000
DENOMINATOR_MAX = 10_000
FACTORS_MAX = 100
_CHOICES = {
    "model_kind": MODEL_KINDS,
    "exclusivity": ("non_exclusive", "sole", "exclusive"),
    "resolution": ("sd", "hd", "uhd"),
}
DIMENSIONS = ("use", "model_kind", "exclusivity", "territory", "resolution")
_FACTOR = re.compile(
    r"([a-z_ -]{2,20}):([^=;]{1,1000})=\s*(\d{1,10}(?:[./]\d{1,10})?)\s*(%?)", re.ASCII
)
_ALL_BUT = re.compile(r"WORLD\s+EXCEPT\s+(.+)")


def read_factor(text: str) -> PriceFactor:
    """Return a factor in canonical form. Raises Bad."""
    match = _FACTOR.fullmatch(text.strip().casefold())
    if match is None:
        raise _bad(text)
    by = re.sub(r"[ -]+", "_", match[1].strip())
    try:
        times = Fraction(match[3]) / (100 if match[4] else 1)
        of = _named(by, match[2].strip())
    except (CaseError, ValueError, ZeroDivisionError):
        raise _bad(text) from None
    if not 0 < times <= TIMES_MAX or times.denominator > DENOMINATOR_MAX:
        raise _bad(text)
    return PriceFactor(by, of, str(times))


def check_factors(factors: Sequence[PriceFactor]) -> None:
    """Raise Bad where one thing has two factors, or where there are too many."""
    named: set[tuple[str, frozenset[str]]] = set()
    for each in factors:
        key = (each.by, _names(each))
        if key in named or len(factors) > FACTORS_MAX:
            raise _bad(show_factor(each))
        named.add(key)


def show_factor(factor: PriceFactor) -> str:
    """Return the text that `read_factor` reads."""
    return f"{factor.by}:{factor.of}={factor.times}"


def expression(of: str) -> Any:
    """Return the territory that a factor names, as the house writes territories."""
    found = _ALL_BUT.fullmatch(of)
    if found is not None:
        return {"include": ["WORLD"], "except": _codes(found[1])}
    return of if of == "WORLD" else _codes(of)


def show_expression(territory: Any) -> str:
    """Return a canonical territory as a factor names it."""
    if isinstance(territory, dict):
        return f"WORLD EXCEPT {', '.join(territory['except'])}"
    return territory if isinstance(territory, str) else ", ".join(territory)


def _named(by: str, text: str) -> str:
    if by == "use":
        expand_uses(text)
        return text
    if by == "territory":
        where = expression(text.upper())
        parse_territory(where)
        return show_expression(where)
    value = re.sub(r"[ -]+", "_", text)
    if value not in _CHOICES.get(by, ()):
        raise ValueError(value)
    return value


def _names(factor: PriceFactor) -> frozenset[str]:
    if factor.by == "use":
        return expand_uses(factor.of)
    if factor.by == "territory":
        return parse_territory(expression(factor.of))
    return frozenset({factor.of})


def _codes(text: str) -> list[str]:
    return [code for code in re.split(r"[,\s]+", text.strip()) if code]


def _bad(text: str) -> Bad:
    message = f"{text[:60]!r} is not a factor such as use:evaluate=1/2, or names what another does."
    return Bad("price_factor", message, value=text[:60])
