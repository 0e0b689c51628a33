"""Whatever the catalogue lets in, the clearance engine can read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Invalid
from catalog.facts.shapes import AI_STATUSES, ELEMENTS, SHAPES, check_body
from catalog.models import FactKind
from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import EXCLUSIVITIES, MODALITIES, MODEL_KINDS, NEW_USES, USES
from licensing.clearance import clear

DAYS = st.dates().filter(lambda day: day.year >= 1000).map(lambda day: day.isoformat())
NAMES = st.sampled_from(["Blender", "Peach", "(주)바른손이앤에이", "A & B"])
FLAGS = st.booleans()
DURATIONS = st.sampled_from(["P1Y", "P6M", "P30D", "P1Y6M2W3D"])
ENDS = st.one_of(
    DAYS,
    DAYS.map(lambda day: {"through": day}),
    DURATIONS.map(lambda text: {"duration": text}),
    st.just({"event": "release", "lag": "P12M"}),
    st.just("9999-12-31"),
    st.none(),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "uses": st.lists(st.sampled_from(list(USES)), min_size=0, max_size=3),
    "territory": st.one_of(
        st.just("WORLD"),
        st.lists(st.sampled_from([*sorted(COUNTRIES), "BENELUX", "SU"]), min_size=1, max_size=4),
        st.just({"include": ["EU"], "as_of": "dynamic"}),
    ),
    "start": st.one_of(DAYS, st.none(), st.just({"event": "release"})),
    "end": ENDS,
    "tz": st.sampled_from(["UTC", "Asia/Seoul", "America/Los_Angeles"]),
    "modality": st.lists(st.sampled_from(MODALITIES), min_size=1),
    "model_kind": st.lists(st.sampled_from(MODEL_KINDS), min_size=1),
    "share": st.sampled_from(["1/1", "1/3", "0.25", "2/4"]),
    "sublicense_depth": st.integers(0, 5),
    "max_licensees": st.integers(0, 5),
    "exclusivity": st.sampled_from(EXCLUSIVITIES),
    "new_uses": st.sampled_from(NEW_USES),
    "status": st.sampled_from(["executed", "draft"]),
    "revocable": st.sampled_from(["no", "prospective"]),
    "vesting": st.fixed_dictionaries({"condition": NAMES, "satisfied": FLAGS}),
    "against": st.lists(NAMES, min_size=1, max_size=2),
    "about": st.lists(NAMES, min_size=1, max_size=2),
    "mfn": st.just("unit_price"),
    "price": st.just({"amount": "2.50", "currency": "USD", "per": "min"}),
    "type": st.sampled_from(["rofr", "rofn"]),
    "notice": DURATIONS,
    "state": st.sampled_from(["open", "waived", "exercised"]),
    "element": st.sampled_from(ELEMENTS),
    "ai": st.sampled_from(AI_STATUSES),
    "timecode": st.just({"from": "00:00:10.000", "to": "00:01:00"}),
    "resolves": st.just("LEGACY_NEW_USE"),
    **dict.fromkeys(["executed", "offered", "effective", "born", "date", "signed"], DAYS),
    **dict.fromkeys(["sublicensable", "after_acquired_title", "reserved"], FLAGS),
}
# What names other rows; the verb checks those against the database.
_NAMING = {"excludes", "target"}
KINDS = [kind for kind in FactKind if kind != FactKind.REVOCATION]


@st.composite
def facts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(KINDS))
    shape = SHAPES[kind]
    body = {name: draw(VALUES.get(name, NAMES)) for name in shape.needs}
    for name in shape.checks.keys() - shape.needs.keys() - _NAMING:
        if draw(FLAGS):
            body[name] = draw(VALUES.get(name, NAMES))
    return kind, body


@given(facts())
def test_what_the_catalogue_accepts_the_engine_reads(fact: tuple[str, dict[str, Any]]) -> None:
    kind, body = fact
    try:
        checked = check_body(kind, body)
    except Invalid:
        return
    assert check_body(kind, checked) == checked
    written = checked | {"id": "X", "kind": kind, "source": {"doc": "Deed"}}
    if kind == FactKind.EVENT:
        written.setdefault("date", None)
    if kind == FactKind.OPINION:
        written["about"] = ["X"]
    event = {"id": "E", "kind": "event", "name": "release", "date": None}
    clear(
        {
            "schema": "clearance-case/1",
            "as_of": "2026-11-21",
            "facts": [written, event] if written.get("name") != "release" else [written],
            "request": {
                "licensor": "Peach",
                "licensee": "Lab",
                "uses": "train",
                "modality": "video",
                "model_kind": "foundation",
                "territory": "KR",
                "start": "2027-01-01",
                "end": None,
            },
        }
    )


@pytest.mark.parametrize("kind", FactKind)
def test_every_kind_has_a_shape(kind: FactKind) -> None:
    assert SHAPES[kind].needs or kind == FactKind.RESTRICTION
