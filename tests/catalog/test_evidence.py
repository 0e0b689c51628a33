"""Documents that facts rest on: examined, kept unchanged, shown to their organisation only."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import Invalid, NotAllowed, NotFound
from catalog.evidence import get_evidence, hand_in_evidence
from catalog.intake import receive
from catalog.models import Evidence
from catalog.objects import Retained, object_store
from catalog.rights import record_fact
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_a_document_is_kept_as_it_came_and_cannot_be_deleted() -> None:
    studio = factories.studio()
    paper = factories.paper()
    kept = factories.evidence(studio, paper)
    assert (kept.mime, kept.size_bytes) == ("application/pdf", len(paper))
    with object_store().open(kept.object_key) as file:
        assert file.read() == paper
    with pytest.raises(Retained):
        object_store().delete(kept.object_key)
    far = timezone.now() + timedelta(days=3650)
    assert object_store().retain(kept.object_key, far + timedelta(days=365))


def test_the_same_bytes_are_one_document_for_each_organisation() -> None:
    studio, rival = factories.studio(), factories.studio()
    paper = factories.paper()
    first = factories.evidence(studio, paper)
    assert factories.evidence(studio, paper, "copy.pdf") == first
    assert factories.evidence(rival, paper) != first
    assert get_evidence(studio, first.code) == first
    with pytest.raises(NotFound):
        get_evidence(rival, first.code)


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"MZ" + b"\0" * 200, "deed.pdf"),
        (b"<html><script>alert(1)</script></html>", "deed.pdf"),
        (b"%PDF-1.7 cut off", "deed.pdf"),
        (b"A plain text", "deed.txt"),
        (b"PK\x03\x04" + b"\0" * 100, "deed.zip"),
    ],
)
def test_what_is_no_document_is_not_kept(content: bytes, filename: str) -> None:
    studio = factories.studio()
    with pytest.raises(Invalid):
        factories.evidence(studio, content, filename)
    assert not Evidence.objects.exists()
    assert list(object_store().keys("evidence/")) == []


def test_only_editors_hand_in() -> None:
    studio = factories.studio()
    viewer = factories.member(studio)
    with receive([factories.paper()], max_bytes=2**20) as intake, pytest.raises(NotAllowed):
        hand_in_evidence(actor=viewer, intake=intake, filename="deed.pdf")


def test_a_fact_rests_on_documents_of_its_own_organisation() -> None:
    studio, rival = factories.studio(), factories.studio()
    title = factories.title(studio)
    body = {"party": "Studio", "share": "1/1"}
    theirs = factories.evidence(rival)
    with pytest.raises(Invalid):
        record_fact(actor=studio, title=title, kind="ownership", body=body, evidence=theirs.code)
    mine = factories.evidence(studio)
    fact = record_fact(actor=studio, title=title, kind="ownership", body=body, evidence=mine.code)
    assert fact.evidence == mine
