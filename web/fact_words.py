"""What a sealed fact says, in plain words: its value line by line."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from edgecode.log.canonical import JSON
from ledger import edge_code
from web import display, words
from web.log_words import field_name
from web.words import Text

# In the order in which they are shown.
_LABELS: dict[str, Text] = {
    "uses": gettext_lazy("Uses"),
    "model_kinds": gettext_lazy("Kinds of model"),
    "territory": gettext_lazy("Territory"),
    "exclusivity": gettext_lazy("Exclusivity"),
    "starts_at": gettext_lazy("Begins"),
    "ends_at": gettext_lazy("Ends"),
    "price_minor": gettext_lazy("Per file"),
    "amount_minor": gettext_lazy("Amount"),
    "reference": gettext_lazy("Reference"),
    "assets": gettext_lazy("Files"),
    "conditions_met": gettext_lazy("Conditions met"),
    "pdf_sha256": gettext_lazy("SHA-256 of the PDF"),
    "odrl_sha256": gettext_lazy("SHA-256 of the policy"),
    "sha256": gettext_lazy("SHA-256"),
    "size_bytes": gettext_lazy("Size"),
}
_ORDER = {name: place for place, name in enumerate(_LABELS)}
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Line:
    """One line of a fact; no label for a plain value."""

    label: Text
    text: str

    @property
    def is_hash(self) -> bool:
        return _HASH.fullmatch(self.text) is not None


def lines(fact: str, value: JSON) -> list[Line]:
    """Return what the fact of this name holds. What this version cannot say it shows as it is."""
    if not isinstance(value, Mapping):
        return [Line("", _say(fact, value))]
    currency = str(value.get("currency", ""))
    shown = []
    for name in sorted(value, key=lambda name: _ORDER.get(name, len(_ORDER))):
        if name == "currency" and ("amount_minor" in value or "price_minor" in value):
            continue
        item = value[name]
        text = _money(item, currency) if name.endswith("_minor") else _say(name, item)
        shown.append(Line(_LABELS.get(name) or field_name(name), text))
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
    "assets": lambda item: ", ".join(map(edge_code.display, item)),
    "ends_at": _end,
    "exclusivity": lambda item: str(words.name_of(item)),
    "model_kinds": _names,
    "size_bytes": display.bytes_text,
    "starts_at": _instant,
    "territory": lambda item: display.territory_text(item)[1],
    "uses": _names,
}
