"""The clause library over the API: versioned, hashed, for anybody."""

import hashlib
import json

import pytest

from api.outputs.clauses import library
from licensing.agreement.clauses import SECTIONS, digest
from tests.api.callers import Caller

pytestmark = pytest.mark.django_db


def test_anybody_reads_each_clause_with_its_versions_and_their_hashes() -> None:
    answer = Caller().get("clauses/")
    assert answer.status == 200
    told = [clause for section in answer.data["sections"] for clause in section["clauses"]]
    known = [clause for section in SECTIONS for clause in section.clauses]
    assert [each["id"] for each in told] == [each.id for each in known]
    for each in told:
        assert each["version"] == len(each["versions"])
        assert [one["since"] for one in each["versions"]] == sorted(
            one["since"] for one in each["versions"]
        )
        for one in each["versions"]:
            said = [[each["id"], one["number"], one["en"], one["rows_en"]]]
            text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
            assert one["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    one = Caller().get("clauses/licence.uses/")
    assert one.data == next(each for each in told if each["id"] == "licence.uses")
    for wrong in ("clauses/licence.none/", "clauses/licence/", "clauses/%00/"):
        assert Caller().get(wrong).status == 404


def test_the_hash_of_an_agreement_can_be_counted_from_what_is_told() -> None:
    """An agreement names its clauses with their versions, and one hash of them all."""
    told = [clause for section in library()["sections"] for clause in section["clauses"]]
    named = [(each["id"], each["version"]) for each in told]
    texts = [
        [each["id"], one["number"], one["en"], one["rows_en"]]
        for each in told
        for one in each["versions"][-1:]
    ]
    text = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    assert digest(named) == hashlib.sha256(text.encode()).hexdigest()
