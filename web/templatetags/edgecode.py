"""Values on a page: `{% load edgecode %}`. Each tag returns one short piece of safe markup.

Larger parts (headers, fields, tables) are in `{% load parts %}`.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger import edge_code as codes
from licensing.models import Offer, OfferDraft
from licensing.offers.pricing import least_unit
from web import display, reasons, shapes, words
from web.words import PRICE_PER

register = template.Library()

type Text = str | Promise


_LAST_DAYS = 7
_UPLOAD_TONES = {"done": "clear", "refused": "blocked", "aborted": "neutral"}


@register.simple_tag
def shape(tone: str) -> SafeString:
    """Return the shape of a tone as an SVG, hidden from screen readers: a word stands beside it."""
    return shapes.svg(tone)


@register.simple_tag
def state_badge(state: str, label: Text = "", size: str = "") -> SafeString:
    """Return a state or verdict with hue, shape and word; `label` replaces the usual word."""
    tone, word = words.state_of(str(state))
    return format_html(
        '<span class="state state-{}{}">{}{}</span>',
        tone,
        " state-large" if size == "large" else "",
        shape(tone),
        label or word,
    )


@register.simple_tag
def upload_state(state: str, label: Text) -> SafeString:
    """Return the state of an upload with hue, shape and word."""
    tone = _UPLOAD_TONES.get(state, "partial")
    return format_html('<span class="state state-{}">{}{}</span>', tone, shapes.svg(tone), label)


@register.simple_tag
def verdict_badge(verdict: str, cleared: int | None = None, total: int | None = None) -> SafeString:
    """Return a clearance verdict; with counts `Clear in part: 41 of 44`."""
    if cleared is None or total is None:
        return state_badge(verdict)
    counts = {"cleared": display.number_text(cleared), "total": display.number_text(total)}
    label = "{}: {}".format(words.state_of(verdict)[1], _("%(cleared)s of %(total)s") % counts)
    return state_badge(verdict, label)


@register.simple_tag
def edge_code(code: str, href: str = "") -> SafeString:
    """Return an edge code as printed, `EC 7K3F 2Q9D+041`; with `href` a link to the object."""
    printed = codes.display(str(code)).removeprefix("EC ")
    inner = format_html('<span class="edge-code-mark">EC</span> {}', printed)
    if href:
        return format_html('<a class="edge-code" href="{}">{}</a>', href, inner)
    return format_html('<span class="edge-code">{}</span>', inner)


@register.simple_tag
def money(amount_minor: int | None, currency: str) -> SafeString:
    """Return integer minor units with the currency's code; None shows that no price is set."""
    if amount_minor is None:
        return format_html('<span class="card-note">{}</span>', _("no price"))
    code, amount = display.money_text(amount_minor, currency)
    return format_html(
        '<span class="money"><span class="money-currency">{}</span> {}</span>', code, amount
    )


@register.simple_tag
def price(offer: Offer | OfferDraft) -> SafeString:
    """Return the price of an offer with its unit, `USD 1.50 per minute`."""
    return price_terms(offer.price_minor, offer.currency, offer.per)


@register.simple_tag
def price_from(offer: Offer) -> SafeString:
    """Return the price of an offer as one finds it: `from USD 1.50 per minute` where more may come
    to it, by a factor or a minimum guarantee."""
    if not (offer.modifiers or offer.minimum_minor):
        return price(offer)
    least = price_terms(least_unit(offer), offer.currency, offer.per)
    before, _price, after = str(_("from %(price)s")).partition("%(price)s")
    return format_html("{}{}{}", before, least, after)


@register.simple_tag
def price_terms(amount_minor: int | None, currency: str, per: str) -> SafeString:
    """Return an amount with what it is for, in the order of the language."""
    shown = money(amount_minor, currency)
    if amount_minor is None:
        return shown
    before, _price, after = str(PRICE_PER[per]).partition("%(price)s")
    return format_html("{}{}{}", before, shown, after)


@register.simple_tag
def territory(expression: display.Territory) -> SafeString:
    """Return a territory by names; a long list is shortened and opens to the whole."""
    short, whole = display.territory_text(expression)
    if short == whole:
        return format_html("<span>{}</span>", whole)
    return format_html(
        '<details class="more"><summary>{}</summary><p>{}</p></details>', short, whole
    )


@register.simple_tag
def term(start: datetime | None, end: datetime | None, zone: str = "UTC") -> SafeString:
    """Return the half-open term [start, end) in the contract's zone, with its exact end."""
    wording, exact = display.term_text(start, end, zone)
    if not exact:
        return format_html('<span class="term">{}</span>', wording)
    return format_html(
        '<span class="term">{} <span class="exact">({})</span></span>', wording, exact
    )


@register.simple_tag
def hash_short(digest: str, label: Text = "SHA-256") -> SafeString:
    """Return a hash shortened in the middle; selecting it, or the button, copies the whole."""
    head, middle, tail = digest[:8], digest[8:-6], digest[-6:]
    return format_html(
        '<span class="hash"><code title="{whole}">{head}<span class="hash-middle">{middle}</span>'
        '<span>{tail}</span></code><button type="button" class="copy needs-js"'
        ' data-copy="{whole}" aria-label="{action}">{icon}</button></span>',
        whole=digest,
        head=head,
        middle=middle,
        tail=tail,
        action=_("Copy %(what)s") % {"what": label},
        icon=shapes.svg("copy"),
    )


@register.simple_tag
def time(when: datetime | None, style: str = "datetime") -> SafeString:
    """Return an aware time: UTC text that the reader's browser turns into local time.

    `style`: `datetime` or `date`. The exact UTC stays in the title and in `datetime`.
    """
    if when is None:
        return format_html('<span class="card-note">{}</span>', _("not yet"))
    exact = display.utc_text(when)
    text = display.date_text(when) if style == "date" else display.datetime_text(when)
    return format_html(
        '<time datetime="{}" title="{}" data-local="{}">{}</time>',
        exact,
        exact.replace("T", " ").replace("Z", " UTC"),
        style,
        text,
    )


@register.simple_tag
def days_left(when: datetime) -> SafeString:
    """Return in how many days something ends, as a state: the last week is marked."""
    left = when - timezone.now()
    days = max(0, -(-left // timedelta(days=1)))
    text = ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return format_html(
        '<span class="state state-{}">{}{}</span>',
        tone := "review" if days <= _LAST_DAYS else "conditional",
        shapes.svg(tone),
        text,
    )


@register.simple_tag
def day(when: date) -> str:
    """Return a calendar day without a zone, such as a birthday."""
    return display.day_text(when)


@register.simple_tag
def month(written: str) -> str:
    """Return a month that is written `2027-05` for reading."""
    return display.month_text(written)


@register.simple_tag
def proof_line(
    index: int | None, since: datetime | None, href: str = "", witnesses: int = 0
) -> SafeString:
    """Return the one line a lawyer understands: since when, which entry, who witnessed.

    `witnesses` counts organisations outside; one alone is no witness, and is not told. Of a thing
    without any entry a template gives nothing at all, which arrives as empty text.
    """
    if not isinstance(index, int) or not since:
        return format_html(
            '<p class="proof proof-none">{}<span>{}</span></p>',
            shape("neutral"),
            _("Not yet in the public log"),
        )
    text = _("In the public log since %(date)s, entry %(entry)s") % {
        "date": display.date_text(since),
        "entry": display.number_text(index),
    }
    if witnesses > 1:
        text += "; " + ngettext(
            "witnessed by %(count)s organisation", "witnessed by %(count)s organisations", witnesses
        ) % {"count": witnesses}
    line = format_html('<a href="{}">{}</a>', href, text) if href else text
    return format_html(
        '<p class="proof" title="{}">{}<span>{}</span></p>',
        display.utc_text(since),
        shape("clear"),
        line,
    )


@register.simple_tag(name="bytes")
def size(count: int | None) -> SafeString:
    """Return a size, `1.2 GB`, with the exact number of bytes in its title."""
    if count is None:
        return format_html('<span class="card-note">{}</span>', _("not known"))
    return format_html(
        '<span class="number" title="{}">{}</span>',
        _("%(count)s bytes") % {"count": display.number_text(count)},
        display.bytes_text(count),
    )


@register.simple_tag
def duration_ms(length_ms: int | None) -> SafeString:
    """Return a running time, `1:31:07`."""
    if length_ms is None:
        return format_html('<span class="card-note">{}</span>', _("not known"))
    return format_html('<span class="number mono">{}</span>', display.duration_text(length_ms))


@register.simple_tag
def timecode(at_us: int) -> str:
    """Return a place in a film, `0:01:31.040`, as it is cut there."""
    return timecode_ms(at_us // 1000)


@register.simple_tag
def timecode_ms(at_ms: int) -> str:
    """Return a place in a film, `0:01:31.040`."""
    seconds, milliseconds = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{milliseconds:03}"


@register.simple_tag
def shot_light(brightness: int) -> Text:
    """Return how bright a shot is, in a word."""
    if brightness < 50:
        return _("dark")
    return _("bright") if brightness > 160 else _("medium light")


@register.simple_tag
def shot_motion(motion: int) -> Text:
    """Return how much moves in a shot, in a word."""
    if motion < 8:
        return _("still")
    return _("much motion") if motion > 80 else _("some motion")


@register.simple_tag
def number(count: int) -> SafeString:
    """Return an integer with thousands separators."""
    return format_html('<span class="number">{}</span>', display.number_text(count))


@register.simple_tag
def use_name(code: str | Iterable[str], vocabulary: str = "") -> str:
    """Return the plain name of a use, model kind, modality, attribute or exclusivity.

    A list gives the names joined as the language joins them. `vocabulary="attribute"` for a
    person's attributes.
    """
    items = [code] if isinstance(code, str) else list(code)
    names = [str(words.name_of(item, vocabulary)) for item in items]
    return display.list_text(names)


@register.simple_tag
def reason(code: str) -> str:
    """Return what a reason code of a verdict means, as one sentence."""
    return str(reasons.reason_of(code))
