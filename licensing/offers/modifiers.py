"""The modifiers of a rate card: checking what was typed or sent."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.checks import check_choices, check_territory, check_uses
from licensing.models import Exclusivity, ModelKind
from licensing.offers.pricing import DIMENSIONS, MAX_DENOMINATOR, MAX_TIMES, RESOLUTIONS, Modifier

MAX_MODIFIERS: Final = 100
# No exponent: `1e999999999` would be written out.
_FACTOR = re.compile(r"(\d{1,10}(?:[./]\d{1,10})?)\s*(%?)", re.ASCII)
_CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "model_kind": ModelKind.values,
    "exclusivity": Exclusivity.values,
    "resolution": list(RESOLUTIONS),
}


def check_modifiers(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return modifiers in canonical form, {by, of, times: "3/2"}. One of 1 excepts what it names
    from a wider one.

    Raises Invalid naming the modifier, as `modifiers[0].times`.
    """
    if len(given) > MAX_MODIFIERS:
        raise Invalid(
            "modifiers",
            _("A rate card has at most %(limit)d modifiers.") % {"limit": MAX_MODIFIERS},
        )
    found = [_check(f"modifiers[{place}]", each) for place, each in enumerate(given)]
    named: set[tuple[str, frozenset[str]]] = set()
    for place, each in enumerate(found):
        key = (each["by"], Modifier(each["by"], each["of"], Fraction(1)).names)
        if key in named:
            raise Invalid(f"modifiers[{place}]", _("This is named twice in the rate card."))
        named.add(key)
    return sorted(found, key=lambda each: (DIMENSIONS.index(each["by"]), str(each["of"])))


def read_times(field: str, given: Any) -> Fraction:
    """Return a factor that was written as `1.5`, `3/2` or `150%`. Raises Invalid."""
    found = _FACTOR.fullmatch(str(given).strip())
    try:
        if found is None:
            raise ValueError
        times = Fraction(found[1]) / (100 if found[2] else 1)
    except (ValueError, ZeroDivisionError):
        raise Invalid(field, _("Write a factor, such as 1.5, 3/2 or 150%.")) from None
    if not 0 < times <= MAX_TIMES or times.denominator > MAX_DENOMINATOR:
        raise Invalid(
            field,
            _("A factor lies above 0 and is at most %(limit)d, with a denominator to %(most)d.")
            % {"limit": MAX_TIMES, "most": MAX_DENOMINATOR},
        )
    return times


def _check(field: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if set(given) != {"by", "of", "times"} or given["by"] not in DIMENSIONS:
        raise Invalid(
            field,
            _("A modifier says by what (%(dimensions)s), of what, and how many times.")
            % {"dimensions": ", ".join(DIMENSIONS)},
        )
    by, of = given["by"], given["of"]
    if by != "territory" and not isinstance(of, str):
        raise Invalid(f"{field}.of", _("Name one."))
    times = read_times(f"{field}.times", given["times"])
    if by == "use":
        (of,) = check_uses(f"{field}.of", [of])
    elif by == "territory":
        of = check_territory(f"{field}.of", of)
    else:
        (of,) = check_choices(f"{field}.of", [of], _CHOICES[by])
    return {"by": by, "of": of, "times": str(times)}
