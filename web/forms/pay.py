"""What is paid under a consent, as its form shows and takes it."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

_PRICES: Final = ("per_use", "scan_day", "flat")
PARTS: Final = (*_PRICES, "days_equivalent", "revenue_share", "residuals", "pension_health")


def price_field(label: Any) -> forms.CharField:
    """Return the field for an amount with its currency."""
    return forms.CharField(
        label=label, required=False, max_length=30, help_text=_("As USD 250.00.")
    )


def initial(compensation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields begin with."""
    return {
        name: _amount(compensation.get(name)) if name in _PRICES else compensation.get(name)
        for name in PARTS
    }


def compensation(typed: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is paid; a price that nobody touched keeps what no field shows of it, and a box
    that is not ticked says no only where no was said."""
    said: dict[str, Any] = {
        name: _price(typed[name], known.get(name)) for name in _PRICES if typed[name]
    }
    rest = {name: typed[name] for name in PARTS if name not in _PRICES}
    if not rest["pension_health"] and "pension_health" not in known:
        rest.pop("pension_health")
    return said | {name: each for name, each in rest.items() if each not in (None, "")}


def _price(typed: str, known: Mapping[str, str] | None) -> Mapping[str, str]:
    if known and typed == _amount(known):
        return known
    currency, _blank, amount = typed.strip().partition(" ")
    return {"currency": currency.upper(), "amount": amount.strip().replace(",", ""), "per": "flat"}


def _amount(price: Mapping[str, str] | None) -> str:
    return f"{price['currency']} {price['amount']}" if price else ""
