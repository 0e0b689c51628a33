"""Dates, countries, languages, money and headers: laws that hold for all of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.imports.cells import Bad, Cell, plain_number
from catalog.imports.columns import COLUMNS, match_headers, propose_mapping
from catalog.imports.dates import (
    Reading,
    read_day,
    read_finish,
    read_lag,
    read_run_time,
    read_start,
    read_year,
)
from catalog.imports.words import (
    read_amount,
    read_country,
    read_eidr,
    read_imdb,
    read_isan,
    read_language,
    read_origin,
    read_territory,
    show_amount,
    split_people,
)
from catalog.scope.territory import COUNTRIES

days = st.dates(date(1900, 3, 1), date(9998, 12, 30))
FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y. %m. %d.", "%Y년 %m월 %d일", "%Y%m%d")


def write(day: date, form: str) -> str:
    # strftime leaves out the zeros of years before 1000 on some systems; none here.
    return day.strftime(form)


@given(days, st.sampled_from(FORMS))
def test_a_day_is_the_same_in_every_way_of_writing_it(day: date, form: str) -> None:
    assert read_day(Cell(write(day, form)), Reading(), epoch_1904=False) == day


@given(days)
def test_a_serial_is_the_day_that_the_spreadsheet_shows(day: date) -> None:
    count = (day - date(1899, 12, 30)).days
    assert read_day(Cell(str(count), "number"), Reading(), epoch_1904=False) == day
    if day >= date(1904, 1, 1):
        count = (day - date(1904, 1, 1)).days
        assert read_day(Cell(str(count), "date"), Reading(), epoch_1904=True) == day


@given(days, st.sampled_from(["UTC", "Asia/Seoul", "America/Los_Angeles", "Pacific/Apia"]))
def test_windows_of_adjoining_days_touch_and_never_overlap(day: date, zone: str) -> None:
    following = day + timedelta(days=1)
    end, _ = read_finish(
        Cell(day.isoformat()), Reading(zone, end_policy="inclusive"), epoch_1904=False
    )
    start, _ = read_start(Cell(following.isoformat()), Reading(zone), epoch_1904=False)
    assert end == start


@given(st.datetimes(datetime(1900, 1, 1), datetime(9998, 12, 30)))  # noqa: DTZ001
def test_an_exclusive_end_is_the_instant_that_is_written(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    end, _ = read_finish(Cell(moment.isoformat()), Reading(), epoch_1904=False)
    assert end == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "policy", "expected"),
    [
        ("2019-10-31T23:59:59", "inclusive", datetime(2019, 11, 1, tzinfo=UTC)),
        ("2019-10-31 23:59", "inclusive", datetime(2019, 11, 1, tzinfo=UTC)),
        ("2019-10-31T23:59:59", "exclusive", datetime(2019, 10, 31, 23, 59, 59, tzinfo=UTC)),
        ("2019-10-31T09:00:00+09:00", "exclusive", datetime(2019, 10, 31, tzinfo=UTC)),
        ("9999-12-31", "inclusive", None),
        ("Open", "inclusive", None),
    ],
)
def test_ends(text: str, policy: str, expected: datetime | None) -> None:
    reading = Reading(end_policy=policy)  # type: ignore[arg-type]
    assert read_finish(Cell(text), reading, epoch_1904=False) == (expected, "")


def test_day_and_month_are_never_guessed() -> None:
    for order, day in (("mdy", date(2027, 1, 2)), ("dmy", date(2027, 2, 1))):
        reading = Reading(day_order=order)  # type: ignore[arg-type]
        assert read_day(Cell("01/02/2027"), reading, epoch_1904=False) == day
    with pytest.raises(Bad, match="two days"):
        read_day(Cell("01/02/2027"), Reading(), epoch_1904=False)
    assert read_day(Cell("31/12/2027"), Reading(), epoch_1904=False) == date(2027, 12, 31)


@given(st.text(max_size=30), st.sampled_from(["text", "date", "number"]))
def test_no_text_breaks_a_reader(text: str, kind: str) -> None:
    if kind != "text":
        text = str(abs(hash(text)) % 10**9)
    cell = Cell(text, kind)  # type: ignore[arg-type]
    for reader in (
        lambda: read_finish(cell, Reading(), epoch_1904=False),
        lambda: read_year(cell, Reading(), epoch_1904=False),
        lambda: read_run_time(cell, minutes=True),
        lambda: read_lag(cell),
        lambda: read_territory(text),
        lambda: read_language(text),
        lambda: read_eidr(text),
        lambda: read_isan(text),
        lambda: read_imdb(text),
        lambda: read_amount(text, "USD"),
    ):
        try:
            reader()
        except Bad as bad:
            assert bad.code  # noqa: PT017 - either it reads or it says why


@given(st.sampled_from(sorted(COUNTRIES)), st.sampled_from([str.lower, str.upper]))
def test_every_country_code_is_itself(code: str, case: object) -> None:
    assert read_country(case(code)) == code  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "code"),
    [("NA", "NA"), ("Namibia", "NA"), ("South Korea", "KR"), ("대한민국", "KR"), ("UK", "GB"),
     ("Soviet Union", "SUHH"), ("West Germany", "DE"), ("Yugoslavia", "YUCS"),
     ("British Hong Kong", "HK"), ("Kingdom of Italy", "IT"), ("Taiwan Island", "TW"),
     ("Occupied Palestinian territory", "PS"), ("Kingdom of Great Britain", "GB"),
     ("Kingdom of the Netherlands", "NL"), ("Georgian SSR", "SUHH"), ("Wales", "GB"),
     ("The Bahamas", "BS"), ("소련", "SUHH")],
)  # fmt: skip
def test_countries_of_origin(name: str, code: str) -> None:
    assert read_origin(name) == code


def test_two_states_of_one_name_are_not_guessed() -> None:
    with pytest.raises(Bad):
        read_origin("Republic of China")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Robert Downey, Jr., Bo Chen; Ada Park", ["Robert Downey Jr.", "Bo Chen", "Ada Park"]),
        ("Cuba Gooding, Sr", ["Cuba Gooding Sr"]),
        ("Ada, III, IV Bo", ["Ada III", "IV Bo"]),
        ("Jrue, Sra", ["Jrue", "Sra"]),
    ],
)
def test_a_generation_belongs_to_the_name_before(written: str, names: list[str]) -> None:
    assert split_people(written) == names


@pytest.mark.parametrize(
    ("written", "tag", "is_known"),
    [("EN", "en", True), ("pt_br", "pt-BR", True), ("zh-hant-tw", "zh-Hant-TW", True),
     ("cmn", "zh", True), ("es-419", "es-419", True), ("Korean", "ko", True),
     ("한국어", "ko", True), ("xyz", "xyz", False)],
)  # fmt: skip
def test_languages(written: str, tag: str, is_known: bool) -> None:
    assert read_language(written) == (tag, is_known)


@pytest.mark.parametrize(
    "text",
    ["10.5240/8FF3-1C20-84F5-F247-8BCD-E", "urn:eidr:10.5240:8ff3-1c20-84f5-f247-8bcd-e",
     "https://doi.org/10.5240/8FF3-1C20-84F5-F247-8BCD-E",
     "doi:10.5240/8FF3-1C20-84F5-F247-8BCD-E"],
)  # fmt: skip
def test_an_eidr_in_any_form(text: str) -> None:
    assert read_eidr(text) == "10.5240/8FF3-1C20-84F5-F247-8BCD-E"


def test_an_isan_needs_its_check_characters() -> None:
    whole = "0000-0000-D07A-0090-Q-0000-0000-X"
    assert read_isan(f"ISAN {whole}") == whole
    assert read_isan("00000000D07A0090") == "0000-0000-D07A-0090-Q"
    with pytest.raises(Bad):
        read_isan("0000-0000-D07A-0090-R-0000-0000-X")


@given(st.integers(0, 10**12), st.sampled_from(["USD", "KRW", "KWD"]))
def test_an_amount_comes_back_as_it_was(minor: int, currency: str) -> None:
    assert read_amount(show_amount(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("0.083", "USD"), ("0.5", "KRW"), ("-1", "USD"), ("1,5", "EUR"), ("1e3", "USD"), ("٣", "USD")],
)
def test_an_amount_is_never_rounded_or_guessed(text: str, currency: str) -> None:
    with pytest.raises(Bad):
        read_amount(text, currency)


@given(st.decimals(Decimal("0.0001"), 10**9, places=4))
def test_a_number_loses_only_the_noise_of_its_binary_form(number: Decimal) -> None:
    assert Decimal(plain_number(repr(float(number)))) == number


@given(st.permutations(sorted(COLUMNS)))
def test_headers_are_found_in_any_order(names: list[str]) -> None:
    found = match_headers(dict(enumerate(names)))
    assert found.columns == dict(enumerate(names))
    assert (found.unknown, found.misspelt, found.repeated) == ({}, {}, {})


@given(st.sampled_from(sorted(COLUMNS)), st.data())
def test_a_slip_is_never_read_as_a_different_column(name: str, data: st.DataObject) -> None:
    """Two neighbouring letters swapped: the right column or none."""
    at = data.draw(st.integers(0, len(name) - 2))
    slip = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    found = match_headers({0: slip}).columns.get(0)
    assert found in {name, None}


def test_numbered_columns_are_never_confused() -> None:
    headers = match_headers({0: "RetailerID1", 1: "RetailerlD2", 2: "RetailerID4"})
    assert headers.columns == {0: "RetailerID1", 1: "RetailerID2"}
    assert headers.unknown == {2: "RetailerID4"}


def test_a_mapping_is_proposed_in_english_and_korean() -> None:
    assert propose_mapping(["imdbID", "Title", "Year", "Runtime", "Genre", "Nonsense"]) == {
        "imdbID": "IMDbID",
        "Title": "TitleInternalAlias",
        "Year": "ReleaseYear",
        "Runtime": "TotalRunTime",
        "Genre": "Genres",
    }
    assert propose_mapping(["작품명", "제작 연도", "러닝타임", "감독", "제작국가"]) == {
        "작품명": "TitleInternalAlias",
        "제작 연도": "ReleaseYear",
        "러닝타임": "TotalRunTime",
        "감독": "Director",
        "제작국가": "Countries",
    }


@pytest.mark.parametrize(
    ("cell", "minutes", "seconds"),
    [
        (Cell("01:56:20"), False, 6980),
        (Cell("56:20"), False, 3380),
        (Cell("PT1H37M49S"), False, 5869),
        (Cell("0.080787037037037", "date"), False, 6980),
        (Cell("116", "number"), True, 6960),
        (Cell("116 min"), True, 6960),
        (Cell("116.0"), True, 6960),
        (Cell("116분"), True, 6960),
    ],
)
def test_running_times(cell: Cell, minutes: bool, seconds: int) -> None:
    assert read_run_time(cell, minutes=minutes) == seconds * 1000
