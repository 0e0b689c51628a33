"""Files with a past: tampered with before they were signed on, or named as another is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from django.utils import timezone

from edgecode.verify import Reader, codes, verify
from edgecode.verify.vouching import vouched_for
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signing import Signing
from provenance.models import Credential
from provenance.trust import pki
from provenance.verification import inspection, origins, readings
from provenance.verification.report import Verdict, verify_file
from tests import factories
from tests.hostile.forged import definition_of
from tests.hostile.stores import ingredient, manifests_in, stated, store_of, stranger, written
from tests.hostile.test_mutants import OCTETS, beside, trust
from tests.hostile.test_other_roots import WORDS, made_with, signed_by
from tests.provenance import licensed
from tests.provenance.delivered import Delivered, saved
from tests.provenance.media import MADE
from tests.provenance.strangers import edited_by_stranger
from tests.provenance.test_outputs import delivered, picture
from tests.provenance.test_signing import DEFINITION
from tests.provenance.test_verification import outcomes
from web.verification_page import page_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

JPEG = "image/jpeg"
licensed_words, words = licensed.licensed_words, licensed.words


@pytest.mark.parametrize(
    ("was", "now"),
    [(b"Lumen Lab", b"Limen Lab"), (b"\xff\xd9", b"\xff\xd9!")],
    ids=["words", "picture"],
)
def test_a_tampered_past_is_told_though_the_file_was_signed_since(
    tmp_path: Path, was: bytes, now: bytes
) -> None:
    source, changed, file = (tmp_path / name for name in ("source.jpg", "changed.jpg", "file.jpg"))
    source.write_bytes(MADE[JPEG]())
    sign_embedded(DEFINITION, JPEG, source, changed)
    changed.write_bytes(now.join(changed.read_bytes().rsplit(was, 1)))
    made = [each for each in DEFINITION["assertions"] if each["label"] != "c2pa.actions.v2"]
    opened = {"allActionsIncluded": True, "actions": []}
    actions = {"label": "c2pa.actions.v2", "created": True, "data": opened}
    definition = {**DEFINITION, "assertions": [actions, *made]}
    sign_embedded(definition, JPEG, changed, file, continues=True)

    found = inspection.inspect(file, mime=JPEG)
    assert (found.integrity, found.findings) == (inspection.Integrity.INTACT, ())
    told = origins.past(found)
    assert (told.outcome, str(told.title)) == (
        "warning",
        "Something that it was made from did not match its own credential.",
    )
    with Reader() as reader:
        verdict = verify(file, trust=trust(), reader=reader)
    assert {check.id: check.said for check in verdict.checks}["past"] == "past.broken"


def test_a_stranger_takes_no_name_of_ours(words: Delivered, tmp_path: Path) -> None:
    """A manifest may bear any name: that of somebody's credential, too."""
    assert words.sidecar is not None
    name = words.credential.manifest_id
    stranger = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    theirs = signed_by(stranger, {**DEFINITION, "label": name})
    for store, expected in ((theirs, "unknown"), (words.sidecar.read_bytes(), "warning")):
        file, sidecar = beside(tmp_path, signed_by(pki.signing_chain(), made_with(store)))
        found = inspection.inspect(file, mime=OCTETS, sidecar=sidecar)
        assert found.earlier == (name,)
        assert origins.past(found).outcome == expected


def test_nor_does_who_is_certified_by_the_same_authority(words: Delivered, tmp_path: Path) -> None:
    """Neither the report nor the picture says that we delivered what he made something from."""
    assert words.sidecar is not None
    other = pki.issue_claim_signer(pki._claim_intermediate(), name="Somebody Else")
    theirs = signed_by(other, {**DEFINITION, "label": words.credential.manifest_id})
    for store, outcome, says in (
        (theirs, "unknown", "Signed by Somebody Else, whom we do not vouch for."),
        (words.sidecar.read_bytes(), "warning", "Delivered by Edgecode under grant"),
    ):
        file, sidecar = beside(tmp_path, signed_by(other, made_with(store)))
        report = verify_file(file, filename="words.srt", mime=OCTETS, sidecar=sidecar)
        origin = page_of(report).origin
        assert origin is not None
        (step,) = (each for each in origin.steps if str(each.kind) == "Made from")
        assert str(step.detail).startswith(says)
        assert origins.past(report.inspection).outcome == outcome


def test_who_is_certified_by_the_same_authority_is_not_us(words: Delivered) -> None:
    """Another signer under our root, as under a recognised authority's, with our credential's name
    and the very file, says that it was licensed to him."""
    other = pki.issue_claim_signer(pki._claim_intermediate(), name="Somebody Else")
    made = definition_of(words, {"licensee": {"code": "QRSTVWXY", "name": "Somebody Else"}})
    engine = Engine(other, Anchors(pki.claim_anchor_pem(), ""))
    named = {**made, "label": words.credential.manifest_id}
    store = engine.beside(named, words.file.read_bytes()).manifest
    forged = words.folder / "forged.c2pa"
    forged.write_bytes(store)
    report = verify_file(words.file, filename="w.srt", mime=words.mime, sidecar=forged)
    assert report.inspection.manifest_id == words.credential.manifest_id
    assert (report.verdict, outcomes(report)["record"]) == (Verdict.DISPUTED, "failed")


def test_what_was_read_is_kept_no_longer_than_it_holds(tmp_path: Path) -> None:
    unstamped = signed_by(pki.signing_chain(), DEFINITION)
    stamped = Signing().beside(DEFINITION, WORDS).manifest
    later = timezone.now() + timedelta(days=91)
    for store, holds in ((unstamped, False), (stamped, True)):
        file, sidecar = beside(tmp_path, store)
        found = inspection.inspect(file, mime=OCTETS, sidecar=sidecar)
        assert readings._lasts(found)
        with time_machine.travel(later):
            assert readings._lasts(found) is holds


def test_a_signature_of_anybody_between_hides_no_past(words: Delivered, tmp_path: Path) -> None:
    assert words.sidecar is not None
    stranger = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    between = signed_by(stranger, made_with(words.sidecar.read_bytes()))
    file, sidecar = beside(tmp_path, signed_by(pki.signing_chain(), made_with(between)))
    found = inspection.inspect(file, mime=OCTETS, sidecar=sidecar)
    told = origins.past(found)
    assert (told.outcome, words.grant.code[4:] in str(told.detail)) == ("warning", True)


def test_nobodys_word_makes_a_manifest_inside_one_of_ours(tmp_path: Path) -> None:
    """Whoever puts it in writes down that it is trusted, and that it is not, at an address that the
    reader takes for that of its signature: and tells its own finding no more. Nor does it help to
    be certified by a root that is called as ours is."""
    root = x509.load_pem_x509_certificate(pki.claim_anchor_pem().encode()).subject
    namesake = pki.issue_claim_signer(pki.issue_root(root, path_length=0))
    theirs = written(namesake, stated("com.edgecode.grant", {"grant": "ZZZZ2345"}))
    place = f"self#jumbf=/c2pa/{theirs[0]}/c2pa.signature"
    trusted = f"found in [{codes.CLAIMS_LIST}] trust anchors"
    holds = [{"code": "signingCredential.trusted", "url": place, "explanation": trusted}]
    for at in (place, "self#jumbf=c2pa.signature", "self#jumbf=c2pa.signature=x"):
        fails = [{"code": "signingCredential.untrusted", "url": at, "explanation": "untrusted"}]
        said = ingredient(theirs, {"success": holds, "failure": fails})
        between = store_of(theirs, written(stranger(), said))
        file, sidecar = beside(tmp_path, signed_by(pki.signing_chain(), made_with(between)))
        found = inspection.inspect(file, mime=OCTETS, sidecar=sidecar)
        assert len((found.raw or {})["manifests"]) == 3
        assert found.certificates == {}


def test_what_is_inside_says_only_what_was_signed(tmp_path: Path) -> None:
    """A word of ours that somebody changes before he puts it in is no word of ours, offline."""
    ours = Signing().beside(DEFINITION, WORDS).manifest
    for store, holds in ((ours, True), (ours.replace(b"Lumen Lab", b"Limen Lab"), False)):
        (inner,) = manifests_in(store)
        between = store_of(inner, written(stranger(), ingredient(inner)))
        file, sidecar = beside(tmp_path, signed_by(pki.signing_chain(), made_with(between)))
        answer = inspection.answer_about(file, mime=OCTETS, sidecar=sidecar)
        assert answer is not None
        assert list(vouched_for(answer, datetime.now(UTC))) == [inner[0]]
        assert codes.is_as_signed(answer["inner"][inner[0]]["report"]) is holds


def test_a_copy_that_was_changed_and_edited_twice_is_still_ours(tmp_path: Path) -> None:
    studio = factories.studio()
    still = delivered(
        factories.grant(
            studio, factories.lab(), [factories.offered_film(studio, picture(tmp_path))]
        )
    )
    copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    content = copy.read_bytes() + b"\n"
    for _ in range(2):
        content = edited_by_stranger("image/png", content)
        copy.write_bytes(content)
        told = origins.past(inspection.inspect(copy, mime="image/png"))
        assert (told.outcome, still.code[4:] in str(told.detail)) == ("warning", True)
