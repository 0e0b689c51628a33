"""What only several rows together show."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from catalog.imports.crosscheck import CrossCheck
from catalog.imports.rows import AvailTerms, Finding, Identifier, Price, Row, TitleFields

DAY = datetime(2027, 1, 1, tzinfo=UTC)
EIDRS = ("10.5240/8FF3-1C20-84F5-F247-8BCD-E", "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-Y")


def row(
    number: int, *, days: tuple[int, int] = (0, 10), name: str = "Hamlet", year: int = 1996,
    eidr: str = "", entry: str = "full_extract", price: int = 1, avail_id: str = "",
    alid: str = "alid:1", findings: Iterable[Finding] = (),
) -> Row:  # fmt: skip
    avail = AvailTerms(
        alid=alid, avail_id=avail_id, license_type="EST", territory=["KR"],
        starts_at=DAY + timedelta(days=days[0]), ends_at=DAY + timedelta(days=days[1]),
        prices=[Price("WSP", price, "USD")],
    )  # fmt: skip
    ids = [Identifier("eidr", eidr, verified=True)] if eidr else []
    title = TitleFields(kind="film", name=name, year=year, ids=ids)
    return Row("Movies", number, entry, title, avail, findings=list(findings))


def found(*rows: Row) -> list[tuple[int, str]]:
    with CrossCheck() as check:
        for each in rows:
            check.add(each)
        return [(each.place.number, each.finding.code) for each in check.findings()]


def test_rows_that_agree_have_no_findings() -> None:
    assert found(row(3, avail_id="a"), row(4, days=(10, 20), avail_id="b")) == []


def test_windows_that_overlap_are_found_with_the_later_row() -> None:
    assert found(row(4, days=(9, 20), price=2), row(3)) == [(4, "windows_overlap")]


def test_a_short_window_inside_a_long_one_is_found_beyond_its_neighbour() -> None:
    rows = (row(3, days=(0, 100)), row(4, days=(1, 2), price=2), row(5, days=(50, 60), price=3))
    assert found(*rows) == [(4, "windows_overlap"), (5, "windows_overlap")]


def test_the_same_row_twice_is_a_double() -> None:
    assert found(row(3), row(9)) == [(9, "row_double")]


def test_a_season_and_its_episode_may_say_the_same_under_one_alid() -> None:
    season, episode = row(3), row(4)
    season.title.kind, episode.title.kind = "season", "episode"
    season.title.number = episode.title.number = "1"
    another = row(5)
    another.title.kind, another.title.number = "episode", "2"
    assert found(season, episode, another) == []


def test_two_edits_may_say_the_same_under_one_alid() -> None:
    first, second = row(3), row(4)
    assert first.avail is not None
    first.avail.edit_id = "cut-1"
    assert found(first, second) == []


def test_a_finding_names_the_other_row_for_every_language() -> None:
    with CrossCheck() as check:
        for each in (row(3), row(9)):
            check.add(each)
        (only,) = check.findings()
    assert only.finding.params == {"value": "Movies!3"}


def test_one_title_under_two_eidrs() -> None:
    rows = (row(3, eidr=EIDRS[0]), row(4, eidr=EIDRS[1], alid="alid:2"))
    assert found(*rows) == [(4, "title_two_eidrs")]


def test_two_films_of_one_name_are_not_one_title() -> None:
    rows = (row(3, eidr=EIDRS[0], year=1948), row(4, eidr=EIDRS[1], year=1996, alid="alid:2"))
    assert found(*rows) == []


def test_one_eidr_for_two_names_and_two_years() -> None:
    rows = (row(3, eidr=EIDRS[0]), row(4, eidr=EIDRS[0], name="Macbeth", year=1948, alid="alid:2"))
    assert found(*rows) == [(4, "contradiction"), (4, "eidr_two_titles")]


def test_extract_and_delete_of_one_alid_contradict() -> None:
    assert found(row(3), row(4, entry="full_delete", days=(20, 21))) == [(4, "extract_and_delete")]


def test_one_avail_id_for_two_avails() -> None:
    rows = (row(3, avail_id="a"), row(4, days=(20, 30), avail_id="a"))
    assert found(*rows) == [(4, "avail_id_twice")]


def test_rejected_rows_take_no_part() -> None:
    error = Finding("error", "Start", "Movies!A4", "date", "")
    assert found(row(3), row(4, findings=[error])) == []


def test_the_end_policy_is_suggested_by_windows_that_meet() -> None:
    def suggestion(*windows: tuple[int, int]) -> object:
        with CrossCheck() as check:
            for number, days in enumerate(windows):
                check.add(row(number, days=days))
            return check.suggest_end_policy()

    assert suggestion((0, 14), (14, 30)) == ("exclusive", 1)
    assert suggestion((0, 13), (14, 30), (31, 40)) == ("inclusive", 2)
    assert suggestion((0, 13), (20, 30)) == (None, 0)


def test_a_title_listed_twice_in_a_plain_table() -> None:
    rows = [row(3, eidr=EIDRS[0]), row(4, eidr=EIDRS[0]), row(5, eidr=EIDRS[1], name="Lear")]
    for each in rows:
        each.avail = None
    assert found(*rows) == [(4, "title_twice")]
