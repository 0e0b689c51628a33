"""Standards out: no document allows more than the offer or the grant, and each says what it lost.

The tokens of each standard are read here at their widest, from the specifications.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import LEAVES, MODEL_KINDS, USES
from licensing.agreement.odrl import canonical_bytes, policy
from licensing.standards import rsl, tdmrep
from licensing.standards.grant_policy import GrantFacts, grant_policy
from licensing.standards.offered import Offered
from tests.licensing.agreement_terms import CONSENT, WORLD, terms
from tests.licensing.rsl_reader import USAGE, Licence, read

SITE = "https://edgecode.example"
AT = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
# The most that a crawler may take each token of RSL for.
MEANING = {
    "all": set(LEAVES),
    "ai-all": set(USES["ai.all"]),
    "ai-train": {"train.pretrain", "train.finetune", "train.discriminative", "evaluate"},
    "ai-input": {"input", "generate.output"},
    "ai-index": {"index", "derive"},
    "search": {"index"},
}
EVERYTHING = Offered(
    title="7K3F2Q9D",
    licensor="4M9XT2B7",
    uses=frozenset(LEAVES),
    model_kinds=frozenset(MODEL_KINDS),
    territory=COUNTRIES,
    starts_at=None,
    ends_at=None,
    site=SITE,
)
FEW = [*sorted(COUNTRIES)[:6], "KR", "US", "XK"]
MOMENTS = st.none() | st.integers(-96, 96).map(lambda hours: AT + timedelta(hours=hours))


def subsets(of: Any) -> st.SearchStrategy[frozenset[str]]:
    """Some of these, often all, never none."""
    values = sorted(of)
    return st.just(frozenset(values)) | st.frozensets(st.sampled_from(values), min_size=1)


OFFERS = st.builds(
    Offered,
    title=st.just("7K3F2Q9D"),
    licensor=st.just("4M9XT2B7"),
    uses=subsets(LEAVES) | st.sampled_from(sorted(USES)).map(lambda name: frozenset(USES[name])),
    model_kinds=subsets(MODEL_KINDS),
    territory=st.just(COUNTRIES) | st.frozensets(st.sampled_from(FEW), min_size=1),
    starts_at=MOMENTS,
    ends_at=MOMENTS,
    site=st.just(SITE),
)


def licence(offered: Offered, at: datetime = AT) -> Licence:
    """What a crawler reads in our document of this one offer."""
    [found] = read("".join(rsl.document([offered], at)))["/id/title/7K3F2Q9D"]
    return found


@given(OFFERS)
def test_rsl_never_permits_more_than_the_offer(offered: Offered) -> None:
    found = licence(offered)
    for token in found.usage:
        assert offered.uses >= MEANING[token]
        # A crawler trains whatever model it likes, for as long as the document is fresh.
        assert offered.model_kinds == frozenset(MODEL_KINDS)
        for used in (AT, AT + rsl.MAX_AGE_DAYS * DAY):
            assert offered.starts_at is None or used >= offered.starts_at
            assert offered.ends_at is None or used < offered.ends_at
    assert (found.geo or COUNTRIES) <= offered.territory or not found.usage
    assert not found.usage or found.payment == "purchase"  # nothing is free: one has to ask
    # Each token that is denied, though the offer holds a part of what it means, has its reason.
    lost = [loss for loss in rsl.losses(offered, AT) if loss.effect == "denied"]
    partly = [token for token in MEANING if MEANING[token] & offered.uses]
    assert lost or set(partly) - {"all", "ai-all"} <= found.usage


@given(OFFERS)
def test_mining_needs_consent_whatever_is_offered(offered: Offered) -> None:
    document = json.loads(json.dumps(tdmrep.policy(offered)))
    assert (document["@type"], document["profile"]) == ("Offer", "http://www.w3.org/ns/tdmrep")
    rules = document.get("permission", []) + document.get("prohibition", [])
    assert [rule["action"] for rule in rules] == ["tdm:mine"]
    for rule in document.get("permission", []):
        assert {"action": "obtainConsent"} in rule["duty"]
        assert offered.uses & {*USES["train"], "index", "derive"}
    assert {each["what"] for each in document["edgecode:cannotSay"]} >= {"territory", "price"}


def test_an_offer_of_everything_is_said_in_every_token_but_the_open_ended_ones() -> None:
    found = licence(EVERYTHING)
    assert found.usage == USAGE - {"all", "ai-all"}
    assert found.geo is None
    assert [each.what for each in rsl.losses(EVERYTHING, AT) if each.effect == "denied"] == [
        "uses", "likeness",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"model_kinds": frozenset({"foundation"})}, "model_kinds"),
        ({"uses": frozenset({"train.finetune"})}, "tokens"),
        ({"starts_at": AT + DAY}, "window"),
        ({"ends_at": AT + DAY}, "window"),
        ({"territory": frozenset({"XK"})}, "territory"),
    ],
)
def test_what_rsl_cannot_say_is_denied_and_named(changes: dict[str, Any], lost: str) -> None:
    offered = Offered(**{**vars(EVERYTHING), **changes})
    assert not licence(offered).usage
    said = "".join(rsl.document([offered], AT))
    assert f'what="{lost}" effect="denied"' in said
    assert '<prohibits type="usage">all</prohibits>' in said


def test_what_nobody_licenses_is_reserved() -> None:
    [found] = read(rsl.reserved())["/"]
    assert not found.usage
    assert tdmrep.RESERVATION == [{"location": "/", "tdm-reservation": 1}]


def test_the_reader_reads_the_specifications_example() -> None:
    """Else the property above would prove nothing."""
    text = """<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
      <permits type="usage">ai-input</permits>
      <permits type="user">non-commercial education</permits>
      <permits type="geo">US KR</permits>
    </license></content></rsl>"""
    assert read(text) == {"/": [Licence(frozenset({"ai-input"}), frozenset({"US", "KR"}), "free")]}


GRANTED = st.fixed_dictionaries(
    {
        "uses": st.lists(st.sampled_from(sorted(USES)), min_size=1, max_size=3).map(tuple),
        "model_kinds": subsets(MODEL_KINDS).map(tuple),
        "territory": st.just(WORLD) | st.frozensets(st.sampled_from(FEW), min_size=1).map(tuple),
        "starts_at": st.integers(-3, 3).map(lambda days: AT + days * DAY),
        "ends_at": st.none() | st.integers(4, 9).map(lambda days: AT + days * DAY),
    }
)
REVOKED = st.none() | st.integers(-3, 9).map(lambda days: AT + days * DAY)


@given(GRANTED, REVOKED)
def test_a_grants_policy_allows_just_what_is_granted(
    scope: dict[str, Any], revoked_at: datetime | None
) -> None:
    agreed = terms(**scope, consents=(CONSENT,))
    facts = GrantFacts("9WQ2XHVK", AT, revoked_at, "ab" * 32, SITE)
    document = grant_policy(json.loads(canonical_bytes(policy(agreed))), facts)
    document = json.loads(json.dumps(document))
    for days in range(-4, 10):
        at = AT + days * DAY
        in_term = agreed.starts_at <= at and (agreed.ends_at is None or at < agreed.ends_at)
        stands = in_term and (revoked_at is None or at < revoked_at)
        for country in ("KR", "US", FEW[0]):
            for kind in MODEL_KINDS:
                held = stands and country in agreed.territory and kind in agreed.model_kinds
                expected = set(agreed.permitted) if held else set()
                assert allowed(document, at, country, kind) == expected
    said = {(each["what"], each["effect"]) for each in document["edgecode:cannotSay"]}
    assert {("clauses", "unsaid"), ("exclusivity", "profile"), ("consents", "profile")} <= said


def allowed(document: dict[str, Any], at: datetime, country: str, kind: str) -> set[str]:
    """The uses that an ODRL reader with our profile finds permitted."""
    forbidden = {rule["action"] for rule in document["prohibition"]}
    return {
        rule["action"].removeprefix("edgecode:")
        for rule in document["permission"]
        if rule["action"] not in forbidden
        and all(meets(each, at, country, kind) for each in rule["constraint"])
    }


def meets(constraint: dict[str, Any], at: datetime, country: str, kind: str) -> bool:
    right = constraint["rightOperand"]
    match constraint["leftOperand"], constraint["operator"]:
        case "dateTime", operator:
            moment = datetime.fromisoformat(right["@value"])
            return at >= moment if operator == "gteq" else at < moment
        case "spatial", operator:
            return (country in right) is (operator == "isAnyOf")
        case "edgecode:modelKind", "isAnyOf":
            return kind in right
        case "edgecode:consent", "isAnyOf":
            return bool(right)
    raise AssertionError(constraint)
