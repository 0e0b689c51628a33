"""The picture of where and when a title may be licensed says what the engine says."""

from typing import Any

import pytest

from licensing.clearance import clear, parse_territory
from licensing.library.readiness import check_readiness_pending
from tests import factories
from tests.web.reading import signed_in, text
from web.clearance_map import Picture, draw

FACTS: list[dict[str, Any]] = [
    {"id": "o1", "kind": "ownership", "party": "Larch", "share": "1/1"},
    {
        "id": "h1",
        "kind": "holdback",
        "beneficiary": "Canal",
        "uses": ["ai.all"],
        "territory": ["US", "CA"],
        "end": "2028-01-01",
    },
    {
        "id": "g1",
        "kind": "grant_out",
        "to": "Vireo",
        "uses": ["train"],
        "territory": ["KR"],
        "exclusivity": "exclusive",
        "model_kind": ["foundation"],
        "start": "2028-07-01",
    },
    {"id": "e1", "kind": "element", "element": "music", "ai": "unknown", "uses": ["train"]},
]
REQUEST: dict[str, Any] = {
    "licensor": "Larch",
    "licensee": "any lab",
    "uses": ["train.pretrain", "index"],
    "modality": ["video"],
    "model_kind": ["foundation", "evaluation_only"],
    "territory": "WORLD",
    "start": "2027-01-01",
    "end": "2030-01-01",
}


def _case(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "clearance-case/1",
        "as_of": "2026-10-05",
        "facts": FACTS,
        "request": REQUEST | changes,
    }


def _picture(use: str) -> Picture:
    found = draw(clear(_case()), use)
    assert found is not None
    return found


@pytest.mark.parametrize("use", ["train.pretrain", "index"])
def test_each_band_is_the_verdict_for_its_countries_and_its_time(use: str) -> None:
    picture = _picture(use)
    shown = [country for row in picture.rows for country in parse_territory(row.territory)]
    assert len(shown) == len(set(shown)) == 250
    for row in picture.rows:
        for band in row.bands:
            narrow = _case(
                uses=[use],
                territory=row.territory,
                start=band.start.isoformat(),
                end=band.end.isoformat(),
            )
            told = clear(narrow)
            assert told["verdict"] == band.verdict
            assert set(told["reasons"]) - {"OK"} == set(band.reasons)


def test_the_rows_stand_in_time_and_the_widest_comes_first() -> None:
    wide, american, korean = _picture("train.pretrain").rows
    assert [band.verdict for band in wide.bands] == ["CLEAR"]
    assert american.territory == ["CA", "US"]
    assert [(band.verdict, band.x, band.width) for band in american.bands] == [
        ("BLOCKED", "0.00%", "33.30%"),
        ("CLEAR", "33.30%", "66.70%"),
    ]
    assert [band.verdict for band in korean.bands] == ["CLEAR", "PARTIAL"]
    assert [tick.label for tick in _picture("index").ticks] == ["2028", "2029"]


def test_no_picture_of_what_was_not_asked_or_has_too_many_parts() -> None:
    assert draw(clear(_case()), "derive") is None
    told = clear(_case(uses=["index"]))
    assert draw({**told, "cleared": told["cleared"] * 3_000}, "index") is None


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
def test_a_title_shows_the_picture_of_a_use_and_the_same_as_a_table() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    client = signed_in(studio)
    address = f"/titles/{title.code}/rights/"
    assert 'id="map"' not in text(client.get(address))
    check_readiness_pending()
    page = text(client.get(f"{address}?use=index"))
    assert 'href="?use=index#map" aria-current="true"' in page
    assert 'class="map-blocked"' in page
    assert "state-blocked" in page
    assert "No recorded right gives" in page or "World" in page
