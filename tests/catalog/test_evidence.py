"""Documents that facts rest on: examined, kept unchanged, shown to their organisation only."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from django.test import Client, override_settings
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid, NotAllowed, NotFound
from catalog.evidence import (
    LINK_SECONDS,
    evidence_link,
    get_evidence,
    hand_in_evidence,
    read_evidence,
)
from catalog.intake import receive
from catalog.models import Evidence
from catalog.object_interface import Retained
from catalog.objects import _bucket, object_store
from catalog.objects_s3 import S3ObjectStore
from catalog.rights import record_fact
from config.env import Environment
from tests import factories
from tests.catalog.links import fetch
from tests.web.reading import signed_in

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


@pytest.fixture
def in_a_bucket(s3: Environment, locked_bucket: S3ObjectStore) -> Iterator[S3ObjectStore]:
    """Everything is kept in a real bucket with object lock, encrypted."""
    env = s3.model_copy(update={"s3_bucket": locked_bucket._bucket, "s3_encryption": "AES256"})
    _bucket.cache_clear()
    with override_settings(ENV=env):
        yield locked_bucket
    _bucket.cache_clear()


def test_a_bucket_keeps_a_document_ten_years_whoever_deletes_it(
    in_a_bucket: S3ObjectStore,
) -> None:
    paper = factories.paper()
    kept = factories.evidence(factories.studio(), paper, "계약서.pdf")
    client, place = in_a_bucket._client, {"Bucket": in_a_bucket._bucket, "Key": kept.object_key}
    head = client.head_object(**place)
    assert head["VersionId"] == kept.object_version
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] > timezone.now() + timedelta(days=3653)
    assert head["ServerSideEncryption"] == "AES256"
    assert client.get_bucket_versioning(Bucket=in_a_bucket._bucket)["Status"] == "Enabled"
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(**place, VersionId=kept.object_version)
    # Somebody with the keys to the bucket goes around us: what was handed in is given out still.
    client.put_object(**place, Body=b"another contract")
    client.delete_object(**place)
    assert b"".join(read_evidence(kept)) == paper
    link = evidence_link(Actor(organisation=kept.organisation), kept.code)
    assert fetch(object_store(), link, 0, len(paper)) == paper


def test_a_link_is_given_to_the_organisation_only_and_expires(client: Client) -> None:
    studio, rival = factories.studio(), factories.studio()
    paper = factories.paper()
    kept = factories.evidence(studio, paper, "계약서 1.pdf")
    address = f"/documents/{kept.code}/file/"
    sent = signed_in(studio).get(address)
    assert (sent.status_code, sent["Cache-Control"]) == (302, "no-store")
    given = client.get(sent["Location"])  # whoever has it, for some minutes
    assert given.getvalue() == paper
    assert "attachment" in given["Content-Disposition"]
    assert signed_in(rival).get(address).status_code == 404
    assert signed_in(factories.lab()).get(address).status_code == 404
    assert client.get(address).status_code == 302  # to the sign-in
    with pytest.raises(NotFound):
        evidence_link(rival, kept.code)
    later = time.time() + LINK_SECONDS + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: later)
        assert client.get(sent["Location"]).status_code == 403
