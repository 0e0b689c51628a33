"""Values on the licensing pages: `{% load licensing %}`."""

from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal
from django import template

from web.display import locale

register = template.Library()


@register.simple_tag
def frame_rate(exact: str) -> str:
    """Return a frame rate for reading: `24000/1001` is `23.976`, `25/1` is `25`."""
    rate = Fraction(exact)
    value = Decimal(rate.numerator) / Decimal(rate.denominator)
    return str(format_decimal(value, format="0.###", locale=locale()))
