"""Certificates: what a side of a grant shows of it, on paper and to whoever holds the paper."""

import csv
import hashlib
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, NotAllowed, NotFound
from catalog.objects import object_store
from edgecode.log import merkle
from ledger.models import Event
from ledger.sequencer import advance
from licensing.agreement.odrl import canonical_bytes
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance.certificates.issuing import (
    certificate_at,
    certificate_of,
    issue_certificate,
    withdraw_certificate,
)
from provenance.certificates.pdf import document_of
from provenance.models import Certificate
from provenance.seals import read_seal
from tests import factories
from tests.provenance.test_certificate_pdf import table

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def grant(studio: Actor, lab: Actor) -> Grant:
    grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    return grant


def pdf(certificate: Certificate, language: str = "en") -> bytes:
    with object_store().open(document_of(certificate, language)["key"]) as file:
        return file.read()


def test_each_side_makes_its_own_and_the_log_knows_what_it_says(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    theirs = issue_certificate(actor=lab, grant=grant.code)
    ours = issue_certificate(actor=studio, grant=grant.code)
    assert theirs.code != ours.code
    assert len({theirs.secret, ours.secret}) == 2
    assert issue_certificate(actor=lab, grant=grant.code) == theirs
    events = Event.objects.filter(kind="certificate.issued").order_by("pk")
    assert [event.stream_id for event in events] == [theirs.stream, ours.stream]
    said = hashlib.sha256(canonical_bytes(theirs.statement)).hexdigest()
    assert events[0].openings.get(name="statement").value == f'"{said}"'
    assert Certificate.objects.visible_to(lab).get() == theirs


def test_it_says_what_was_granted_and_nothing_of_money_or_people(grant: Grant, lab: Actor) -> None:
    said = issue_certificate(actor=lab, grant=grant.code).statement
    asset = grant.granted_assets.get().asset
    assert said["licensor"]["name"] == "Peach Pictures"
    assert said["licensee"]["name"] == "Lumen Lab"
    assert said["uses"] == grant.uses
    assert said["agreement"]["sha256"] == grant.deal.agreement.pdf_sha256
    assert said["ledger"]["size"] > said["ledger"]["place"]
    assert [work["name"] for work in said["works"]] == [asset.title.name if asset.title else ""]
    text = str(said)
    for hidden in (asset.filename, "price", "fee", "currency", str(grant.deal.price_minor)):
        # As a word: three letters of a hash may be any.
        assert not re.search(rf"\b{re.escape(hidden)}\b", text)


def test_its_pdf_is_sealed_and_the_same_for_everybody_who_asks(lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    document = pdf(certificate)
    assert pdf(Certificate.objects.get(pk=certificate.pk)) == document
    kept = document_of(Certificate.objects.get(pk=certificate.pk), "en")
    assert kept["sha256"] == hashlib.sha256(document).hexdigest()
    reading = read_seal(document)
    assert (reading.is_intact, reading.is_trusted, reading.covers_all) == (True, True, True)
    assert certificate.code in reading.reason
    assert grant.code in reading.reason
    assert pdf(certificate, "ko") != document


def test_one_line_of_its_table_proves_that_a_file_is_licensed(lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    lines = table(pdf(certificate)).splitlines()
    leaves = [line.encode() for line in lines[1:]]
    root = merkle.root_of(merkle.leaf_hashes(leaves)).hex()
    assert certificate.statement["files"] == {
        "count": 1, "root": root, "in_parts": 0, "left_out": 0
    }  # fmt: skip
    asset = grant.granted_assets.get().asset
    row = next(csv.DictReader(lines))
    assert (row["edge code"], row["sha256"], row["parts"]) == (asset.code, asset.sha256, "")


def test_only_the_sides_make_one_and_only_who_binds_them(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    with pytest.raises(NotFound):
        issue_certificate(actor=factories.lab(), grant=grant.code)
    with pytest.raises(NotFound):
        issue_certificate(actor=lab, grant=grant.deal.code)
    editor = factories.member(lab, role="editor")
    with pytest.raises(NotAllowed):
        issue_certificate(actor=editor, grant=grant.code)
    assert not Certificate.objects.exists()


def test_there_is_none_before_the_log_proves_the_grant(studio: Actor, lab: Actor) -> None:
    grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    with pytest.raises(Conflict, match="checkpoint"):
        issue_certificate(actor=lab, grant=grant.code)
    assert not Certificate.objects.exists()
    assert not Event.objects.filter(kind="certificate.issued").exists()


def test_a_withdrawn_one_can_be_made_anew_at_another_address(lab: Actor, grant: Grant) -> None:
    first = issue_certificate(actor=lab, grant=grant.code)
    withdraw_certificate(actor=lab, grant=grant.code)
    assert certificate_of(lab, grant) is None
    assert certificate_at(first.secret).withdrawn_at is not None
    with pytest.raises(Conflict):
        withdraw_certificate(actor=lab, grant=grant.code)
    assert Event.objects.filter(kind="certificate.withdrawn").count() == 1
    second = issue_certificate(actor=lab, grant=grant.code)
    assert second.secret != first.secret
    assert certificate_of(lab, grant) == second


def test_the_other_side_cannot_withdraw_it(studio: Actor, lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    with pytest.raises(NotFound):
        withdraw_certificate(actor=studio, grant=grant.code)
    assert certificate_at(certificate.secret).withdrawn_at is None


@pytest.mark.parametrize("secret", ["", "x", "A" * 22, "\x00", "'; DROP TABLE"])
def test_another_address_leads_nowhere(lab: Actor, grant: Grant, secret: str) -> None:
    issue_certificate(actor=lab, grant=grant.code)
    with pytest.raises(NotFound):
        certificate_at(secret)


def test_one_of_a_revoked_grant_says_so(studio: Actor, lab: Actor, grant: Grant) -> None:
    revoke_grant(actor=studio, code=grant.code, ground="breach", reason="Broken.")
    said = issue_certificate(actor=lab, grant=grant.code).statement
    assert said["state"]["name"] == "revoked"
    Grant.objects.filter(pk=grant.pk).update(
        revoked_at=None, ends_at=timezone.now() - timedelta(days=1)
    )
    withdraw_certificate(actor=lab, grant=grant.code)
    assert issue_certificate(actor=lab, grant=grant.code).statement["state"]["name"] == "expired"
