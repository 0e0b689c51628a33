"""Checking the scope of a right as people and programs write it."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.scope.errors import CaseError
from catalog.scope.territory import describe_territory, parse_territory
from catalog.scope.uses import expand_uses
from catalog.scope_words import sentence_of

FIRST_YEAR = 1710  # the first copyright statute
_SHARE_LIMIT = 1_000_000
_SHARE = re.compile(r"-?\d{1,9}(?:/\d{1,9}|\.\d{1,9})?", re.ASCII)


def check_uses(field: str, names: Sequence[str]) -> list[str]:
    """Return use names of the contract without repetition, or raise Invalid(field)."""
    if not names:
        raise Invalid(field, _("Choose at least one use."))
    try:
        expand_uses(list(names))
    except CaseError as error:
        raise Invalid(field, sentence_of(error)) from None
    return list(dict.fromkeys(names))


def check_territory(field: str, expression: Any) -> Any:
    """Return a territory expression that the clearance contract understands, or raise Invalid.

    `"WORLD"`, a list of ISO 3166-1 codes and groups, or `{"include": […], "except": […]}`. A
    group whose members change with time stays as written; all else is made canonical.
    """
    try:
        countries = parse_territory(expression)
    except CaseError as error:
        raise Invalid(field, sentence_of(error)) from None
    if not countries:
        raise Invalid(field, _("Name at least one country."))
    if not isinstance(expression, dict) or expression.get("as_of") != "dynamic":
        return describe_territory(countries)
    lists = {name: sorted(set(expression.get(name, []))) for name in ("include", "except")}
    known = {name: expression[name] for name in ("as_of", "definition") if name in expression}
    return known | {name: names for name, names in lists.items() if names}


def check_term(starts_at: datetime | None, ends_at: datetime | None) -> None:
    """Raise Invalid unless the half-open term [starts_at, ends_at) of aware instants is sound.

    It counts in whole seconds, as the clearance contract does.
    """
    check_instant("starts_at", starts_at)
    check_instant("ends_at", ends_at)
    if starts_at is not None and ends_at is not None:
        start, end = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
        if end.replace(microsecond=0) <= start.replace(microsecond=0):
            raise Invalid("ends_at", _("The end must lie after the start."))


def check_instant(field: str, instant: datetime | None) -> None:
    """Raise Invalid(field) unless the instant is aware, and of a year that contracts name."""
    if instant is None:
        return
    if instant.tzinfo is None:
        raise Invalid(field, _("Give the instant with its zone, such as 2027-01-01T00:00:00Z."))
    try:
        year = instant.astimezone(UTC).year
    except OverflowError:
        year = 0
    if year < FIRST_YEAR:
        raise Invalid(field, _("Give a year from %(first)d to 9999.") % {"first": FIRST_YEAR})


def check_choices(field: str, values: Iterable[str], allowed: Iterable[str]) -> list[str]:
    """Return `values` in the order of `allowed`, without repetition, or raise Invalid(field)."""
    chosen, order = set(values), list(allowed)
    if unknown := sorted(chosen - set(order)):
        raise Invalid(
            field,
            _("Unknown: %(unknown)s. Choose from: %(allowed)s.")
            % {"unknown": ", ".join(unknown), "allowed": ", ".join(order)},
        )
    return [value for value in order if value in chosen]


def check_share(text: str, field: str = "share") -> Fraction:
    """Return a share written as `1/3`, exactly, or raise Invalid(field)."""
    text = text.replace(" ", "")
    try:
        # Only plain digits: 1e-999999999 is a fraction too, and takes hours to work out.
        share = Fraction(text if _SHARE.fullmatch(text) else "")
    except (ValueError, ZeroDivisionError):
        raise Invalid(field, _("Write the share as a fraction, such as 1/3.")) from None
    if not 0 < share <= 1 or share.denominator > _SHARE_LIMIT:
        raise Invalid(field, _("A share is more than 0 and at most 1/1."))
    return share
