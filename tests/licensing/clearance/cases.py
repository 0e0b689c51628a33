"""Random small cases in which every kind of fact, and most of their fields, can occur."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise, product
from random import Random
from typing import Any, Final

from hypothesis import settings

from licensing.clearance import COUNTRIES, MODALITIES, MODEL_KINDS, expand_uses

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "0"))
"""How many random cases each law is tried on, others each time; 0 for a few, always the same."""


def tried(few: int) -> settings:
    """How a law is tried: on a few cases, or on as many as EXAMPLES in the environment says."""
    return settings(max_examples=EXAMPLES or few, deadline=None, derandomize=not EXAMPLES)


type Case = dict[str, Any]
type Point = tuple[str, str, str, str, str, str]

PARTIES = ["Alder", "Bruma", "Ceibo", "Doru"]
PLACES = ["DE", "FR", "KR", "US"]
USES = ["train", "index", "dub", "ai.all", "ALL", "train.pretrain", "generate", "distribute.tv"]
DAYS = [(date(2026, 1, 1) + timedelta(days=45 * n)).isoformat() for n in range(16)]
PARTS = ["S.1", "S.2"]
KINDS = (
    ["ownership", "assignment"]
    + ["grant_in", "consent"] * 3
    + ["grant_out"] * 6
    + ["restriction", "holdback", "performer", "element", "guild"] * 2
    + ["cap", "option", "counsel_opinion", "revocation"] * 2
)


def random_case(seed: int) -> Case:
    """A well-formed case; the same seed gives the same case."""
    rng = Random(seed)
    facts = _title(rng)
    for n in range(rng.randint(0, 6)):
        kind = rng.choice(KINDS)
        fact = {"id": f"f{n}", "kind": kind} | _fields(kind, rng, facts)
        if len(fact) > 2:
            facts.append(fact)
    events = [{"id": "e", "kind": "event", "name": "premiere", "date": rng.choice([None, *DAYS])}]
    case = {"schema": "clearance-case/1", "as_of": "2026-06-20", "facts": facts + events}
    if rng.random() < 0.4:
        case["works"] = [{"id": "S"}, *({"id": part, "parent": "S"} for part in PARTS)]
    case["request"] = _request(rng, works="works" in case)
    if "works" not in case:
        for fact in facts:
            fact.pop("work", None)
    return case


def some(rng: Random, values: list[str] | tuple[str, ...]) -> list[str]:
    return sorted(rng.sample(values, rng.randint(1, len(values))))


def points_of(scopes: list[Case], days: list[str]) -> Iterator[Point]:
    """Every point of some scopes; instants are stretches between neighbours of `days`."""
    for scope in scopes:
        stretches = [
            start
            for start, end in pairwise(days)
            if scope["start"] <= start and (scope["end"] is None or end <= scope["end"])
        ]
        yield from product(
            scope.get("parts", ["*"]),
            expand_uses(scope["uses"]),
            scope["modality"],
            scope["model_kind"],
            countries(scope["territory"]),
            stretches,
        )


def countries(expression: Any) -> set[str]:
    """The countries of a territory as a verdict writes it."""
    if expression == "WORLD":
        return set(COUNTRIES)
    if isinstance(expression, dict):
        return set(COUNTRIES) - set(expression["except"])
    return set(expression)


def cuts(*verdicts: Case) -> list[str]:
    """Every instant at which a scope of the verdicts starts or ends, with one far away."""
    scopes = [scope for verdict in verdicts for scope in scopes_of(verdict)]
    ends = {scope[name] for scope in scopes for name in ("start", "end") if scope[name]}
    return [*sorted(ends), "9000-01-01T00:00:00Z"]


def scopes_of(verdict: Case) -> list[Case]:
    closed = [entry["scope"] for name in ("blocked", "review") for entry in verdict[name]]
    return [*verdict["cleared"], *closed]


def _title(rng: Random) -> list[Case]:
    """A title that gives the licensor something to license, most of the time."""
    licensor, uses = PARTIES[0], rng.choice(["ALL", ["ai.all"], ["ai.all", "distribute"]])
    own = {"id": "t0", "kind": "ownership", "share": rng.choice(["1/1", "1/2"])}
    deed = {"id": "t1", "to": licensor, "executed": rng.choice(DAYS[:5]), "start": DAYS[1]}
    licence = {"kind": "grant_in", "uses": uses, "sublicensable": True, "exclusivity": "exclusive"}
    whole = own | {"share": "1/1"}
    return rng.choice(
        [
            [],
            [own | {"party": licensor}, own | {"id": "t2", "party": PARTIES[2], "law": "US"}],
            [own | {"party": licensor} | _scope(rng)],
            [whole | {"party": licensor}],
            [whole | {"party": "Doru"}, deed | {"kind": "assignment", "from": "Doru"}],
            [whole | {"party": "Doru"}, deed | licence | {"from": "Doru"}],
            [deed | licence | {"from": "Nobody"}],
            [
                own | {"party": licensor},
                own | {"id": "t2", "party": PARTIES[2]},
                deed | licence | {"from": PARTIES[2]},
            ],
        ]
    )


def _request(rng: Random, *, works: bool) -> Case:
    start = rng.randint(3, 8)
    request: Case = {
        "licensor": rng.choice([*PARTIES[:2], PARTIES[0], PARTIES[0]]),
        "licensee": "Lab",
        "uses": some(rng, ["train.pretrain", "index", "dub", "input", "distribute.tv"]),
        "modality": some(rng, MODALITIES[:3]),
        "model_kind": some(rng, MODEL_KINDS[:2]),
        "territory": some(rng, PLACES),
        "start": DAYS[start],
        "end": rng.choice([None, *DAYS[start + 1 :]]),
        "exclusivity": rng.choice(["non_exclusive", "non_exclusive", "sole", "exclusive"]),
        "affiliates": rng.choice([[], ["Vireo"]]),
        "cosigners": rng.choice([[], [PARTIES[2]]]),
    }
    if works:
        request["work"] = rng.choice(["S", "S", "S.1"])
    if rng.random() < 0.5:
        request["governing_law"] = rng.choice(["US", "FR", "XX"])
    if rng.random() < 0.5:
        request["price"] = {"amount": rng.choice(["1.5", "2.25"]), "currency": "EUR", "per": "hour"}
    return request


def _scope(rng: Random) -> Case:
    scope: Case = {}
    if rng.random() < 0.4:
        scope["uses"] = some(rng, USES)
    if rng.random() < 0.4:
        scope["territory"] = _territory(rng)
    if rng.random() < 0.2:
        scope["modality"] = some(rng, MODALITIES)
    if rng.random() < 0.2:
        scope["model_kind"] = some(rng, MODEL_KINDS)
    if rng.random() < 0.3:
        scope["work"] = rng.choice(["S", *PARTS])
    start = rng.randint(0, 8)
    if rng.random() < 0.4:
        scope["start"] = DAYS[start]
    if rng.random() < 0.4:
        scope["end"] = rng.choice([*DAYS[start + 1 :], {"through": DAYS[15]}])
    elif rng.random() < 0.1:
        scope["end"] = {"event": "unheard of", "lag": "P1M"}
    return scope


def _territory(rng: Random) -> Any:
    return rng.choice(
        [
            some(rng, PLACES),
            some(rng, PLACES),
            {"include": ["WORLD"], "except": some(rng, PLACES)},
            {"include": ["EU"], "as_of": rng.choice(["dynamic", "unknown", "1960-01-01"])},
            {"include": ["DD", "KR"]},
            {"include": ["WORLD"], "except": ["DD"]},
        ]
    )


def _fields(kind: str, rng: Random, facts: list[Case]) -> Case:
    party, other = rng.sample(PARTIES, 2)
    scope = _scope(rng)
    uses = {"uses": scope.get("uses", rng.choice(["ALL", ["ai.all"], ["train", "index", "dub"]]))}
    executed = rng.choice([{}, {"executed": rng.choice(DAYS)}, {"status": "draft"}, {}])
    after = rng.choice([{}, {}, {"after_acquired_title": True}])
    if kind == "ownership":
        share = rng.choice(["1/1", "1/1", "1/2", "1/3"])
        law = rng.choice([{}, {"law": "US"}, {"law": "DE"}])
        return scope | law | {"party": rng.choice(PARTIES[:3]), "share": share}
    if kind == "assignment":
        share = rng.choice([{}, {"share": "1/2"}])
        return scope | executed | after | share | {"from": other, "to": party}
    if kind == "grant_in":
        more = {
            "sublicensable": rng.random() < 0.8,
            "exclusivity": rng.choice(["exclusive", "non_exclusive"]),
            "reserved": rng.random() < 0.2,
            "vesting": {"condition": "payment", "satisfied": rng.random() < 0.5},
            "revocable": rng.choice(["no", "prospective"]),
            "sublicense_depth": rng.choice([None, 1]),
        }
        return scope | uses | executed | after | more | {"from": other, "to": party}
    if kind in ("element", "guild", "performer", "revocation"):
        work = {"work": scope["work"]} if "work" in scope and kind != "revocation" else {}
        return work | _plain_fields(kind, rng, facts)
    return scope | uses | _burden_fields(kind, rng, facts, executed)


def _plain_fields(kind: str, rng: Random, facts: list[Case]) -> Case:
    targets = [f["id"] for f in facts if f["kind"] in ("grant_in", "grant_out", "consent")]
    if kind == "revocation":
        return {"target": rng.choice(targets), "effective": rng.choice(DAYS)} if targets else {}
    if kind == "performer":
        return {"person": rng.choice(["Ana", "Leo"])}
    if kind == "guild":
        agreement = rng.choice(["TV/Theatrical 2023", "TV/Theatrical 2026", "Old Basic"])
        return {"guild": "SAG-AFTRA", "agreement": agreement, "effective": "2020-01-01"}
    cut = {"timecode": {"from": "00:00:00", "to": "00:10:00.500"}}
    return {
        "element": rng.choice(["music", "trademark", "archive"]),
        "ai": rng.choice(["granted", "not_granted", "prohibited", "unknown"]),
        "uses": rng.choice([[], ["index"]]),
    } | rng.choice([{}, {"stem": "ME"}, cut])


def _burden_fields(kind: str, rng: Random, facts: list[Case], executed: Case) -> Case:
    more: dict[str, Case] = {
        "grant_out": {
            "to": rng.choice(["Vireo", "Osprey", "Lab"]),
            "exclusivity": rng.choice(["exclusive", "sole", "non_exclusive", "non_exclusive"]),
            "against": rng.choice([[], [], ["Lab"], ["Rook"]]),
            "from": rng.choice([PARTIES[0], *PARTIES[:3]]),
            "mfn": rng.choice([None, "unit_price"]),
            "price": {"amount": "2.00", "currency": "EUR", "per": "hour"},
        }
        | executed,
        "restriction": {},
        "holdback": {"beneficiary": "Canal"},
        "cap": {"max_licensees": rng.randint(0, 2)},
        "option": {
            "holder": rng.choice(["Osprey", "Lab"]),
            "type": "rofr",
            "notice": "P3W",
            "state": rng.choice(["open", "open", "waived", "exercised"]),
        },
        "consent": {
            "person": rng.choice(["Ana", "Leo"]),
            "attributes": some(rng, ["face", "voice", "motion", "name"]),
            "grantee": rng.choice(["*", "*", "Lab", "Osprey"]),
            "law": rng.choice(["NY", "KR"]),
            "start": rng.choice([None, "2018-01-01", "2024-03-01"]),
            "max_outputs": rng.choice([9, 9, 9, 0]),
            "description": rng.choice(["all purposes", "one two three four five six seven eight"]),
            "policy": rng.choice(["contract_only", "no_fakes_2026"]),
            "born": rng.choice(["1980-02-29", "2010-05-05"]),
        },
        "counsel_opinion": {
            "resolves": rng.choice(["LEGACY_NEW_USE", "CHAIN_BREAK", "TERRITORY_AMBIGUOUS"]),
            "about": [fact["id"] for fact in facts],
            "by": "R. Ito",
            "signed": "2026-06-01",
            "source": {"doc": "sha256:77e0"},
        },
    }
    return more[kind]
