"""The fields that facts about rights are made of, each with how it is checked.

A check takes the field's path and a JSON value and returns the value in canonical form, or raises
Invalid(path). What it returns, the clearance engine reads (contract, sections 2 and 3).
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from functools import lru_cache, partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.text import check_name
from catalog.checks import check_choices, check_share, check_territory, check_uses
from catalog.scope.errors import CaseError
from catalog.scope.instants import read_duration, read_instant, read_zone
from catalog.scope_words import sentence_of
from ledger import edge_code

type Check = Callable[[str, Any], Any]

_MOST = 200  # of names in one list
_MOST_COUNT = 2**31 - 1
_TIMECODE = re.compile(r"\d{2,4}:[0-5]\d:[0-5]\d(\.\d{3})?", re.ASCII)
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,6})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_NAMED = re.compile(r"(?P<name>.+?)\s*\((?P<code>EC[^()]+)\)", re.IGNORECASE | re.DOTALL)
PRICE_UNITS = ("min", "hour", "asset", "flat")


def text(limit: int = 200) -> Check:
    """One line of at most `limit` characters."""
    return partial(_text, limit)


def choice(options: Sequence[str]) -> Check:
    """One of the options."""
    return partial(_choice, tuple(options))


def choices(options: Sequence[str]) -> Check:
    """Some of the options, in their order."""
    return partial(_choices, tuple(options))


def options_of(check: Check) -> tuple[str, ...]:
    """Return what a `choice` or `choices` chooses from; () of any other check."""
    if isinstance(check, partial) and check.func in {_choice, _choices}:
        return tuple(check.args[0])
    return ()


def takes_several(check: Check) -> bool:
    """Return whether the check is one of `choices`."""
    return isinstance(check, partial) and check.func is _choices


def limit_of(check: Check) -> int | None:
    """Return the most characters of a `text`; None of any other check."""
    if isinstance(check, partial) and check.func is _text:
        return int(check.args[0])
    return None


def _text(limit: int, path: str, value: Any) -> str:
    return check_name(path, _string(path, value), limit)


def _string(path: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid(path, _("Write a text."))
    return value


def _choice(options: Sequence[str], path: str, value: Any) -> str:
    if value not in options or not isinstance(value, str):
        raise Invalid(path, _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(options)})
    return value


def _choices(options: Sequence[str], path: str, value: Any) -> list[str]:
    chosen = check_choices(path, _strings(path, value), options)
    if not chosen:
        raise Invalid(path, _("Choose at least one, or leave the field out for all."))
    return chosen


def _strings(path: str, value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise Invalid(path, _("Write a list of texts."))
    if len(values) > _MOST:
        raise Invalid(path, _("At most %(most)d, please.") % {"most": _MOST})
    return values


def names(path: str, value: Any) -> list[str]:
    """At least one name, none twice."""
    found = [check_name(f"{path}[{i}]", each) for i, each in enumerate(_strings(path, value))]
    if not found:
        raise Invalid(path, _("Write at least one."))
    return list(dict.fromkeys(found))


def party(path: str, value: Any) -> str:
    """Who has a licence: a name; of an organisation here with its code, `Vireo (EC 7K3F 2Q9D)`."""
    name = _text(200, path, value)
    named = _NAMED.fullmatch(name)
    if named is None:
        return name
    try:
        code = edge_code.parse(named["code"])
    except ValueError:
        raise Invalid(path, _("“%(line)s” is no edge code.") % {"line": named["code"]}) from None
    return _text(220, path, f"{named['name']} ({edge_code.display(code)})")


def parties(path: str, value: Any) -> list[str]:
    """At least one such, none twice."""
    return [party(f"{path}[{i}]", each) for i, each in enumerate(names(path, value))]


@lru_cache(maxsize=4096)
def organisation_in(name: str) -> str | None:
    """Return the code of the organisation here that a party is said to be; None of one who is only
    named. A name alone proves nobody: whoever signs up may take any."""
    named = _NAMED.fullmatch(name)
    try:
        code = edge_code.parse(named["code"] if named else name)
    except ValueError:
        return None
    return None if code.isalpha() else code


def name_in(party: str) -> str:
    """Return the name that stands before a party's code; "" where the code stands alone."""
    named = _NAMED.fullmatch(party)
    return named["name"] if named else ""


def uses(path: str, value: Any) -> list[str]:
    """Names of the tree of uses, at least one."""
    return check_uses(path, _strings(path, value))


def some_uses(path: str, value: Any) -> list[str]:
    """Names of the tree of uses, or none."""
    return uses(path, value) if value != [] else []


def share(path: str, value: Any) -> str:
    """An exact fraction of the whole, reduced: `1/3`."""
    found = check_share(_string(path, value), path)
    return f"{found.numerator}/{found.denominator}"


def flag(path: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Invalid(path, _("Write true or false."))
    return value


def count(path: str, value: Any) -> int:
    """A whole number of 0 or more."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_COUNT:
        raise Invalid(path, _("Write a whole number of 0 or more."))
    return value


def duration(path: str, value: Any) -> str:
    """Calendar time such as P5Y, P18M or P30D."""
    _read(read_duration, path, value)
    return str(value)


def zone(path: str, value: Any) -> str:
    """The name of an IANA time zone."""
    _read(read_zone, path, _string(path, value))
    return str(value)


def instant(path: str, value: Any) -> str:
    """A date, or a date and time with its offset; without one it is read in the fact's `tz`."""
    _read(lambda text, where: read_instant(text, UTC, where), path, value)
    return str(value)


def timecode(path: str, value: Any) -> dict[str, str]:
    """A half-open stretch {"from", "to"} of `HH:MM:SS[.mmm]`."""
    if not isinstance(value, dict) or value.keys() != {"from", "to"}:
        raise Invalid(path, _("Write where it begins and where it ends."))
    for end in ("from", "to"):
        if not _TIMECODE.fullmatch(_string(f"{path}.{end}", value[end])):
            raise Invalid(f"{path}.{end}", _("Write a time code, such as 00:12:30.000."))
    if _padded(value["to"]) <= _padded(value["from"]):
        raise Invalid(f"{path}.to", _("The end must lie after the start."))
    return {"from": value["from"], "to": value["to"]}


def _padded(code: str) -> tuple[int, str]:
    hours, rest = code.split(":", 1)
    return int(hours), rest


def vesting(path: str, value: Any) -> dict[str, Any]:
    """What the grant waits for: {"condition", "satisfied"}."""
    if not isinstance(value, dict) or value.keys() != {"condition", "satisfied"}:
        raise Invalid(path, _("Write the condition, and whether it is met."))
    return {
        "condition": check_name(
            f"{path}.condition", _string(f"{path}.condition", value["condition"])
        ),
        "satisfied": flag(f"{path}.satisfied", value["satisfied"]),
    }


def price(path: str, value: Any) -> dict[str, str]:
    """{"amount": a decimal text, "currency": ISO 4217, "per": min, hour, asset or flat}."""
    if not isinstance(value, dict) or value.keys() != {"amount", "currency", "per"}:
        raise Invalid(path, _("Write the amount, its currency and what it is for."))
    if not _AMOUNT.fullmatch(_string(f"{path}.amount", value["amount"])):
        raise Invalid(f"{path}.amount", _("Write an amount, such as 2.00."))
    if not _CURRENCY.fullmatch(_string(f"{path}.currency", value["currency"])):
        raise Invalid(f"{path}.currency", _("Write a currency code, such as USD."))
    return {
        "amount": value["amount"],
        "currency": value["currency"],
        "per": _choice(PRICE_UNITS, f"{path}.per", value["per"]),
    }


def territory(path: str, value: Any) -> Any:
    """A territory expression."""
    return check_territory(path, value)


def _read(reader: Callable[[Any, str], object], path: str, value: Any) -> None:
    try:
        reader(value, path)
    except CaseError as error:
        raise Invalid(path, sentence_of(error)) from None


def zone_named(name: str) -> tzinfo:
    """Return the zone of a name that `zone` has checked."""
    return read_zone(name, "tz")
