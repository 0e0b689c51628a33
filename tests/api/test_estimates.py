"""What a lab could get of a draft in other terms, over the API: as the page says it."""

import pytest

from licensing.models import Request
from tests import factories
from tests.api.callers import Caller

pytestmark = pytest.mark.django_db
TERMS = {
    "uses": ["train.pretrain", "evaluate"],
    "model_kinds": ["foundation"],
    "territory": ["US"],
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
    "exclusivity": "non_exclusive",
}


def test_terms_are_tried_and_then_asked_for() -> None:
    studio, lab = factories.studio("Larch"), factories.lab()
    asked = factories.draft(lab, [factories.offered_words(studio)])
    caller = Caller(lab, factories.api_key(lab))
    path = f"requests/{asked.code}/"
    found = caller.post(f"{path}estimate/", TERMS)
    assert found.status == 200
    assert found.data["grantable"] == {"files": 1, "ms": 0}
    assert found.data["cost"] == {"amounts": {"USD": 100_000}, "unpriced": 0}
    assert [each["licensor"] for each in found.data["licensors"]] == ["Larch"]
    changes = [(each["term"], each["to"]) for each in found.data["changes"]]
    assert changes == [
        ("uses", "train.pretrain"),
        ("uses", "evaluate"),
        ("ends_at", 1),
        ("ends_at", 3),
        ("ends_at", None),
        ("territory", "WORLD"),
        ("exclusivity", "exclusive"),
    ]
    assert Request.objects.get().territory == "WORLD"
    assert caller.post(f"{path}estimate/", TERMS | {"uses": ["smell"]}).status == 422
    asks = caller.post(f"{path}terms/", TERMS)
    assert (asks.status, asks.data["territory"]) == (200, ["US"])
    assert asks.data["price_minor"] == asked.price_minor
    other = factories.lab()
    stranger = Caller(other, factories.api_key(other))
    assert stranger.post(f"{path}estimate/", TERMS).status == 404
    assert stranger.post(f"{path}terms/", TERMS).status == 404
    assert caller.post(f"{path}submit/", {}).status == 200
    assert caller.post(f"{path}estimate/", TERMS).status == 409
    assert caller.post(f"{path}terms/", TERMS).status == 409


def test_a_studio_asks_about_its_library() -> None:
    studio = factories.studio()
    caller = Caller(studio, factories.api_key(studio))
    assert caller.post("library/estimate/", TERMS).status == 409
    factories.offered_words(studio)
    found = caller.post("library/estimate/", TERMS)
    assert found.data["grantable"] == {"files": 1, "ms": 0}
    assert found.data["cost"]["amounts"] == {"USD": 100_000}
    assert Caller().post("library/estimate/", TERMS).status == 401
    last = {"starts_at": "9998-01-01T00:00:00Z", "ends_at": None}
    found = caller.post("library/estimate/", TERMS | last)
    ends = [each["to"] for each in found.data["changes"] if each["term"] == "ends_at"]
    assert (found.status, ends) == (200, [1])


def test_a_price_beyond_all_measure_is_said_and_never_asked_for() -> None:
    studio, lab = factories.studio(), factories.lab()
    uses = [{"by": "use", "of": "train", "times": "1000"}]
    kinds = [{"by": "model_kind", "of": "foundation", "times": "1000"}]
    title = factories.title(studio)
    file = factories.words(studio, title)
    factories.ownership(studio, title)
    factories.offer(studio, title, price_minor=10**15, modifiers=uses + kinds)
    draft = factories.draft(lab, [file], price_minor=None)
    caller = Caller(lab, factories.api_key(lab))
    found = caller.get(f"requests/{draft.code}/")
    assert found.data["prices"][0]["total_minor"] == 10**21
    found = caller.post(f"requests/{draft.code}/estimate/", TERMS | {"territory": "WORLD"})
    assert found.data["cost"]["amounts"] == {"USD": 10**21}
    assert caller.post(f"requests/{draft.code}/submit/", {}).status == 409
