"""A made-up library to measure clearance on (contract section 11): titles with the rights that a
studio's books have, in the mix that the contract names."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from licensing.clearance import COUNTRIES

type Fact = dict[str, Any]

AS_OF: Final = "2026-10-05T00:00:00Z"
REQUEST: Final[dict[str, Any]] = {
    "licensor": "Studio",
    "licensee": "Lab",
    "uses": ["train.generative", "evaluate"],
    "modality": ["video", "audio"],
    "model_kind": ["foundation"],
    "territory": {"include": ["WORLD"], "except": ["CN", "RU"]},
    "start": "2027-01-01",
    "end": "2030-01-01",
}

_PLACES: Final = sorted(COUNTRIES)
_USES: Final = ("train", "train.pretrain", "ai.all", "index", "distribute.tv", "distribute", "dub")
_ELEMENTS: Final = ("music", "stock", "artwork", "trademark", "archive", "location")
_GUILDS: Final = (
    ("SAG-AFTRA", "TV/Theatrical 2023"),
    ("SAG-AFTRA", "TV/Theatrical 2026"),
    ("WGA", "MBA 2026"),
)


def library(size: int, seed: int) -> dict[str, list[Fact]]:
    """So many assets with one to six facts each; the same seed gives the same."""
    chance = Random(seed)  # noqa: S311 - no secret
    return {f"asset-{number}": _asset(chance) for number in range(size)}


def _asset(chance: Random) -> list[Fact]:
    facts = list(_title(chance))
    for share, burden in ((0.6, _licence), (0.2, _wait), (0.15, _element), (0.1, _guild)):
        if chance.random() < share:
            facts.append(burden(chance))
            if burden is _licence and chance.random() < 0.3:
                facts.append(burden(chance))
    return [{"id": f"f{number}", **fact} for number, fact in enumerate(facts[:6])]


def _title(chance: Random) -> Iterator[Fact]:
    kind = chance.random()
    if kind < 0.02:
        yield {"kind": "ownership", "party": "Author", "share": "1/1"}
        deed = {"from": "Author", "to": "Studio", "executed": _day(chance, 2010)}
        if chance.random() < 0.5:
            yield {"kind": "assignment", **deed}
        else:
            term = _some_term(chance)
            yield {"kind": "grant_in", "uses": ["ai.all"], "sublicensable": True, **deed, **term}
    elif kind < 0.07:
        law = chance.choice(["US", "KR", "FR"])
        yield {"kind": "ownership", "party": "Studio", "share": "1/2"}
        partner = chance.choice(["Partner A", "Partner B"])
        yield {"kind": "ownership", "party": partner, "share": "1/2", "law": law}
    elif kind < 0.22:
        limits = _some_places(chance) if chance.random() < 0.5 else _some_term(chance)
        yield {"kind": "ownership", "party": "Studio", "share": "1/1", **limits}
    else:
        yield {"kind": "ownership", "party": "Studio", "share": "1/1"}


def _licence(chance: Random) -> Fact:
    return {
        "kind": "grant_out",
        "to": f"Licensee {chance.randrange(200)}",
        "uses": [chance.choice(_USES)],
        "exclusivity": chance.choice(["non_exclusive"] * 6 + ["exclusive", "sole"]),
        **_some_places(chance),
        **_some_term(chance),
    }


def _wait(chance: Random) -> Fact:
    scope = {"uses": [chance.choice(_USES)], **_some_places(chance), **_some_term(chance)}
    if chance.random() < 0.5:
        return {"kind": "holdback", "beneficiary": "Broadcaster", **scope}
    return {"kind": "restriction", **scope}


def _element(chance: Random) -> Fact:
    ai = chance.choice(["granted", "not_granted", "prohibited", "unknown"])
    fact: Fact = {"kind": "element", "element": chance.choice(_ELEMENTS), "ai": ai}
    if chance.random() < 0.5:
        fact["timecode"] = {"from": "00:10:00", "to": "00:10:30"}
    return fact


def _guild(chance: Random) -> Fact:
    guild, agreement = chance.choice(_GUILDS)
    return {"kind": "guild", "guild": guild, "agreement": agreement}


def _some_places(chance: Random) -> Fact:
    if chance.random() < 0.4:
        return {}
    some = sorted(chance.sample(_PLACES, chance.choice([1, 1, 2, 5, 20])))
    if chance.random() < 0.3:
        return {"territory": {"include": ["WORLD"], "except": some}}
    return {"territory": some}


def _some_term(chance: Random) -> Fact:
    start = chance.randrange(2015, 2029)
    term: Fact = {"start": _day(chance, start)}
    if chance.random() < 0.8:
        term["end"] = _day(chance, start + chance.randrange(1, 10))
    return term


def _day(chance: Random, year: int) -> str:
    return (date(year, 1, 1) + timedelta(days=chance.randrange(365))).isoformat()
