"""The clause library: whole in both languages, and named by every agreement that is made of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.scope.uses import EXCLUSIVITIES
from licensing.agreement.clauses import (
    NUMBERS,
    SECTIONS,
    WHEN,
    Piece,
    applying,
    digest,
    find,
    pieces,
    used,
)
from licensing.agreement.odrl import canonical_bytes, policy
from licensing.models import TIER_TERMS
from tests.licensing.agreement_terms import CONSENT, TERMS, terms

CLAUSES = [clause for section in SECTIONS for clause in section.clauses]
AMENDS = tuple(f"amends.{each}" for each in ("number", "first", "agreement", "hash", "grant"))
NAMES = ("log", "territory", "starts_at", "ends_at", "fee", "pay_by", *AMENDS)
VALUES = dict.fromkeys(NAMES, "?") | NUMBERS


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_every_wording_stands_in_both_languages_with_the_same_values(clause: Any) -> None:
    assert clause.when in WHEN
    days = [version.since for version in clause.versions]
    assert days == sorted(days)
    for version in clause.versions:
        names = [
            sorted(piece.text for piece in pieces(text, {name: name for name in VALUES})
                   if piece.text in VALUES)
            for text in (version.en, version.ko)
        ]  # fmt: skip
        assert names[0] == names[1]
        assert [len(row) for row in version.rows_en] == [len(row) for row in version.rows_ko]
        assert any("가" <= letter <= "힣" for letter in version.ko)


def test_no_clause_is_without_a_section_and_every_exclusivity_has_its_clause() -> None:
    assert len({clause.id for clause in CLAUSES}) == len(CLAUSES)
    assert {clause.when for clause in CLAUSES} >= set(EXCLUSIVITIES)
    assert all(clauses for _section, clauses in applying(TERMS))


def test_what_applies_follows_the_terms() -> None:
    def names(**changes: Any) -> set[str]:
        return {name for name, _version in used(terms(**changes))}

    assert {"likeness.none", "term.fixed", "licence.non_exclusive"} <= names()
    assert "term.open" in names(ends_at=None)
    assert "term.trained" not in names(uses=("evaluate",))
    with_likeness = names(consents=(CONSENT,))
    assert "likeness.consents" in with_likeness
    assert "likeness.none" not in with_likeness


@pytest.mark.parametrize("kept", ["exclusive", "sole"])
def test_others_are_kept_out_of_what_the_engine_keeps_back_and_no_more(kept: str) -> None:
    said = find(f"licence.{kept}").newest.en
    defined = ("Term", "Permitted Uses", "Material", "Model Kinds", "Territory")
    assert all(term in said for term in defined)


def test_the_tiers_of_the_agreement_are_those_of_the_product() -> None:
    _head, *rows = find("revocation.tiers").newest.rows_en
    told = [(name.partition(" · ")[2].lower(), days) for name, _must, days in rows]
    assert told == [(str(kind), f"{tier.days} days") for kind, tier in TIER_TERMS.items()]
    limits = find("revocation.limits").newest.en
    assert [kind for kind, tier in TIER_TERMS.items() if tier.grounds] == ["suppress", "retrain"]
    assert "Tiers 3 and 4 may be required only where" in limits


def test_an_agreement_names_its_wordings_and_their_hash() -> None:
    said = json.loads(canonical_bytes(policy(TERMS)))
    clauses = [tuple(each.split()) for each in said["edgecode:clauses"]]
    assert ("general.conclusion", str(find("general.conclusion").newest.number)) in clauses
    assert said["edgecode:clausesSha256"] == digest([(name, int(n)) for name, n in clauses])
    older = [(name, 1) for name, _version in used(TERMS)]
    assert digest(older) != digest(used(TERMS))


@given(st.text())
def test_a_value_is_never_read_as_markup(value: str) -> None:
    found = pieces("The *Term* ends *{ends_at}*.", {"ends_at": value})
    expected = [Piece("The "), Piece("Term", "strong"), Piece(" ends "), Piece(value, "strong")]
    assert found == [*(piece for piece in expected if piece.text), Piece(".")]
