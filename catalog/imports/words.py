"""Identifiers, countries, languages, money, flags and lists as files write them."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.numbers import is_currency
from eidr import EIDRID, EIDRIDFormatError

from catalog.imports.cells import Bad
from catalog.scope.territory import COUNTRIES, WORLD

MAX_MINOR = 10**15
# Who rates in which country.
RATED_IN = {
    "MPAA": "US",
    "TVPG": "US",
    "KMRB": "KR",
    "BBFC": "GB",
    "FSK": "DE",
    "EIRIN": "JP",
}
# ISO 4217 minor units, where they are not two.
_DIGITS = dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3) | dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
_HISTORIC = {  # former countries, in which many films were made: the letters of ISO 3166-3
    "soviet union": "SUHH",
    "ussr": "SUHH",
    "소련": "SUHH",
    "west germany": "DE",  # which kept its code
    "서독": "DE",
    "east germany": "DDDE",
    "동독": "DDDE",
    "yugoslavia": "YUCS",
    "유고슬라비아": "YUCS",
    "socialist federal republic of yugoslavia": "YUCS",
    "federal republic of yugoslavia": "YUCS",
    "kingdom of yugoslavia": "YUCS",
    "czechoslovakia": "CSHH",
    "체코슬로바키아": "CSHH",
    "serbia and montenegro": "CSXX",
    # Those without letters of their own count as the country of today.
    "british hong kong": "HK",
    "taiwan island": "TW",
    "nazi germany": "DE",
    "german reich": "DE",
    "weimar republic": "DE",
    "russian empire": "RU",
    "ottoman empire": "TR",
    "british india": "IN",
    "british raj": "IN",
    "siam": "TH",
    "persia": "IR",
    "ceylon": "LK",
    "zaire": "CD",
    "rhodesia": "ZW",
    "upper volta": "BF",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
}
# `Georgian SSR` was part of the Soviet Union.
_SOVIET = re.compile(r".+ (?:ssr|sfsr|soviet (?:federative )?socialist republic)")
_REIGN = re.compile(r"(?:kingdom|empire) of (?:the )?", re.ASCII)
_WORLD_WORDS = {"world", "worldwide", "ww", "전세계", "전 세계"}
_ALIASES = {  # what CLDR calls otherwise
    "uk": "GB",
    "u.k.": "GB",
    "usa": "US",
    "u.s.": "US",
    "south korea": "KR",
    "korea": "KR",
    "republic of korea": "KR",
    "한국": "KR",
    "북한": "KP",
    "hong kong": "HK",
    "people's republic of china": "CN",
    "czech republic": "CZ",
    "turkey": "TR",
    "palestine": "PS",
    "state of palestine": "PS",
    "occupied palestinian territory": "PS",
    "the bahamas": "BS",
    "the gambia": "GM",
    "the netherlands": "NL",
    "great britain": "GB",
    "bosnia and herzegovina": "BA",
    "democratic republic of the congo": "CD",
    "macedonia": "MK",
    "republic of macedonia": "MK",
    "ivory coast": "CI",
    "burma": "MM",
    "trinidad and tobago": "TT",
}
_LANGUAGE_ALIASES = {
    "mandarin": "zh",
    "standard chinese": "zh",
    "putonghua": "zh",
    "yue chinese": "yue",
    "modern greek": "el",
    "taiwanese hokkien": "nan",
    "farsi": "fa",
    "국어": "ko",
}
_EIDR = re.compile(
    r"(?:DOI:|HTTPS?://(?:DX\.)?DOI\.ORG/|URN:(?:EIDR|DOI):|MD:(?:CID|ALID):EIDR-S:{1,2})?"
    r"(?:10\.5240[:/])?([0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}-[0-9A-Z]{1,2})",
    re.ASCII,
)
_LANGUAGE = re.compile(
    r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|\d{3}))?((?:-[A-Za-z0-9]{4,8})*)", re.ASCII
)
# Stands between the parts, and after the last, of what came as a list, not as a text with commas.
BETWEEN = "\ue000"
_GENERATION = re.compile(r"\s*,\s*((?:Jr|Sr)\b\.?|I{2,3}\b|IV\b)(?=\s*(?:[,;]|$))")
_TRUE = {"true", "yes", "y", "1", "t", "예", "o"}
_FALSE = {"false", "no", "n", "0", "f", "아니오", "아니요", "x"}


@lru_cache(maxsize=65_536)
def read_eidr(text: str) -> str:
    """Return an EIDR content id in canonical form, its check character verified."""
    match = _EIDR.fullmatch(text.strip().upper())
    try:
        if match is None:
            raise EIDRIDFormatError(text)
        return str(EIDRID.parse(f"10.5240/{match[1]}").canonical())
    except EIDRIDFormatError:
        raise Bad(
            "eidr",
            f"{text[:60]!r} is not an EIDR: its form is 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, and"
            " the check character C must fit. The row is kept, the id is not used.",
            value=text[:60],
        ) from None


def looks_like_eidr(text: str) -> bool:
    """Whether it is meant to be an EIDR, right or not."""
    upper = text.strip().upper()
    return "10.5240" in upper or upper.startswith("URN:EIDR:")


@lru_cache(maxsize=4096)
def read_imdb(text: str) -> str:
    """Return an IMDb title id, `tt` and seven or more digits."""
    match = re.fullmatch(r"(?:https?://(?:www\.)?imdb\.com/title/)?(tt\d{7,9})/?", text.strip())
    if match is None:
        raise Bad("imdb", f"{text[:40]!r} is not an IMDb id such as tt0118694.", value=text[:40])
    return match[1]


@lru_cache(maxsize=4096)
def read_isan(text: str) -> str:
    """Return an ISAN in groups of four; check characters (ISO 7064 Mod 37,36) must fit."""
    digits = re.sub(r"[\s-]", "", text.strip().upper().removeprefix("ISAN"))
    parts = re.fullmatch(r"([0-9A-F]{16})(?:([0-9A-Z])(?:([0-9A-F]{8})([0-9A-Z])?)?)?", digits)
    checked = parts and all(
        check is None or _mod_37_36(body) == check
        for body, check in (
            (parts[1], parts[2]),
            (parts[1] + (parts[3] or ""), parts[4] if parts[3] else None),
        )
    )
    if parts is None or not checked:
        raise Bad("isan", f"{text[:60]!r} is not an ISAN.", value=text[:60])
    root, first, version, second = parts.groups()
    groups = [root[at : at + 4] for at in range(0, 16, 4)] + [first or _mod_37_36(root)]
    if version:
        groups += [version[:4], version[4:], second or _mod_37_36(root + version)]
    return "-".join(groups)


def _mod_37_36(body: str) -> str:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    product = 36
    for letter in body:
        total = (product + alphabet.index(letter)) % 36 or 36
        product = total * 2 % 37
    return alphabet[(37 - product) % 36]


@lru_cache(maxsize=4096)
def read_country(text: str) -> str:
    """Return an ISO 3166-1 code of today (or XK). `NA` is Namibia."""
    code = text.strip()
    if len(code) == 2 and code.upper() in COUNTRIES:
        return code.upper()
    if found := _ALIASES.get(code.casefold()) or _country_names().get(code.casefold()):
        return found
    if re.fullmatch(r"[A-Za-z]{2}-[A-Za-z0-9]{1,3}", code):
        raise Bad(
            "territory_part",
            f"{code!r} is a part of a country; rights are recorded for whole countries.",
            value=code,
        )
    raise Bad("territory", f"{code[:40]!r} is not an ISO country code.", value=code[:40])


@lru_cache(maxsize=4096)
def read_territory(text: str) -> str:
    """Return WORLD or a country code."""
    return WORLD if text.strip().casefold() in _WORLD_WORDS else read_country(text)


@lru_cache(maxsize=4096)
def read_origin(text: str) -> str:
    """Return where a work was made: a country of today, or a former one by its four letters."""
    written = text.strip()
    name = written.casefold()
    if found := _HISTORIC.get(name):
        return found
    if written.upper() in _HISTORIC.values():
        return written.upper()
    if _SOVIET.fullmatch(name):
        return "SUHH"
    try:
        return read_country(written)
    except Bad:
        if _REIGN.match(name):  # which is in the same place as the country of today
            return read_country(_REIGN.sub("", name, count=1))
        raise


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    return {
        name.casefold(): code
        for tag in ("en", "ko")
        for code, name in Locale(tag).territories.items()
        if code in COUNTRIES
    }


@lru_cache(maxsize=4096)
def read_language(text: str) -> tuple[str, bool]:
    """Return a BCP 47 tag in its usual case, and whether its language is a known one.

    English and Korean names of languages are understood, too.
    """
    tag = text.strip().replace("_", "-")
    match = _LANGUAGE.fullmatch(tag)
    if named := _language_names().get(tag.casefold().removesuffix(" language")):
        return named, True
    if match is None:
        raise Bad("language", f"{tag[:40]!r} is not a language tag such as en-US.", value=tag[:40])
    language, script, region, variants = match.groups()
    language = language.lower()
    language = get_global("language_aliases").get(language, language)
    parts = [language, script.title() if script else "", region.upper() if region else ""]
    known = language.partition("_")[0] in Locale("en").languages
    return "-".join(filter(None, parts)).replace("_", "-") + (variants or "").lower(), known


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    names = {
        name.casefold(): tag.replace("_", "-")
        for locale in ("en", "ko")
        for tag, name in Locale(locale).languages.items()
    }
    return names | _LANGUAGE_ALIASES


@lru_cache(maxsize=4096)
def read_currency(text: str) -> str:
    """Return an ISO 4217 code."""
    code = text.strip().upper()
    if not is_currency(code):
        raise Bad("currency", f"{text[:20]!r} is not an ISO 4217 currency.", value=text[:20])
    return code


@lru_cache(maxsize=4096)
def read_amount(text: str, currency: str) -> int:
    """Return whole minor units of `currency`; an amount finer than that is refused."""
    plain = text.strip().replace(",", "") if "." in text or _grouped(text) else text.strip()
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise Bad("amount", f"{text[:40]!r} is not an amount.", value=text[:40]) from None
    if not re.fullmatch(r"\d{1,15}(?:\.\d{1,6})?", plain, re.ASCII):
        raise Bad("amount", f"{text[:40]!r} is not an amount.", value=text[:40])
    minor = amount.scaleb(_DIGITS.get(currency, 2))
    if minor != minor.to_integral() or minor > MAX_MINOR:
        raise Bad(
            "amount_fine",
            f"{text[:40]} {currency} is finer than the smallest unit of {currency}, or too much.",
            value=text[:40],
            currency=currency,
        )
    return int(minor)


def _grouped(text: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:,\d{3})+", text.strip(), re.ASCII) is not None


def show_amount(minor: int, currency: str) -> str:
    """Return the decimal text of an amount, as `read_amount` reads it."""
    return f"{Decimal(minor).scaleb(-_DIGITS.get(currency, 2)):f}"


def read_flag(text: str) -> bool:
    """Return yes or no."""
    word = text.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Bad("flag", f"{text[:20]!r} is neither Yes nor No.", value=text[:20])


def read_count(text: str, most: int = 10**6) -> int:
    """Return a whole number, 0 or more."""
    if not re.fullmatch(r"\d{1,9}(?:\.0+)?", text.strip(), re.ASCII):
        raise Bad("count", f"{text[:20]!r} is not a whole number.", value=text[:20])
    number = int(text.strip().partition(".")[0])
    if number > most:
        raise Bad("count", f"{number} is more than {most}.", value=str(number))
    return number


def split(text: str, separators: str = ",;") -> list[str]:
    """Return the parts of a list without repetition, in order; of a list that came as one, its
    parts as they are."""
    parts = text.split(BETWEEN) if BETWEEN in text else re.split(f"[{re.escape(separators)}]", text)
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def split_people(text: str) -> list[str]:
    """Return the names of a list; `Robert Downey, Jr.` is one."""
    return split(text if BETWEEN in text else _GENERATION.sub(r" \1", text))
