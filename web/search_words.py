"""How the filters of search and their values read."""

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.models import AssetKind, Technique, TitleKind
from web import display, words, work_words

type Text = str | Promise

LEVELS: Mapping[str, Text] = {
    "title": gettext_lazy("Titles"),
    "asset": gettext_lazy("Files"),
    "shot": gettext_lazy("Shots"),
    "line": gettext_lazy("Spoken lines"),
}
# In the order of the page.
FILTERS: Mapping[str, Text] = {
    "kind": gettext_lazy("Kind"),
    "work": gettext_lazy("Kind of work"),
    "rights": gettext_lazy("Licensable today"),
    "offer": gettext_lazy("On the market"),
    "use": gettext_lazy("Offered use"),
    "language": gettext_lazy("Language"),
    "genre": gettext_lazy("Genre"),
    "country": gettext_lazy("Country"),
    "year": gettext_lazy("Year"),
    "technique": gettext_lazy("Technique"),
    "duration": gettext_lazy("Length"),
    "resolution": gettext_lazy("Resolution"),
    "frame_rate": gettext_lazy("Frames a second"),
    "currency": gettext_lazy("Currency"),
    "price": gettext_lazy("Price"),
}
RANGES: Mapping[str, Text] = {
    "years": gettext_lazy("Years"),
    "seconds": gettext_lazy("Seconds"),
    "price_minor": gettext_lazy("Price"),
}
ORDERS: Mapping[str, Text] = {
    "-added": gettext_lazy("Newest here"),
    "name": pgettext_lazy("order", "Name"),
    "-year": gettext_lazy("Latest year"),
    "year": gettext_lazy("Earliest year"),
    "-duration": gettext_lazy("Longest"),
    "duration": gettext_lazy("Shortest"),
    "price": gettext_lazy("Cheapest"),
    "-price": gettext_lazy("Dearest"),
}
_DURATIONS: Mapping[str, Text] = {
    "0s": gettext_lazy("under 10 seconds"),
    "10s": gettext_lazy("10 seconds to 1 minute"),
    "1m": gettext_lazy("1 to 10 minutes"),
    "10m": gettext_lazy("10 to 60 minutes"),
    "1h": gettext_lazy("1 to 2 hours"),
    "2h": gettext_lazy("2 hours and more"),
}
_RESOLUTIONS: Mapping[str, Text] = {
    "sd": gettext_lazy("below 720 lines"),
    "720p": "720p",
    "1080p": "1080p",
    "1440p": "1440p",
    "2160p": "2160p (4K)",
    "4320p": "4320p (8K)",
}
_OFFERS: Mapping[str, Text] = {
    "published": gettext_lazy("On offer"),
    "none": gettext_lazy("Not on offer"),
}
_KINDS: Mapping[str, Text] = {
    choice.value: choice.label for choices in (TitleKind, AssetKind) for choice in choices
}
_TECHNIQUES: Mapping[str, Text] = {choice.value: choice.label for choice in Technique}
_WORDS: Mapping[str, Mapping[str, Text]] = {
    "kind": _KINDS,
    "work": _KINDS,
    "duration": _DURATIONS,
    "resolution": _RESOLUTIONS,
    "offer": _OFFERS,
    "technique": _TECHNIQUES,
}
# Values of these stand in an order of their own; of the others, the most frequent comes first.
ORDERED: Mapping[str, tuple[str, ...]] = {
    "duration": tuple(_DURATIONS),
    "resolution": tuple(_RESOLUTIONS),
    "rights": ("clear", "conditional", "partial", "review", "blocked", "unchecked"),
}
# What a wrong question is told; the pure core has no languages.
_PROBLEMS: Mapping[str, Text] = {
    "at most 500 characters": gettext_lazy("Search for at most 500 characters."),
    "at most 20 words": gettext_lazy("Search for at most 20 words."),
    "needs a letter or a digit": gettext_lazy("Search for a word: a letter or a digit at least."),
    "begins after its end": gettext_lazy("The range begins after its end."),
    "choose one currency": gettext_lazy("Choose one currency first."),
    "write 1990..1999, 1990.., ..1999 or 1999": gettext_lazy(
        "Write a range as 1990..1999, 1990.., ..1999 or 1999."
    ),
}


def value_name(name: str, value: str) -> str:
    """Return how a filter's value reads; one that nothing knows shows itself."""
    if name in _WORDS:
        return str(_WORDS[name].get(value, value))
    return str(_SPOKEN[name](value)) if name in _SPOKEN else value


def problem(field: str, message: str) -> str:
    """Return what a wrong parameter is told, in the reader's language where it has words."""
    name = FILTERS.get(field) or RANGES.get(field)
    said = str(_PROBLEMS.get(message) or _("This search cannot be answered as it is asked."))
    return f"{name}: {said}" if name else said


def _price_name(band: str) -> str:
    currency, _space, begins = band.partition(" ")
    if begins == "0":
        return _("%(currency)s, free") % {"currency": currency}
    if not begins.isascii() or not begins.isdigit() or len(begins) > 18:
        return band
    try:
        least, most = (
            display.money_text(amount, currency)[1]
            for amount in (int(begins), int(begins) * 10 - 1)
        )
    except ValueError:  # a currency that nobody has
        return band
    return f"{currency} {least}–{most}"


_SPOKEN: Mapping[str, Callable[[str], Text]] = {
    "language": lambda value: str(display.locale().languages.get(value, value)),
    "genre": work_words.genre_name,
    "country": work_words.country_name,
    "use": words.name_of,
    "rights": lambda value: words.state_of(value.upper())[1],
    "price": _price_name,
}
