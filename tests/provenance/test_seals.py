"""The seal of an agreement, as readers that are not ours see it."""

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from asn1crypto import pem, x509
from django.test import Client
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from accounts.access import Actor
from licensing.agreement import annex
from licensing.agreement.render import render_pdf
from licensing.deals.transitions import approve_deal
from licensing.models import Agreement
from provenance.seals import read_seal, seal, seal_pending
from provenance.trust import pki
from tests import factories
from tests.doubles.time_authority import no_time_authority
from tests.licensing.agreement_terms import TERMS
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def agreement(studio: Actor, lab: Actor) -> Agreement:
    deal = factories.deal(lab, [factories.offered_film(studio)])
    return approve_deal(actor=studio, code=deal.code).agreement


def download(client: Client, address: str) -> bytes:
    response: Any = client.get(address)
    assert response.status_code == 200
    return bytes(response.getvalue())


def test_both_sides_get_a_signed_pdf_that_begins_with_the_agreement(
    studio: Actor, lab: Actor, agreement: Agreement
) -> None:
    code = agreement.deal.code
    assert seal_pending() == 1
    assert seal_pending() == 0
    address = f"/deals/{code}/agreement-signed.pdf"
    document = download(signed_in(lab), address)
    assert download(signed_in(studio), address) == document
    plain = download(signed_in(lab), f"/deals/{code}/agreement.pdf")
    assert document.startswith(plain)
    assert hashlib.sha256(plain).hexdigest() == agreement.pdf_sha256
    page = words(signed_in(lab).get(f"/deals/{code}/signature/"))
    assert "Nothing that was signed has been changed." in page
    assert "The file begins with the agreement whose hash is in the log." in page
    assert f"head -c {len(plain)}" in page
    for name in ("Licensor Peach Pictures", "Licensee Lumen Lab", agreement.pdf_sha256):
        assert name in page
    key = {"Authorization": f"Bearer {factories.api_key(lab)}"}
    response: Any = Client().get(f"/api/v1/deals/{code}/agreement-signed.pdf", headers=key)
    assert response.getvalue() == document
    assert signed_in(lab).get(f"/deals/{code}/schedule-a.csv").status_code == 404
    stranger = signed_in(factories.lab("Umber Lab"))
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/deals/{code}/signature/").status_code == 404


def test_no_agreement_is_sealed_while_no_time_stamp_is_to_be_had(
    lab: Actor, agreement: Agreement, tmp_path: Path
) -> None:
    """It is sealed once, for good: without a stamp the seal would end with the signer."""
    address = f"/deals/{agreement.deal.code}/agreement-signed.pdf"
    key = {"Authorization": f"Bearer {factories.api_key(lab)}"}
    with no_time_authority(tmp_path):
        assert seal_pending() == 0
        for answer in (
            signed_in(lab).get(address),
            Client().get(f"/api/v1{address}", headers=key),
        ):
            assert (answer.status_code, answer["Retry-After"]) == (503, "30")
            assert "No time stamp is to be had just now." in answer.content.decode()
    agreement.refresh_from_db()
    assert agreement.sealed_key == ""
    assert seal_pending() == 1
    assert read_seal(download(signed_in(lab), address)).sealed_at is not None


def test_a_long_list_of_files_is_taken_out_of_the_agreement(
    studio: Actor, lab: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annex, "PRINTED_MOST", 1)
    film = factories.offered_film(studio)
    assert film.title is not None
    deal = factories.deal(lab, [film, factories.words(studio, film.title)])
    approve_deal(actor=studio, code=deal.code)
    address = f"/deals/{deal.code}/schedule-a.csv"
    table = download(signed_in(lab), address)
    assert film.code in table.decode()
    page = text(signed_in(studio).get(f"/deals/{deal.code}/signature/"))
    assert hashlib.sha256(table).hexdigest() in page
    assert signed_in(factories.lab("Umber Lab")).get(address).status_code == 404


def test_pyhanko_trusts_it_with_our_published_roots() -> None:
    document = seal(render_pdf(TERMS), "Sealed 한강")
    found = PdfFileReader(BytesIO(document)).embedded_signatures
    assert [each.field_name for each in found] == ["EdgecodeSeal"]
    parts = pem.unarmor(pki.trust_anchors_pem().encode(), multiple=True)
    roots = [x509.Certificate.load(der) for _name, _headers, der in parts]
    status = validate_pdf_signature(found[0], ValidationContext(trust_roots=roots))
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted
    assert found[0].sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert found[0].sig_object["/Reason"] == "Sealed 한강"


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="reads the PDF with poppler's pdfsig")
def test_poppler_finds_a_valid_signature_over_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "agreement.pdf"
    path.write_bytes(seal(render_pdf(TERMS), "Sealed"))
    command = ["pdfsig", "-nocert", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "ETSI.CAdES.detached" in said
    assert "Signature is Valid." in said
    assert "Total document signed" in said


def test_what_was_changed_or_added_is_seen_and_what_has_ended_still_holds() -> None:
    plain = render_pdf(TERMS)
    document = seal(plain, "Sealed")
    reading = read_seal(document)
    assert (reading.is_intact, reading.is_trusted, reading.covers_all) == (True, True, True)
    assert reading.begins_with_sha256 == hashlib.sha256(plain).hexdigest()
    changed = bytearray(document)
    changed[len(plain) // 2] ^= 1
    assert not read_seal(bytes(changed)).is_intact
    assert not read_seal(document + b"\n% added\n").covers_all
    with pytest.raises(ValueError, match="carries no seal"):
        read_seal(plain)
    # The signer's certificate ends after 90 days; the stamp proves that it was good.
    with time_machine.travel(datetime.now(UTC) + timedelta(days=200)):
        later = read_seal(document)
    assert later == reading
