"""An Avails sheet as studios send it: what becomes of its rows, and what is said of odd ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.imports.rows import Identifier, Price
from tests.catalog.imports.books import (
    MOVIE,
    avails,
    book,
    codes,
    findings_of,
    movie,
    read,
    rows_of,
    sheet,
    summary_of,
)

GOOD_EIDR = "10.5240/8FF3-1C20-84F5-F247-8BCD-E"


def test_a_movie_becomes_a_row_without_findings(tmp_path: Path) -> None:
    row = movie(tmp_path, TitleID=GOOD_EIDR, TotalRunTime="01:56:20", ReleaseYear=2013)
    assert (row.sheet, row.number, row.entry_type) == ("Movies", 3, "full_extract")
    assert (row.title.kind, row.title.name, row.title.year) == ("film", "First Dance, The", 2013)
    assert row.title.run_time_ms == (1 * 3600 + 56 * 60 + 20) * 1000
    assert row.title.ids[0] == Identifier("eidr", GOOD_EIDR, verified=True)
    assert row.avail
    assert row.avail.starts_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert row.avail.ends_at == datetime(2027, 12, 31, tzinfo=UTC)
    assert row.findings == []


def test_an_inclusive_end_takes_the_whole_day(tmp_path: Path) -> None:
    row = movie(tmp_path, reading={"end_policy": "inclusive"})
    assert row.avail
    assert row.avail.ends_at == datetime(2028, 1, 1, tzinfo=UTC)
    assert (row.avail.end_policy, row.avail.end_text) == ("inclusive", "2027-12-31")


def test_dates_are_read_in_the_zone_of_the_source(tmp_path: Path) -> None:
    row = movie(tmp_path, reading={"zone": "Asia/Seoul"})
    assert row.avail
    assert row.avail.starts_at == datetime(2026, 12, 31, 15, tzinfo=UTC)


def test_a_bad_eidr_is_kept_in_quarantine_and_the_row_accepted(tmp_path: Path) -> None:
    row = movie(tmp_path, TitleID="10.5240/1489-49A2-3956-4B2D-BEFK-6")
    assert row.title.ids == [Identifier("eidr", "10.5240/1489-49A2-3956-4B2D-BEFK-6")]
    assert codes(row) == [("warning", "TitleID", "eidr")]
    assert not row.is_rejected


def test_na_is_namibia(tmp_path: Path) -> None:
    row = movie(tmp_path, Territory="NA, ZA")
    assert row.avail
    assert row.avail.territory == ["NA", "ZA"]


def test_territories_by_name(tmp_path: Path) -> None:
    row = movie(tmp_path, Territory="South Korea; 일본", TerritoryExclusion=None)
    assert row.avail
    assert row.avail.territory == ["KR", "JP"]


def test_an_exclusion_alone_is_the_world_without_it(tmp_path: Path) -> None:
    row = movie(tmp_path, Territory=None, TerritoryExclusion="US CA")
    assert row.avail
    assert (row.avail.territory, row.avail.territory_excluded) == (["WORLD"], ["US", "CA"])


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("Territory", "ZZ", "territory"),
        ("Territory", "US-CA", "territory_part"),
        ("TerritoryExclusion", "KR", "territory_none"),
        ("EntryType", "Full Extrakt", "entry_type"),
        ("Start", "01/02/2027", "date_ambiguous"),
        ("Start", "1/2/27", "date_short_year"),
        ("Start", "soon", "date_unreadable"),
        ("Start", "2027-02-29", "date"),
        ("Start", 60, "date_serial"),
        ("End", "2026-01-01", "window_empty"),
        ("HoldbackLanguage", "xyz", "language_unknown"),
        ("ALID", '<c t="e"><v>#REF!</v></c>', "cell_error"),
        ("WorkType", None, "required"),
        ("TitleInternalAlias", None, "required"),
        ("LicenseType", "", "required"),
        ("LicenseType", "AIDream", "ai_use"),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_its_cell(
    tmp_path: Path, column: str, value: str, code: str
) -> None:
    row = movie(tmp_path, **{column: value})
    assert row.is_rejected
    found = [each for each in row.findings if each.level == "error" and each.code == code]
    assert [(each.column, each.cell[:7]) for each in found] == [(column, "Movies!")]
    assert found[0].cell.endswith("3")


def test_the_finding_names_the_cell_itself(tmp_path: Path) -> None:
    row = movie(tmp_path, Territory="ZZ")
    assert [each.cell for each in row.findings] == ["Movies!B3"]  # DisplayName is A


def test_headers_may_be_in_any_order_and_misspelt(tmp_path: Path) -> None:
    columns = [*reversed(MOVIE), "VolumeDistributinoNumber", "TerritoryExlcusion"]
    values = [*reversed(MOVIE.values()), None, "KP"]
    path = book(tmp_path / "b.xlsx", {"Movies": sheet([columns, values])})
    items = read(path)
    (row,) = rows_of(items)
    assert row.avail
    assert row.avail.territory_excluded == ["KP"]
    assert not row.is_rejected
    said = [(each.code, each.column) for each in findings_of(items)]
    assert said == [("header_misspelt", "TerritoryExclusion")]


def test_what_is_not_understood_is_kept_as_written(tmp_path: Path) -> None:
    row = movie(tmp_path, **{"Our Code": "X-1", "RetailerSpare1": "spare"})
    assert row.other == {"Our Code": "X-1", "RetailerSpare1": "spare"}


def test_two_columns_of_one_name_must_agree(tmp_path: Path) -> None:
    columns, values = [*MOVIE, "Territory"], [*MOVIE.values(), "US"]
    items = read(book(tmp_path / "b.xlsx", {"Movies": sheet([columns, values])}))
    assert ("error", "Territory", "contradiction") in codes(rows_of(items)[0])


def test_comment_rows_are_counted_and_the_version_is_found(tmp_path: Path) -> None:
    rows = [[1.9, *["//REQ"] * (len(MOVIE) - 1)], list(MOVIE.values()), ["// a remark", "US"]]
    path = book(tmp_path / "b.xlsx", {"Movies": sheet([["Avail"], list(MOVIE), *rows])})
    items = read(path)
    assert len(rows_of(items)) == 1
    assert (summary_of(items).comments, summary_of(items).version) == (2, "1.9")


def test_sheets_without_avails_are_named_and_left_out(tmp_path: Path) -> None:
    sheets = {"Read me": sheet([["Dear reader"]]), "Avails v1.8": avails([MOVIE])}
    items = read(book(tmp_path / "b.xlsx", sheets))
    assert [(each.code, each.cell) for each in findings_of(items)] == [
        ("sheet_skipped", "Read me!A1")
    ]
    assert (summary_of(items).sheets, summary_of(items).version) == (["Avails v1.8"], "1.8")


def test_an_episode_knows_its_season_and_series(tmp_path: Path) -> None:
    row = movie(
        tmp_path, WorkType="Episode", TitleInternalAlias=None,
        SeriesTitleInternalAlias="Detectives", SeriesAltID="rs_d", SeasonNumber=1,
        EpisodeNumber=2, EpisodeTitleInternalAlias="Birds",
        TotalRunTime="56:20",
    )  # fmt: skip
    assert (row.title.kind, row.title.name, row.title.number) == ("episode", "Birds", "2")
    assert [(each.level, each.name, each.number) for each in row.title.parents] == [
        ("series", "Detectives", ""), ("season", "", "1"),
    ]  # fmt: skip
    assert row.title.run_time_ms == (56 * 60 + 20) * 1000


def test_a_full_delete_needs_no_terms(tmp_path: Path) -> None:
    row = movie(tmp_path, EntryType="Full Delete", LicenseType=None, Start=None, End=None,
                Territory=None)  # fmt: skip
    assert (row.entry_type, row.is_rejected) == ("full_delete", False)


def test_conditions_and_lags_are_kept_until_their_day_is_known(tmp_path: Path) -> None:
    row = movie(tmp_path, Start="Theatrical", StartLag="P90D", End="open")
    assert row.avail
    assert (row.avail.starts_at, row.avail.start_condition, row.avail.start_lag) == (
        None, "Theatrical", "P90D",
    )  # fmt: skip
    assert (row.avail.ends_at, row.avail.end_condition) == (None, "")


def test_money_is_whole_minor_units_or_a_text(tmp_path: Path) -> None:
    row = movie(tmp_path, PriceType="WSP", PriceValue=7.9900000000000002, PriceCurrency="USD")
    assert row.avail
    assert row.avail.prices == [Price("WSP", 799, "USD")]
    row = movie(tmp_path, PriceType="WSP", PriceValue=8900, PriceCurrency="KRW")
    assert row.avail
    assert row.avail.prices == [Price("WSP", 8900, "KRW")]
    row = movie(tmp_path, PriceType="WSP", PriceValue=7.99)
    assert row.avail
    assert row.avail.prices == [Price("WSP", text="7.99")]
    assert codes(row) == [("warning", "PriceValue", "price_currency")]


def test_a_name_that_became_a_date_is_refused(tmp_path: Path) -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    xml = avails([MOVIE | {"TitleInternalAlias": '<c s="1"><v>37145</v></c>'}])
    path = book(tmp_path / "b.xlsx", {"Movies": xml}, parts={"xl/styles.xml": styles})
    assert ("error", "TitleInternalAlias", "name_date") in codes(rows_of(read(path))[0])
