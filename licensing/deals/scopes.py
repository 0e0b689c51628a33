"""The terms of a licence: checking them, comparing them, and how the log commits to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.checks import check_choices, check_term, check_territory, check_uses
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import Exclusivity, Grant, ModelKind, Scope
from licensing.offers.publishing import check_price

TERMS: Final = (
    "uses", "model_kinds", "territory", "starts_at", "ends_at", "exclusivity", "price_minor",
)  # fmt: skip
# How much each keeps others out; an order, the widest last.
EXCLUSIVITIES: Final = (Exclusivity.NON_EXCLUSIVE, Exclusivity.SOLE, Exclusivity.EXCLUSIVE)


def terms_of(scope: Scope) -> dict[str, Any]:
    """Return the terms of a request, a deal or a counter-offer."""
    return {name: getattr(scope, name) for name in TERMS}


def committed(terms: dict[str, Any]) -> dict[str, Any]:
    """Return terms as the log commits to them."""
    ends_at = terms["ends_at"]
    return terms | {
        "starts_at": terms["starts_at"].isoformat(),
        "ends_at": ends_at.isoformat() if ends_at else None,
    }


def check_scope(
    *,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    territory: Any,
    starts_at: datetime,
    ends_at: datetime | None,
    exclusivity: str,
    price_minor: int,
) -> dict[str, Any]:
    """Return terms in canonical form, or raise Invalid naming the field."""
    check_term(starts_at, ends_at)
    if not model_kinds:
        raise Invalid("model_kinds", _("Choose at least one kind of model."))
    check_choices("exclusivity", [exclusivity], Exclusivity.values)
    return {
        "uses": check_uses("uses", uses),
        "model_kinds": check_choices("model_kinds", model_kinds, ModelKind.values),
        "territory": check_territory("territory", territory),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "exclusivity": exclusivity,
        "price_minor": check_price(price_minor),
    }


def check_within(terms: dict[str, Any], asked: Scope) -> None:
    """Raise Invalid, naming the field, where terms go beyond what was asked for. Any price is
    within it."""
    if not expand_uses(terms["uses"]) <= expand_uses(asked.uses):
        raise Invalid("uses", _("The lab has not asked for all of these uses."))
    if not set(terms["model_kinds"]) <= set(asked.model_kinds):
        raise Invalid("model_kinds", _("The lab has not asked for all of these kinds of model."))
    if terms["territory"] != asked.territory and not (
        parse_territory(terms["territory"]) <= parse_territory(asked.territory)
    ):
        raise Invalid("territory", _("The lab has not asked for all of these countries."))
    if terms["starts_at"] < asked.starts_at:
        raise Invalid("starts_at", _("The term begins before the one that the lab has asked for."))
    if asked.ends_at and (terms["ends_at"] is None or terms["ends_at"] > asked.ends_at):
        raise Invalid("ends_at", _("The term ends after the one that the lab has asked for."))
    order = EXCLUSIVITIES.index
    if order(Exclusivity(terms["exclusivity"])) > order(Exclusivity(asked.exclusivity)):
        raise Invalid("exclusivity", _("This keeps out more than the lab has asked for."))


def changes(before: Scope | Grant, after: Scope, names: Sequence[str] = TERMS) -> tuple[str, ...]:
    """Return which of these terms differ: said otherwise is no difference."""
    alike = {
        "uses": expand_uses(before.uses) == expand_uses(after.uses),
        "model_kinds": set(before.model_kinds) == set(after.model_kinds),
        "territory": before.territory == after.territory
        or parse_territory(before.territory) == parse_territory(after.territory),
    }
    return tuple(
        name
        for name in names
        if not (alike[name] if name in alike else getattr(before, name) == getattr(after, name))
    )
