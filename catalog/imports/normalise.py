"""A record becomes a row: every value normalised, every doubt a finding with its cell."""

from catalog.imports import ai_columns, words
from catalog.imports.cells import FORMULA, MERGED, Bad, Record
from catalog.imports.columns import TERMS_COLUMNS
from catalog.imports.dates import (
    Reading,
    read_day,
    read_finish,
    read_lag,
    read_moment,
    read_run_time,
    read_start,
    read_year,
)
from catalog.imports.fields import MAX_NAME, Fields
from catalog.imports.rows import (
    ENTRY_TYPES,
    AvailTerms,
    Identifier,
    Level,
    Parent,
    Price,
    Rating,
    Row,
    TitleFields,
)
from catalog.scope.territory import WORLD

_KINDS = {
    "movie": "film",
    "film": "film",
    "feature": "film",
    "영화": "film",
    "series": "series",
    "시리즈": "series",
    "season": "season",
    "시즌": "season",
    "volume": "volume",
    "episode": "episode",
    "에피소드": "episode",
    "short": "short",
    "단편": "short",
    "supplement": "supplemental",
    "supplemental": "supplemental",
    "bonus": "supplemental",
    "promotion": "supplemental",
    "collection": "collection",
    "bundle": "collection",
    "other": "other",
}
_LICENSE_TYPES = {
    each.casefold(): each
    for each in ("EST", "VOD", "SVOD", "POEST", "AVOD", "FVOD", "Free", "Rental", "Pre-Release",
                 "Library", *ai_columns.USES)
}  # fmt: skip
_MONEY_PRICES = {"wsp", "dmrp", "srp", "smrp", "licensefee", "price", "tpr-wsp", "tpr-srp"}
REMOVALS = ("full_delete", "delete")


def read_row(record: Record, reading: Reading) -> Row:
    """Return the row of a record; an `error` among its findings says that it is rejected."""
    fields = Fields(record, reading)
    for column, bad in record.problems:
        fields.find("error", column, bad)
    for column, cell in record.cells.items():
        if cell.marks & MERGED:
            fields.find("warning", column, Bad("merged_down", "Taken from a merged cell above."))
        if cell.marks & FORMULA:
            message = "A formula: its last result is taken, it is not computed."
            fields.find("info", column, Bad("formula", message))
    entry_type = _entry_type(fields)
    title = _title(fields)
    avail = _avail(fields, entry_type, title)
    is_ai = avail is not None and avail.license_type.startswith("AI")
    ai = ai_columns.read_terms(fields, is_removal=entry_type in REMOVALS) if is_ai else None
    return Row(
        record.sheet, record.number, entry_type, title, avail, ai, fields.left(), fields.findings
    )


def _entry_type(fields: Fields) -> str:
    written = fields.text("EntryType")
    if not written and not fields.record.is_avails:
        return "update"
    entry_type = written.casefold().replace(" ", "_").replace("-", "_")
    if entry_type not in ENTRY_TYPES:
        bad = Bad(
            "entry_type",
            f"EntryType is {written[:40]!r}; it must be Full Extract, Full Delete, Create, Update"
            " or Delete.",
            value=written[:40],
        )
        fields.find("error", "EntryType", bad)
    return entry_type[:40]


def _title(fields: Fields) -> TitleFields:
    level = "Episode" if fields.record.cells.get("EpisodeNumber") else ""
    kind = _kind(fields)
    prefix = {"series": "Series", "season": "Season", "volume": "Volume"}.get(kind, level)
    title = TitleFields(kind=kind)
    title.name = fields.name(f"{prefix}TitleInternalAlias") or fields.name("TitleInternalAlias")
    title.display_name = fields.name(f"{prefix}TitleDisplayUnlimited") or fields.name(
        "TitleDisplayUnlimited"
    )
    title.number = fields.text(f"{prefix}Number", 20) if prefix else ""
    title.distribution_number = fields.text("DistributionNumber", 20)
    title.parents = [
        parent
        for each in ("Series", "Season", "Volume")
        if each != prefix and (parent := _parent(fields, each))
    ]
    if not title.name and not title.display_name:
        title.name = _unnamed(title)
    if not title.name and not title.display_name:
        fields.require(f"{prefix}TitleInternalAlias", f"{prefix}TitleDisplayUnlimited")
    title.name = title.name or title.display_name
    _describe(fields, title)
    title.ids = _ids(fields, prefix)
    return title


def _unnamed(title: TitleFields) -> str:
    """A season or an episode without a name is called by its number."""
    above = next((parent.name or parent.display_name for parent in title.parents), "")
    return f"{above}: {title.kind} {title.number}"[:MAX_NAME] if above and title.number else ""


def _kind(fields: Fields) -> str:
    written = fields.text("WorkType", 60)
    if not written:
        if fields.record.is_avails:
            fields.require("WorkType")
        return "film"
    kind = _KINDS.get(written.casefold(), "")
    if not kind:
        message = f"WorkType {written!r} is not one we know; kept as other."
        fields.find("warning", "WorkType", Bad("work_type", message, value=written))
    return kind or "other"


def _parent(fields: Fields, level: str) -> Parent | None:
    count = {"Series": "SeasonCount", "Season": "EpisodeCount"}.get(level, "")
    parent = Parent(
        level.lower(),
        fields.name(f"{level}TitleInternalAlias"),
        fields.name(f"{level}TitleDisplayUnlimited"),
        "" if level == "Series" else fields.text(f"{level}Number", 20),
        fields.text("VolumeDistributionNumber", 20) if level == "Volume" else "",
        fields.read_text(count, words.read_count, "warning") if count else None,
        _level_ids(fields, level),
    )
    is_there = parent.name or parent.display_name or parent.number or parent.ids
    return parent if is_there else None


def _describe(fields: Fields, title: TitleFields) -> None:
    record, reading = fields.record, fields.reading
    title.year = fields.read(
        "ReleaseYear", lambda cell: read_year(cell, reading, record.epoch_1904), "warning"
    )
    title.released_on = fields.read(
        "ReleaseHistoryOriginal", lambda cell: read_day(cell, reading, record.epoch_1904), "warning"
    )
    title.run_time_ms = fields.read(
        "TotalRunTime", lambda cell: read_run_time(cell, minutes=not record.is_avails), "warning"
    )
    languages = _languages(fields, "OriginalLanguage")
    title.language = languages[0] if languages else ""
    title.spoken = languages if len(languages) > 1 else []
    for column, language in (("NameKorean", "ko"), ("NameEnglish", "en")):
        if name := fields.name(column):
            title.names[language] = [name]
    title.countries = fields.each("Countries", words.read_origin, "warning")
    title.genres = fields.each("Genres", str)
    title.directors = fields.people("Director")
    title.writers = fields.people("Writer")
    title.cast = fields.people("Cast")
    title.synopsis = fields.text("Synopsis", level="warning")
    title.company_credit = fields.text("CompanyDisplayCredit", MAX_NAME)
    if value := fields.text("RatingValue", 60):
        system, reason = fields.text("RatingSystem", 60), fields.text("RatingReason")
        title.ratings.append(Rating(system, value, reason))
        if system.upper() not in words.RATED_IN:
            message = f"The rating {value!r} names no known system, such as MPAA; it is not kept."
            fields.find("warning", "RatingValue", Bad("rating_system", message, value=value))


def _languages(fields: Fields, column: str, level: Level = "warning") -> list[str]:
    """Return the languages of a list; `en:audio` is English. One not registered is kept."""
    found = fields.each(column, lambda text: words.read_language(text.partition(":")[0]), level)
    for tag, is_known in found:
        if not is_known:
            message = f"{tag!r} is not a language that is registered; kept as written."
            fields.find(level, column, Bad("language_unknown", message, value=tag))
    return [tag for tag, _ in found]


def _ids(fields: Fields, prefix: str) -> list[Identifier]:
    titled = f"{prefix}ID" if prefix in ("Series", "Season", "Volume") else "TitleID"
    if prefix == "Episode":
        titled = "EpisodeTitleID"
    found = _level_ids(fields, prefix) if prefix not in ("", "Episode") else []
    found = [Identifier(each.scheme, each.value, each.verified) for each in found]
    wanted = [
        (titled, "title", "title"),
        ("EIDR", "eidr", "title"),
        ("EpisodeID" if prefix == "Episode" else "EditID", "edit", "edit"),
        (f"{prefix}ContentID", "content", "title"),
        ("ContentID", "content", "title"),
        (f"{prefix}AltID", "alt", "title"),
        ("AltID", "alt", "title"),
        ("ReportingID", "reporting", "edit"),
        ("UV_ID", "uv", "title"),
        ("DMA_ID", "dma", "title"),
    ]
    for column, scheme, level in wanted:
        found += _read_ids(fields, column, scheme, level)
    for column, scheme, reader in (("IMDbID", "imdb", words.read_imdb),
                                   ("ISAN", "isan", words.read_isan)):  # fmt: skip
        if text := fields.text(column, 100):
            read = fields.read_text(column, reader, "warning")
            found.append(Identifier(scheme, read or text, read is not None))
    return list(dict.fromkeys(found))


def _level_ids(fields: Fields, level: str) -> list[Identifier]:
    found = []
    for column, scheme in (("ID", "title"), ("ContentID", "content"), ("AltID", "alt")):
        found += _read_ids(fields, f"{level}{column}", scheme, level.lower())
    return list(dict.fromkeys(found))


def _read_ids(fields: Fields, column: str, scheme: str, level: str) -> list[Identifier]:
    """Return an id as it is; what is meant to be an EIDR as such, in quarantine if it is wrong.

    A ContentID made of an EIDR (`md:cid:eidr-s:…`) is a studio's own id, and says no EIDR.
    """
    text = fields.text(column, 200)
    if not text:
        return []
    may_be_eidr = scheme in ("title", "edit", "alt", "dma") and words.looks_like_eidr(text)
    if scheme != "eidr" and not may_be_eidr:
        return [Identifier(scheme, text, level=level)]
    eidr = fields.read_text(column, words.read_eidr, "warning")
    return [Identifier("eidr", eidr or text, eidr is not None, level)]


def _edit_id(title: TitleFields) -> str:
    """Return the number of the edit that a row names; that of the title itself names none."""
    own = {each.value for each in title.ids if each.level == "title"}
    edits = [each.value for each in title.ids if each.scheme in ("edit", "eidr")
             and each.level == "edit"]  # fmt: skip
    return next((value for value in edits if value not in own), "")


def _avail(fields: Fields, entry_type: str, title: TitleFields) -> AvailTerms | None:
    is_removal = entry_type in REMOVALS
    says_terms = TERMS_COLUMNS & fields.record.cells.keys()
    if not (fields.record.is_avails or says_terms or is_removal):
        return None
    terms = AvailTerms(end_policy=fields.reading.end_policy)
    terms.alid = fields.text("ALID", 200)
    terms.avail_id = fields.text("AvailID", 200)
    terms.edit_id = _edit_id(title)
    terms.license_type = _license_type(fields)
    _places(fields, terms)
    _window(fields, terms)
    _parties(fields, terms)
    _terms_languages(fields, terms)
    terms.prices = _prices(fields)
    if entry_type == "full_delete":
        fields.require("ALID")
    elif fields.record.is_avails or is_removal:
        fields.require("ALID", "AvailID")
    if fields.record.is_avails and not is_removal:
        for column in ("LicenseType", "Start", "End"):
            fields.require(column)
        fields.require("Territory", "TerritoryExclusion")
    return terms


def _license_type(fields: Fields) -> str:
    written = fields.text("LicenseType", 60)
    known = _LICENSE_TYPES.get(written.casefold())
    if written and known is None:
        message = f"LicenseType {written!r} is not one we know; kept as written."
        fields.find("warning", "LicenseType", Bad("license_type", message, value=written))
    return known or written


def _places(fields: Fields, terms: AvailTerms) -> None:
    terms.territory = _territories(fields, "Territory")
    terms.territory_excluded = _territories(fields, "TerritoryExclusion")
    if terms.territory_excluded and not terms.territory:
        terms.territory = [WORLD]
    nothing_left = terms.territory and set(terms.territory) <= set(terms.territory_excluded)
    if nothing_left or WORLD in terms.territory_excluded:
        message = "The exclusion leaves no territory."
        fields.find("error", "TerritoryExclusion", Bad("territory_none", message))


def _territories(fields: Fields, column: str) -> list[str]:
    """Return the territories of a list; codes may be apart by blanks only, names may hold them."""
    parts = words.split(fields.text(column), ",; ")
    blanks = " " if all(len(part) == 2 for part in parts) else ""
    return fields.each(column, words.read_territory, separators=f",;{blanks}")


def _window(fields: Fields, terms: AvailTerms) -> None:
    reading, epoch = fields.reading, fields.record.epoch_1904
    start = fields.read("Start", lambda cell: read_start(cell, reading, epoch))
    is_ai = terms.license_type.startswith("AI")
    end = fields.read("End", lambda cell: read_finish(cell, reading, epoch, is_ai=is_ai))
    terms.starts_at, terms.start_condition = start or (None, "")
    terms.ends_at, terms.end_condition = end or (None, "")
    terms.end_text = fields.text("End", 60)
    terms.start_lag = fields.read("StartLag", read_lag) or ""
    terms.end_lag = fields.read("EndLag", read_lag) or ""
    terms.window_duration = fields.read("WindowDuration", read_lag) or ""
    for column in ("Start", "End"):
        has_condition = getattr(terms, f"{column.lower()}_condition")
        if getattr(terms, f"{column.lower()}_lag") and not has_condition:
            message = f"{column}Lag counts from a condition, but {column} is none; not applied."
            fields.find("warning", f"{column}Lag", Bad("lag_alone", message))
    if terms.starts_at and terms.ends_at and terms.ends_at <= terms.starts_at:
        fields.find("error", "End", Bad("window_empty", "The window ends before it begins."))
    terms.announced_at = fields.read(
        "AnnounceDate", lambda cell: read_moment(cell, reading, epoch), "warning"
    )
    terms.suppression_lifts_at = fields.read(
        "SuppressionLiftDate", lambda cell: read_moment(cell, reading, epoch), "warning"
    )


def _parties(fields: Fields, terms: AvailTerms) -> None:
    terms.licensor = fields.text("DisplayName", MAX_NAME)
    terms.licensee = fields.text("Licensee", MAX_NAME)
    terms.rights_description = fields.text("LicenseRightsDescription", MAX_NAME)
    terms.contract_id = fields.text("ContractID", 200)
    terms.format_profile = fields.text("FormatProfile", 60)
    terms.exclusive = fields.read_text("Exclusive", words.read_flag)
    terms.exclusive_attributes = fields.text("ExclusiveAttributes")
    terms.status = fields.text("TitleStatus", 60)
    terms.bundled_alids = words.split(fields.text("BundledALIDs"), ";,")


def _terms_languages(fields: Fields, terms: AvailTerms) -> None:
    terms.asset_languages = _languages(fields, "AssetLanguage")
    terms.allowed_languages = _languages(fields, "AllowedLanguages")
    terms.required_languages = _languages(fields, "RequiredFulfillmentLanguages")
    # A holdback that cannot be read would free what is held back.
    terms.holdback_languages = _languages(fields, "HoldbackLanguage", "error")


def _prices(fields: Fields) -> list[Price]:
    currency = fields.read_text("PriceCurrency", words.read_currency) or ""
    prices = []
    kind = fields.text("PriceType", 60)
    value = fields.text("PriceValue", 60)
    if value and kind.upper() != "NA":
        prices.append(_price(fields, "PriceValue", (kind, value), currency))
    if srp := fields.text("SRP", 60):
        prices.append(_price(fields, "SRP", ("SRP", srp), currency))
    return prices


def _price(fields: Fields, column: str, written: tuple[str, str], currency: str) -> Price:
    kind, text = written
    if kind.casefold() not in _MONEY_PRICES:
        return Price(kind, text=text)
    if not currency:
        message = f"{kind} {text} has no currency; kept as a text, not as money."
        fields.find("warning", column, Bad("price_currency", message))
        return Price(kind, text=text)
    minor = fields.read_text(column, lambda amount: words.read_amount(amount, currency))
    return Price(kind, minor, currency, text if minor is None else "")
