"""Avails-AI: what is written is what is read, and what is not said is not licensed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.imports.ai_columns import DELIVERY_FORMS, ELEMENT_KINDS, NILV_STATUSES, USES
from catalog.imports.ai_example import example_rows
from catalog.imports.ai_sheet import LAYOUT, write_ai_sheet
from catalog.imports.rows import (
    AiTerms,
    AvailTerms,
    ElementException,
    Identifier,
    Row,
    TitleFields,
)
from catalog.scope.uses import LEAVES, MODALITIES, MODEL_KINDS
from tests.catalog.imports.books import codes, movie, read, rows_of, summary_of

AI = {"LicenseType": "AIFineTune", "ModelKind": "customer_private", "Currency": "USD"}
DOCUMENT = Path(__file__).parents[3] / "docs" / "avails-ai.md"


def a_row(ai: AiTerms) -> Row:
    avail = AvailTerms(
        license_type="AITrain", licensor="Studio", alid="alid:1", avail_id="a:1",
        territory=["WORLD"], territory_excluded=["NA"], exclusive=False,
        starts_at=datetime(2027, 1, 1, tzinfo=UTC), ends_at=datetime(2030, 1, 1, tzinfo=UTC),
        end_text="2030-01-01T00:00:00Z",
    )  # fmt: skip
    ids = [Identifier("eidr", "10.5240/8FF3-1C20-84F5-F247-8BCD-E", verified=True)]
    title = TitleFields(kind="film", name="=불새", year=2027, run_time_ms=6_960_000, ids=ids)
    return Row("Avails-AI v1.0", 4, "full_extract", title, avail, ai)


exceptions = st.builds(
    lambda kind, start, length: (
        ElementException(kind) if start is None else ElementException(kind, start, start + length)
    ),
    st.sampled_from(ELEMENT_KINDS),
    st.none() | st.integers(0, 10**7),
    st.integers(1, 10**6),
)
terms = st.builds(
    AiTerms,
    uses=st.sampled_from(list(USES.values())).map(lambda use: [use]),
    model_kinds=st.lists(st.sampled_from(MODEL_KINDS), min_size=1, unique=True),
    modalities=st.lists(st.sampled_from(MODALITIES), unique=True),
    max_licensees=st.none() | st.integers(0, 1000),
    delivery_forms=st.lists(st.sampled_from(DELIVERY_FORMS), unique=True),
    available_ms=st.none() | st.integers(0, 10**6).map(lambda n: n * 60),
    price_per_minute_minor=st.none() | st.integers(0, 10**6),
    currency=st.sampled_from(["USD", "KRW", "KWD"]),
    nilv_status=st.sampled_from(NILV_STATUSES),
    guild_flags=st.lists(st.sampled_from(["SAG-AFTRA", "WGA", "DGA"]), unique=True),
    element_exceptions=st.lists(exceptions, max_size=4, unique=True),
    notes=st.sampled_from(["", "a note"]),
)


@settings(max_examples=25)
@given(terms)
def test_terms_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, ai: AiTerms
) -> None:
    path = tmp_path_factory.mktemp("ai") / "ai.xlsx"
    write_ai_sheet(path, [a_row(ai)])
    items = read(path)
    (row,) = rows_of(items)
    assert row.findings == []
    assert row.ai == ai
    assert (summary_of(items).comments, summary_of(items).version) == (1, "AI")


def test_the_title_and_the_window_come_back_too(tmp_path: Path) -> None:
    written = a_row(AiTerms(uses=["train.pretrain"], model_kinds=["foundation"]))
    write_ai_sheet(tmp_path / "ai.xlsx", [written])
    (row,) = rows_of(read(tmp_path / "ai.xlsx"))
    assert (row.title, row.avail, row.entry_type) == (
        written.title, written.avail, written.entry_type,
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["inclusive", "exclusive"])
@pytest.mark.parametrize(
    ("written", "ends_at"),
    [
        ("2030-01-01T00:00:00Z", datetime(2030, 1, 1, tzinfo=UTC)),
        ("2030-01-01T09:00:00+09:00", datetime(2030, 1, 1, tzinfo=UTC)),
        ("2029-12-31T23:59Z", datetime(2029, 12, 31, 23, 59, tzinfo=UTC)),
    ],
)
def test_an_end_with_its_offset_is_that_instant_for_every_source(
    tmp_path: Path, policy: str, written: str, ends_at: datetime
) -> None:
    row = movie(tmp_path, reading={"end_policy": policy}, **(AI | {"End": written}))
    assert row.avail
    assert row.avail.ends_at == ends_at
    write_ai_sheet(tmp_path / "again.xlsx", [row])
    for reader in ("inclusive", "exclusive"):
        (again,) = rows_of(read(tmp_path / "again.xlsx", end_policy=reader))
        assert again.avail
        assert again.avail.ends_at == ends_at


def test_a_day_as_end_of_an_inclusive_source_goes_out_and_comes_back(tmp_path: Path) -> None:
    row = movie(tmp_path, reading={"end_policy": "inclusive"}, **(AI | {"End": "2029-12-31"}))
    write_ai_sheet(tmp_path / "again.xlsx", [row])
    (again,) = rows_of(read(tmp_path / "again.xlsx", end_policy="inclusive"))
    assert again.avail
    assert (again.avail.ends_at, again.avail.end_text) == (
        datetime(2030, 1, 1, tzinfo=UTC), "2030-01-01T00:00:00Z",
    )  # fmt: skip


def test_plain_avails_of_an_inclusive_source_hold_through_their_last_second(tmp_path: Path) -> None:
    row = movie(tmp_path, reading={"end_policy": "inclusive"}, End="2029-12-31T23:59:59Z")
    assert row.avail
    assert row.avail.ends_at == datetime(2030, 1, 1, tzinfo=UTC)


def test_every_use_is_a_leaf_of_the_use_tree() -> None:
    assert set(USES.values()) <= set(LEAVES)


def test_ai_columns_work_in_a_movies_sheet(tmp_path: Path) -> None:
    row = movie(tmp_path, **AI, PricePerMinute="1.50", ElementExceptions="Music@00:01:00-00:02:30")
    assert row.ai
    assert (row.ai.uses, row.ai.price_per_minute_minor) == (["train.finetune"], 150)
    assert row.ai.element_exceptions == [ElementException("music", 60_000, 150_000)]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("ModelKind", None, "required"),
        ("ModelKind", "any", "choice"),
        ("PricePerMinute", "0.083", "amount_fine"),
        ("MaxLicensees", "many", "count"),
        ("ElementExceptions", "Music@00:02:00-00:01:00", "exception"),
        ("ElementExceptions", "Smell", "choice"),
        ("NILVStatus", "maybe", "choice"),
        ("GuildFlags", "?", "guild"),
        ("MinutesAvailable", "-1", "minutes"),
    ],
)
def test_unclear_ai_terms_reject_the_row(
    tmp_path: Path, column: str, value: str | None, code: str
) -> None:
    assert ("error", column, code) in codes(movie(tmp_path, **(AI | {column: value})))


def test_a_price_needs_its_currency(tmp_path: Path) -> None:
    row = movie(tmp_path, **(AI | {"Currency": None, "PricePerMinute": "1"}))
    assert ("error", "Currency", "required") in codes(row)


def test_the_example_file_reads_without_a_finding(tmp_path: Path) -> None:
    write_ai_sheet(tmp_path / "example.xlsx", example_rows())
    rows = rows_of(read(tmp_path / "example.xlsx"))
    assert [row.ai.uses for row in rows if row.ai] == [[use] for use in USES.values()]
    assert [row.findings for row in rows] == [[]] * 4


def test_the_document_names_every_column_and_value() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for word in (*(column for column, _ in LAYOUT), *USES, *MODEL_KINDS, *MODALITIES,
                 *DELIVERY_FORMS, *NILV_STATUSES, *ELEMENT_KINDS):  # fmt: skip
        assert f"`{word}`" in text, word
