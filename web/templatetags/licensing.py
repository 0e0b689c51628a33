"""Values on the licensing pages: `{% load licensing %}`."""

from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal
from django import template
from django.urls import reverse

from licensing.search_results import Result
from web.display import locale

register = template.Library()


@register.simple_tag
def frame_rate(exact: str) -> str:
    """Return a frame rate for reading: `24000/1001` is `23.976`, `25/1` is `25`."""
    rate = Fraction(exact)
    value = Decimal(rate.numerator) / Decimal(rate.denominator)
    return str(format_decimal(value, format="0.###", locale=locale()))


@register.simple_tag
def result_href(row: Result, is_lab: bool) -> str:
    """Return where a row of the search leads: to the offer it is part of, or to the thing."""
    if is_lab:
        return reverse("offered", args=[row.title.code])
    if row.asset is None:
        return reverse("title", args=[row.title.code])
    return reverse("asset", args=[row.asset.code])
