"""The columns of Avails-AI (docs/avails-ai.md), as a row's terms and back."""

import re

from catalog.imports import words
from catalog.imports.cells import Bad
from catalog.imports.fields import Fields
from catalog.imports.price_factors import check_factors, read_factor, show_factor
from catalog.imports.rows import AiTerms, ElementException
from catalog.scope.uses import MODALITIES, MODEL_KINDS

# Each reads as the narrowest use that its name certainly means.
USES = {
    "AITrain": "train.pretrain",
    "AIFineTune": "train.finetune",
    "AIEval": "evaluate",
    "AIInput": "input",
}
DELIVERY_FORMS = ("files", "segments", "stream", "compute_to_data", "embeddings")
NILV_STATUSES = ("cleared", "partial", "excluded", "not_cleared", "none", "unknown")
ELEMENT_KINDS = (
    "music",
    "stock_footage",
    "archive_footage",
    "artwork",
    "trademark",
    "location",
    "choreography",
    "font",
    "dubbed_track",
    "performance",
    "other",
)
# A row says one of these.
PRICES = {
    "PricePerMinute": "price_per_minute_minor",
    "PricePerHour": "price_per_hour_minor",
    "PricePerFile": "price_per_file_minor",
    "PricePerSegment": "price_per_segment_minor",
}
_EXCEPTION = re.compile(
    r"([A-Za-z _-]{2,30})(?:@(\d{1,3}):([0-5]\d):([0-5]\d(?:\.\d{1,3})?)"
    r"-(\d{1,3}):([0-5]\d):([0-5]\d(?:\.\d{1,3})?))?",
    re.ASCII,
)


def read_terms(fields: Fields, *, is_removal: bool) -> AiTerms:
    """Return the AI terms of a row whose LicenseType is one of USES."""
    license_type = fields.text("LicenseType")
    use = next(
        (use for name, use in USES.items() if name.casefold() == license_type.casefold()), ""
    )
    terms = AiTerms(uses=[use] if use else [])
    if not use:
        known = ", ".join(USES)
        message = f"{license_type!r} is not an AI use; use one of {known}."
        fields.find("error", "LicenseType", Bad("ai_use", message, value=license_type))
    # Empty is not "all": what is not said is not licensed.
    if not is_removal:
        fields.require("ModelKind")
    terms.model_kinds = fields.each("ModelKind", lambda text: _choice(text, MODEL_KINDS))
    terms.modalities = fields.each("Modality", lambda text: _choice(text, MODALITIES))
    terms.max_licensees = fields.read_text("MaxLicensees", words.read_count)
    terms.delivery_forms = fields.each("DeliveryForm", lambda text: _choice(text, DELIVERY_FORMS))
    terms.available_ms = fields.read_text("MinutesAvailable", _minutes)
    terms.currency = fields.read_text("Currency", words.read_currency) or ""
    _read_price(fields, terms)
    _read_card(fields, terms)
    terms.nilv_status = (
        fields.read_text("NILVStatus", lambda text: _choice(text, NILV_STATUSES)) or "unknown"
    )
    terms.guild_flags = fields.each("GuildFlags", _guild)
    terms.element_exceptions = fields.each("ElementExceptions", read_exception, separators=";")
    terms.notes = fields.text("AINotes")
    return terms


def _read_price(fields: Fields, terms: AiTerms) -> None:
    said = [column for column in PRICES if fields.text(column)]
    if not said:
        return
    fields.require("Currency")
    for column in said[1:]:
        message = f"A price is said in {said[0]} already; leave one of the two empty."
        fields.find("error", column, Bad("two_prices", message, column=said[0]))
    if terms.currency:
        minor = fields.read_text(said[0], lambda text: words.read_amount(text, terms.currency))
        setattr(terms, PRICES[said[0]], minor)


def _read_card(fields: Fields, terms: AiTerms) -> None:
    terms.price_factors = fields.each("PriceFactors", read_factor, separators=";")
    try:
        check_factors(terms.price_factors)
    except Bad as bad:
        fields.find("error", "PriceFactors", bad)
    if fields.text("MinimumPrice"):
        fields.require("Currency")
    if terms.currency:
        terms.minimum_minor = fields.read_text(
            "MinimumPrice", lambda text: words.read_amount(text, terms.currency)
        )
    terms.most_favoured = fields.read_text("MostFavoured", words.read_flag)


def _choice(text: str, choices: tuple[str, ...]) -> str:
    value = re.sub(r"[ -]+", "_", text.strip().casefold())
    if value not in choices:
        raise Bad("choice", f"{text[:40]!r} is not one of {', '.join(choices)}.", value=text[:40])
    return value


def _guild(text: str) -> str:
    name = " ".join(text.split())
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,19}", name, re.ASCII):
        return name.upper()
    if not re.fullmatch(r"[^\W_][\w .&'()/+-]{1,99}", name):
        raise Bad("guild", f"{text[:40]!r} is not a guild such as SAG-AFTRA.", value=text[:40])
    return name


def _minutes(text: str) -> int:
    if not re.fullmatch(r"\d{1,7}(?:\.\d{1,3})?", text.strip(), re.ASCII):
        raise Bad("minutes", f"{text[:20]!r} is not a number of minutes.", value=text[:20])
    whole, _, part = text.strip().partition(".")
    return int(whole) * 60_000 + int(part.ljust(3, "0") or 0) * 60


def read_exception(text: str) -> ElementException:
    """Return `Music@00:01:00-00:02:30`, or `Music` for wherever it occurs."""
    match = _EXCEPTION.fullmatch(text.strip())
    if match is None:
        raise Bad(
            "exception",
            f"{text[:60]!r} is not an exception such as Music@00:01:00-00:02:30.",
            value=text[:60],
        )
    kind = _choice(match[1], ELEMENT_KINDS)
    if match[2] is None:
        return ElementException(kind)
    starts, ends = _clock_ms(match.groups()[1:4]), _clock_ms(match.groups()[4:7])
    if ends <= starts:
        raise Bad("exception", f"{text[:60]!r} ends before it begins.", value=text[:60])
    return ElementException(kind, starts, ends)


def _clock_ms(parts: tuple[str, ...]) -> int:
    hours, minutes, seconds = parts
    whole, _, part = seconds.partition(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 1000 + int(part.ljust(3, "0"))


def write_terms(terms: AiTerms) -> dict[str, str]:
    """Return the AI columns that say these terms, LicenseType included."""
    names = {use: name for name, use in USES.items()}
    prices = {column: getattr(terms, name) for column, name in PRICES.items()}
    return {
        "LicenseType": names[terms.uses[0]],
        "ModelKind": ", ".join(terms.model_kinds),
        "Modality": ", ".join(terms.modalities),
        "MaxLicensees": "" if terms.max_licensees is None else str(terms.max_licensees),
        "DeliveryForm": ", ".join(terms.delivery_forms),
        "MinutesAvailable": "" if terms.available_ms is None else _show_minutes(terms.available_ms),
        **{
            column: "" if price is None else words.show_amount(price, terms.currency)
            for column, price in prices.items()
        },
        "PriceFactors": "; ".join(map(show_factor, terms.price_factors)),
        "MinimumPrice": ""
        if terms.minimum_minor is None
        else words.show_amount(terms.minimum_minor, terms.currency),
        "MostFavoured": {None: "", True: "Yes", False: "No"}[terms.most_favoured],
        "Currency": terms.currency,
        "NILVStatus": terms.nilv_status,
        "GuildFlags": ", ".join(terms.guild_flags),
        "ElementExceptions": "; ".join(map(_show_exception, terms.element_exceptions)),
        "AINotes": terms.notes,
    }


def _show_minutes(ms: int) -> str:
    """Return minutes to a thousandth, rounded down: never more than there is."""
    text = f"{ms // 60_000}.{ms % 60_000 // 60:03}"
    return text.rstrip("0").rstrip(".")


def _show_exception(exception: ElementException) -> str:
    if exception.starts_ms is None or exception.ends_ms is None:
        return exception.kind
    return f"{exception.kind}@{_show_clock(exception.starts_ms)}-{_show_clock(exception.ends_ms)}"


def _show_clock(ms: int) -> str:
    seconds, part = divmod(ms, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{part:03}" if part else text
