"""What a sealed fact says, in plain words: its value line by line."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from edgecode.log.canonical import JSON
from web import display, words
from web.log_words import field_name
from web.words import Text

_LABELS: dict[str, Text] = {
    "amount_minor": gettext_lazy("Amount"),
    "assets": gettext_lazy("Files"),
    "conditions_met": gettext_lazy("Conditions met"),
    "ends_at": gettext_lazy("Ends"),
    "exclusivity": gettext_lazy("Exclusivity"),
    "model_kinds": gettext_lazy("Kinds of model"),
    "odrl_sha256": gettext_lazy("SHA-256 of the policy"),
    "pdf_sha256": gettext_lazy("SHA-256 of the PDF"),
    "price_minor": gettext_lazy("Per file"),
    "reference": gettext_lazy("Reference"),
    "sha256": gettext_lazy("SHA-256"),
    "size_bytes": gettext_lazy("Size"),
    "starts_at": gettext_lazy("Begins"),
    "territory": gettext_lazy("Territory"),
    "uses": gettext_lazy("Uses"),
}


def lines(value: JSON) -> list[tuple[Text, str]]:
    """Return what a fact holds as pairs of a label ("" for a plain value) and its text.

    What this version does not know how to say it shows as it is.
    """
    if not isinstance(value, Mapping):
        return [("", _plain(value))]
    money = str(value.get("currency", ""))
    shown = []
    for name, item in value.items():
        if name == "currency" and ("amount_minor" in value or "price_minor" in value):
            continue
        text = _money(item, money) if name.endswith("_minor") else _say(name, item)
        shown.append((_LABELS.get(name) or field_name(name), text))
    return shown


def _say(name: str, item: JSON) -> str:
    try:
        return _WORDS[name](item)
    except (KeyError, ValueError, TypeError, AttributeError):
        return _plain(item)


def _plain(item: JSON) -> str:
    if isinstance(item, bool):
        return _("yes") if item else _("no")
    if item is None:
        return _("none")
    if isinstance(item, str):
        return item
    if isinstance(item, list) and all(isinstance(each, str) for each in item):
        return ", ".join(map(str, item))
    return json.dumps(item, ensure_ascii=False, indent=1)


def _money(item: JSON, currency: str) -> str:
    try:
        return " ".join(display.money_text(int(str(item)), currency))
    except ValueError:
        return _plain(item)


def _names(item: Any) -> str:
    return display.list_text([str(words.name_of(code)) for code in item])


def _instant(item: Any) -> str:
    return display.datetime_text(datetime.fromisoformat(item))


def _end(item: Any) -> str:
    return _("without end") if item is None else _instant(item)


_WORDS: dict[str, Callable[[Any], str]] = {
    "ends_at": _end,
    "exclusivity": lambda item: str(words.name_of(item)),
    "model_kinds": _names,
    "size_bytes": display.bytes_text,
    "starts_at": _instant,
    "territory": lambda item: display.territory_text(item)[1],
    "uses": _names,
}
