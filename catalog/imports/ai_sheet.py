"""The Avails-AI sheet, written: `docs/avails-ai.md` says what its columns mean."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

from catalog.imports.ai_columns import write_terms
from catalog.imports.columns import AI_COLUMNS
from catalog.imports.rows import AvailTerms, Row, TitleFields
from catalog.imports.sheet_writer import write_sheet

SHEET = "Avails-AI v1.0"
# Column and its group in the first row, as in the sheets of MovieLabs.
LAYOUT: tuple[tuple[str, str], ...] = (
    ("DisplayName", "Avail"),
    ("Licensee", "AvailTrans"),
    ("Territory", "AvailTrans"),
    ("TerritoryExclusion", "AvailTrans"),
    ("WorkType", "AvailAsset"),
    ("EntryType", "Disposition"),
    ("SeriesTitleInternalAlias", "AvailMetadata"),
    ("SeasonNumber", "AvailMetadata"),
    ("EpisodeNumber", "AvailMetadata"),
    ("TitleInternalAlias", "AvailMetadata"),
    ("TitleDisplayUnlimited", "AvailMetadata"),
    ("EIDR", "AvailAsset"),
    ("ContentID", "AvailAsset"),
    ("AltID", "AvailMetadata"),
    ("ALID", "Avail"),
    ("AvailID", "Avail"),
    ("ReleaseYear", "AvailMetadata"),
    ("TotalRunTime", "AvailMetadata"),
    ("Start", "AvailTrans"),
    ("StartLag", "AvailTrans"),
    ("End", "AvailTrans"),
    ("EndLag", "AvailTrans"),
    ("Exclusive", "AvailTrans"),
    ("ContractID", "AvailTrans"),
    ("LicenseType", "AvailTrans"),
    *((column, "AvailAI") for column in AI_COLUMNS),
)
REQUIRED = frozenset(
    "Territory WorkType EntryType TitleInternalAlias ALID Start End LicenseType ModelKind".split()  # noqa: SIM905
)


def write_ai_sheet(path: Path, rows: Iterable[Row]) -> None:
    """Write the AI terms of these rows; each must have `avail` and `ai`."""
    write_sheet(path, SHEET, chain(_head(), map(_line, rows)))


def _head() -> Iterator[Sequence[str]]:
    yield [group for _, group in LAYOUT]
    yield [column for column, _ in LAYOUT]
    yield ["//REQ" if column in REQUIRED else "//Opt" for column, _ in LAYOUT]


def _line(row: Row) -> list[str]:
    if row.avail is None or row.ai is None:
        raise ValueError(f"row {row.number} has no AI terms")
    values = _title_values(row.title) | _avail_values(row.avail) | write_terms(row.ai)
    values["EntryType"] = row.entry_type.replace("_", " ").title()
    return [values.get(column, "") for column, _ in LAYOUT]


def _title_values(title: TitleFields) -> dict[str, str]:
    ids = {each.scheme: each.value for each in reversed(title.ids) if each.level == "title"}
    parents = {parent.level: parent for parent in title.parents}
    values = {
        "WorkType": {"film": "Movie"}.get(title.kind, title.kind.title()),
        "TitleInternalAlias": title.name,
        "TitleDisplayUnlimited": title.display_name,
        "EIDR": ids.get("eidr", ""),
        "ContentID": ids.get("content", ""),
        "AltID": ids.get("alt", ""),
        "ReleaseYear": str(title.year or ""),
        "TotalRunTime": _run_time(title.run_time_ms),
        "EpisodeNumber": title.number if title.kind == "episode" else "",
    }
    if "series" in parents:
        values["SeriesTitleInternalAlias"] = parents["series"].name
    if "season" in parents:
        values["SeasonNumber"] = parents["season"].number
    return values


def _run_time(ms: int | None) -> str:
    if ms is None:
        return ""
    seconds = ms // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _avail_values(avail: AvailTerms) -> dict[str, str]:
    return {
        "DisplayName": avail.licensor,
        "Licensee": avail.licensee,
        "Territory": ", ".join(avail.territory),
        "TerritoryExclusion": ", ".join(avail.territory_excluded),
        "ALID": avail.alid,
        "AvailID": avail.avail_id,
        "Start": _instant(avail.starts_at) or avail.start_condition or "Open",
        "StartLag": avail.start_lag,
        "End": _instant(avail.ends_at) or avail.end_condition or "Open",
        "EndLag": avail.end_lag,
        "Exclusive": {None: "", True: "Yes", False: "No"}[avail.exclusive],
        "ContractID": avail.contract_id,
    }


def _instant(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z" if moment else ""
