"""The clause library as anybody reads it."""

import pytest
from django.test import Client

from licensing.agreement.clauses import SECTIONS
from tests.web.reading import text, words
from web.clause_words import VALUES, WHEN, Change, differences


@pytest.mark.django_db
def test_anybody_reads_every_clause_with_its_versions_and_what_they_changed() -> None:
    response = Client().get("/clauses/")
    page, source = words(response), text(response)
    for section in SECTIONS:
        for clause in section.clauses:
            assert f"{clause.id} {clause.newest.number}" in page
            assert str(WHEN[clause.when]) in page
    assert f"The full fee is due before {VALUES['pay_by']}." in page
    assert "대가는" in page
    assert "<ins> A signature of the platform behind this text" in source
    assert "Definitions" in page
    korean = words(Client().get("/clauses/", headers={"Accept-Language": "ko"}))
    assert "1. 정의" in korean


def test_a_difference_keeps_what_is_gone_where_it_stood() -> None:
    assert differences("pay the fee once", "pay the full fee") == [
        Change("same", "pay the"),
        Change("new", " full"),
        Change("same", " fee"),
        Change("gone", " once"),
    ]
