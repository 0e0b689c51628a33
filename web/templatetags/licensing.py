"""Values on the licensing pages: `{% load licensing %}`."""

from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal
from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.scope.ranges import Ranges, total_ms
from licensing.offers.pricing import UNIT_MS, Modifier
from licensing.offers.quotes import Line
from licensing.search.results import Result
from web import words
from web.boards import Obstacle
from web.display import locale, territory_text
from web.forms.cards import DIMENSIONS, factor_text
from web.forms.clips import ranges_text
from web.reasons import reason_of
from web.templatetags.edgecode import duration_ms, number

register = template.Library()


@register.simple_tag
def frame_rate(exact: str) -> str:
    """Return a frame rate for reading: `24000/1001` is `23.976`, `25/1` is `25`."""
    rate = Fraction(exact)
    value = Decimal(rate.numerator) / Decimal(rate.denominator)
    return str(format_decimal(value, format="0.###", locale=locale()))


@register.simple_tag
def result_picture(row: Result) -> str:
    """Return where the picture of a row of the search is: a shot's own frame, else the poster of
    its file or work; or ""."""
    if row.asset is not None and row.shot is not None and row.shot.thumbnail_key:
        return reverse("thumbnail", args=[row.asset.code, row.shot.number])
    return reverse("poster", args=[row.poster]) if row.poster else ""


@register.simple_tag
def result_href(row: Result, is_lab: bool) -> str:
    """Return where a row of the search leads: to the offer it is part of, or to the thing."""
    if is_lab and row.shot is not None and row.asset is not None:
        number = row.shot.number
        begin = f"?cursor={number - 1}" if number > 1 else ""
        return f"{reverse('clips', args=[row.asset.code])}{begin}#shot-{number}"
    if is_lab:
        return reverse("offered", args=[row.title.code])
    if row.asset is None:
        return reverse("title", args=[row.title.code])
    return reverse("asset", args=[row.asset.code])


@register.simple_tag
def shot_choice(asset: str, number: int) -> str:
    """Return what a ticked shot is called: its file's code and its number."""
    return f"{asset}:{number}"


@register.simple_tag
def obstacle_text(obstacle: Obstacle) -> SafeString:
    """Return what stands in the way, and how long the files are together."""
    text = reason_of(obstacle.code)
    if not obstacle.ms:
        return format_html("{}", text)
    return format_html("{} {}", text, duration_ms(obstacle.ms))


@register.simple_tag
def range_length(ranges: Ranges) -> SafeString:
    """Return how long ranges of a file are together, `0:12.5`."""
    return duration_ms(total_ms(ranges))


@register.simple_tag
def ranges_typed(ranges: Ranges) -> str:
    """Return ranges as they may be typed, one a line."""
    return ranges_text(ranges)


@register.simple_tag
def factor(times: Fraction) -> str:
    """Return a factor of a rate card, `× 1.5`."""
    return f"× {factor_text(times)}"


@register.simple_tag
def modifier_name(modifier: Modifier) -> str:
    """Return what a modifier is for: `Exclusivity: exclusive`."""
    if modifier.by == "territory":
        what = territory_text(modifier.of)[0]
    elif modifier.by == "resolution":
        what = str(words.RESOLUTIONS[modifier.of])
    else:
        what = str(words.name_of(modifier.of, ""))
    return f"{DIMENSIONS[modifier.by]}: {what}"


@register.simple_tag
def quantity(line: Line, per: str) -> SafeString | str:
    """Return how much is priced: a duration, or how many files or segments."""
    if per in UNIT_MS:
        return duration_ms(round(line.group.quantity * UNIT_MS[per]))
    return str(number(int(line.group.quantity)))
