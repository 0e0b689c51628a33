"""A library of a million files in few statements: its rows, and what search knows of them.

A tenth of the documents is made up, the others say the same. The titles, files and offers that they
name stand beside them, so that an answer is put together as it always is. The log says nothing.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from accounts.models import Organisation
from catalog import search_table
from catalog.models import Asset, SearchDocument, Title, TitleName
from catalog.search.documents import Document
from catalog.search_table import Entry
from licensing.models import Offer

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
FILES = 10  # of a title
COPIES = 10
_BATCH = 5_000
_VOCABULARY = 40_000
_FACTS = {"duration_ms": 5_400_000, "width": 1920, "height": 1080, "frame_rate": "24/1"}


class _Sql(str):
    """An expression over the columns of the documents; any other value is taken as it is."""

    __slots__ = ()


_CODE = _Sql("'' || (10000000 + title_id)")


@transaction.atomic
def write(holder: Organisation, documents: int) -> None:
    """Write so many files with their titles and offers, and the documents that find them."""
    first = documents // COPIES
    for batch in itertools.batched(entries(holder.pk, first), _BATCH):
        search_table.put(batch)
    for beyond in range(first, documents, first):
        _insert(SearchDocument(), f"target <= {first}", **_again(beyond))
    _write_rows(holder)
    assert Asset.objects.count() == documents


def _again(beyond: int) -> dict[str, _Sql]:
    said = {column: _Sql(column) for column in _columns(SearchDocument())}
    return said | {
        "target": _Sql(f"target + {beyond}"),
        "title_id": _Sql(f"title_id + {beyond // FILES}"),
    }


def _write_rows(holder: Organisation) -> None:
    dated = {"created_at": _Sql("added_at"), "changed_at": _Sql("added_at")}
    title_id = _Sql("title_id")
    first_files = f"target % {FILES} = 1"
    _insert(
        Title(organisation=holder, kind="film", language="en"),
        first_files,
        id=title_id,
        code=_CODE,
        name=_Sql("name"),
        **dated,
    )
    _insert(TitleName(language="ko"), first_files, title_id=title_id, name=_Sql("name"))
    _insert(
        Asset(
            organisation=holder,
            kind="picture",
            source_type="digitalCapture",
            mime="video/mp4",
            size_bytes=2**30,
            facts=_FACTS,
            pictures_state="done",
        ),
        "target > 0",
        id=_Sql("target"),
        code=_Sql(f"{_CODE} || '+00' || (target % {FILES})"),
        title_id=title_id,
        number=_Sql(f"target % {FILES}"),
        filename=_Sql("'reel-' || target || '.mp4'"),
        sha256=_Sql("'sha-' || target"),
        **dated,
    )
    _insert(
        Offer(
            organisation=holder,
            uses=["train"],
            model_kinds=["foundation"],
            territory="WORLD",
            price_minor=100_000,
            currency="USD",
        ),
        f"is_offered AND {first_files}",
        code=_Sql("'' || (20000000 + title_id)"),
        title_id=title_id,
        published_at=_Sql("added_at"),
    )


def _insert(like: Model, where: str, **different: _Sql) -> None:
    """Insert a row like this one for each of these documents."""
    values = _columns(like) | different
    said = [_as_is(value) if isinstance(value, _Sql) else "%s" for value in values.values()]
    columns = ", ".join(values)
    source = SearchDocument._meta.db_table  # noqa: SLF001 - Django's documented way to it
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {like._meta.db_table} ({columns})"  # noqa: S608, SLF001 - no input
            f" SELECT {', '.join(said)} FROM {source} WHERE {_as_is(where)} ORDER BY id",
            [value for value in values.values() if not isinstance(value, _Sql)],
        )


def _as_is(sql: str) -> str:
    return sql.replace("%", "%%")


def _columns(row: Model) -> dict[str, Any]:
    """Return what would be saved in each column but the key."""
    return {
        str(field.column): field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in row._meta.concrete_fields  # noqa: SLF001 - Django's documented way to them
        if not field.primary_key
    }


def entries(holder: int, count: int, *, seed: int = 4, beyond: int = 0) -> Iterator[Entry]:
    """Yield what a studio might hold: ten files of each title, words as frequent as in a
    language, Korean with its particles. Files are numbered from `beyond` on."""
    chance = random.Random(seed)
    english, korean = _vocabulary()
    common = list(itertools.accumulate(1 / (place + 10) ** 0.9 for place in range(_VOCABULARY)))
    rare = list(itertools.accumulate(1 / (place + 1) for place in range(120)))

    def some(words: list[str], number: int) -> list[str]:
        return chance.choices(words, cum_weights=common, k=number)

    for number in range(count):
        if number % FILES == 0:
            name = " ".join(some(english, chance.randint(1, 4)))
            translated = " ".join(some(korean, chance.randint(1, 3)))
            of_title = {
                "genre": {f"genre{each}" for each in chance.choices(range(24), k=2)},
                "country": {f"country{chance.choices(range(120), cum_weights=rare)[0]}"},
                "language": {f"language{chance.choices(range(120), cum_weights=rare)[0]}"},
                "technique": chance.choices((["animation"], ["live_action"]), (1, 9))[0],
                "rights": [chance.choice(("clear", "conditional", "blocked", "unknown"))],
            }
            year, is_offered = chance.randint(1930, 2026), chance.random() < 0.6
            price, currency = chance.randint(100, 500_000), chance.choice(("USD", "KRW", "EUR"))
        kind = chance.choices(("picture", "audio", "still", "subtitles"), (6, 2, 1, 1))[0]
        is_film = kind == "picture"
        own = [word + chance.choice(("", "은", "는", "을", "의")) for word in some(korean, 6)]
        yield Entry(
            target=beyond + number + 1,
            title=(beyond + number) // FILES + 1,
            added_at=EPOCH + timedelta(seconds=number),
            document=Document(
                number=0,
                organisation=holder,
                level="asset",
                name=name,
                text=" ".join([translated, *(own if number % 2 else some(english, 6))]),
                offered=is_offered,
                facets={
                    **of_title,
                    "kind": [kind],
                    "frame_rate": [chance.choice(("23.976", "24", "25", "29.97"))][: int(is_film)],
                },
                duration_ms=chance.randint(1, 7_200_000) if kind in {"picture", "audio"} else None,
                lines=chance.choice((480, 720, 1080, 2160)) if is_film else None,
                year=year,
                price_minor=price if is_offered else None,
                currency=currency if is_offered else None,
            ),
        )


def _vocabulary() -> tuple[list[str], list[str]]:
    chance = random.Random(1)
    syllables = [chr(0xAC00 + chance.randrange(11_172)) for _ in range(500)]
    english = [
        "".join(
            chance.choice("bcdfghklmnprstvw") + chance.choice("aeiou")
            for _ in range(chance.randint(1, 4))
        )
        for _ in range(_VOCABULARY)
    ]
    korean = [
        "".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(_VOCABULARY)
    ]
    korean[20] = "감독"
    return english, korean
