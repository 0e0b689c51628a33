"""Files of a request are cleared together, and get what each would get by itself."""

import hashlib
from typing import Any

import orjson
import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.merging import merge_titles
from catalog.models import Asset, Title
from catalog.withdrawing import withdraw_consent
from licensing.clearance import clear
from licensing.deals.requests import submit_request
from licensing.grants.issuing import revoke_grant
from licensing.models import Clearance, Decision, RequestItem
from licensing.verdicts.clearances import answers, evaluate, items_to_clear
from licensing.verdicts.decisions import write_out_pending
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

# What a studio records of one work, or of two that the first makes useless.
BURDENS: list[list[tuple[str, dict[str, Any]]]] = [
    [],
    [("restriction", {"uses": ["train"]})],
    [("restriction", {"uses": ["distribute.tv"]})],
    [("holdback", {"beneficiary": "Cinema", "end": "2030-01-01"})],
    [("element", {"element": "music", "ai": "not_granted", "stem": "ME-1"})],
    [("element", {"element": "stock", "ai": "unknown"})],
    [("guild", {"guild": "WGA", "agreement": "MBA 2026"})],
    [("cap", {"max_licensees": 1}), ("grant_out", {"to": "Other", "uses": ["train"]})],
    [("grant_out", {"to": "Other", "uses": ["train"], "mfn": "unit_price",
                    "price": {"amount": "2.00", "currency": "USD", "per": "min"}})],
    [("grant_out", {"to": "Other", "uses": ["train"], "exclusivity": "exclusive",
                    "territory": ["KR"]})],
    [("option", {"holder": "Other", "type": "rofr", "notice": "P30D"})],
    [("event", {"name": "premiere", "date": "2027-01-31"}),
     ("holdback", {"beneficiary": "Festival", "end": {"event": "premiere", "lag": "P1M"}})],
    [("holdback", {"beneficiary": "Festival", "end": {"event": "an unknown day"}})],
]  # fmt: skip


def _film(studio: Actor, burdens: list[tuple[str, dict[str, Any]]], **described: Any) -> Asset:
    file = factories.offered_words(studio, **described)
    assert file.title is not None
    for kind, body in burdens:
        factories.fact(studio, file.title, kind, **body)
    return file


def _episode(studio: Actor) -> Asset:
    """A file of an episode whose series says who owns it, and what is forbidden."""
    series = factories.title(studio, kind="series")
    factories.ownership(studio, series)
    factories.fact(studio, series, "restriction", uses=["train.pretrain"])
    return _film(studio, [], kind="episode", parent=series.code, number=1)


def _twin(studio: Actor, of: Title) -> Asset:
    """A file of a title that is recorded as the same work."""
    file = factories.offered_words(studio, name="The same work")
    assert file.title is not None
    merge_titles(actor=studio, code=file.title.code, into=of.code, reason="One film.")
    return file


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def library(studio: Actor, lab: Actor) -> list[Asset]:
    """Works with every kind of burden, series, duplicates, a grant that ended, and persons."""
    files = [_film(studio, burdens) for burdens in BURDENS]
    first = files[0].title
    assert first is not None
    files += [_episode(studio), _twin(studio, first)]
    files.append(factories.words(studio, first, "Again"))
    revoked = factories.grant(studio, lab, files[:1])
    revoke_grant(actor=studio, code=revoked.code, reason="Over.")
    agency = factories.talent()
    for uses in (["train"], ["generate.likeness"]):
        person = factories.likeness(agency)
        files.append(factories.words(agency, person, str(uses)))
        factories.offer(agency, person, uses=["train"])
        consents = [
            factories.consent(agency, person, uses=uses, attributes=["face"]) for _ in range(2)
        ]
        withdraw_consent(actor=agency, code=consents[0].code)
    return files


def _items(lab: Actor, files: list[Asset], **scope: Any) -> list[RequestItem]:
    draft = factories.draft(lab, files, **scope)
    return items_to_clear(draft, draft.items.all())


def test_a_mixed_library_gets_the_same_verdicts_byte_for_byte(
    lab: Actor, library: list[Asset], django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    found = {}
    for exclusivity in ("non_exclusive", "exclusive"):
        items = _items(lab, library, exclusivity=exclusivity)
        together = answers(items, as_of=now)
        found[exclusivity] = {answer.verdict for answer in together}
        for item, answer in zip(items, together, strict=True):
            case, alone = evaluate(item, as_of=now)
            assert orjson.dumps(answer.case) == orjson.dumps(case)
            assert (answer.verdict, list(answer.reasons)) == (alone["verdict"], alone["reasons"])
            assert orjson.dumps(answer.result) == orjson.dumps(alone)
    assert found["non_exclusive"] == {"CLEAR", "CONDITIONAL", "PARTIAL", "REVIEW", "BLOCKED"}
    assert {"REVIEW", "BLOCKED"} <= found["exclusive"]
    works = [file for file in library if file.title_id]
    few, many = _items(lab, works[:2]), _items(lab, works)
    with django_assert_max_num_queries(18) as counted:
        answers(few, as_of=now)
    # Steps up to a series, its cuts, and the same bytes as it and as what is capped has.
    with django_assert_max_num_queries(len(counted) + 7):
        answers(many, as_of=now)


def test_a_verdict_is_kept_with_its_case_and_written_out_later(studio: Actor, lab: Actor) -> None:
    film, other = _film(studio, BURDENS[1]), _film(studio, BURDENS[3])
    assert film.title is not None
    files = [film, factories.words(studio, film.title, "Again"), _twin(studio, film.title), other]
    draft = factories.draft(lab, files)
    submit_request(actor=lab, code=draft.code)
    kept = list(Clearance.objects.filter(item__request=draft).select_related("decision"))
    assert len(kept) == 4
    # Files of one work that teach a model the same have one case.
    assert len({each.decision_id for each in kept}) == 2
    for each in kept:
        assert hashlib.sha256(each.decision.case_text.encode()).hexdigest() == each.case_sha256
        assert each.decision.reasons.split() == each.result["reasons"]
        assert each.verdict == each.result["verdict"]
    assert (write_out_pending(), write_out_pending()) == (2, 0)
    for decision in Decision.objects.all():
        assert decision.result == clear(decision.case)
