"""Somebody certified by the authority that certifies us gives his manifests the names of ours."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import ANONYMOUS
from catalog.models import WorkState
from catalog.objects import object_store
from provenance import jumbf
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.settings import Anchors
from provenance.credentials.updates import update_pending
from provenance.manifests import GRANT
from provenance.models import Credential, Matched, Registration
from provenance.outputs.declaring import Source
from provenance.outputs.manifests import OUTPUT
from provenance.recognition import recognise
from provenance.repository.registrations import register_pending
from provenance.trust import pki
from provenance.verification.report import Report, Verdict, verify_file
from tests import factories
from tests.hostile.test_mutants import OCTETS
from tests.provenance import licensed
from tests.provenance.delivered import content, sidecar
from tests.provenance.pictures import drawn, jpeg
from tests.provenance.struck import SignedLikeness
from tests.provenance.test_outputs import TEXT, delivered, made, signed
from tests.provenance.test_verification import outcomes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

voice = licensed.voice


def report(folder: Path, file: bytes, store: bytes) -> Report:
    path, beside = folder / "file", folder / "file.c2pa"
    path.write_bytes(file)
    beside.write_bytes(store)
    return verify_file(path, filename="file", mime=OCTETS, sidecar=beside)


def forged(name: str, file: bytes, *said: tuple[str, Any], inside: bool = False) -> bytes:
    """Return what another signer under our root says of a file, by a name of ours; or the picture
    that has it `inside`."""
    action = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    }
    actions = {"allActionsIncluded": True, "actions": [action]}
    stated = (("c2pa.actions.v2", actions), *said)
    definition = {
        "label": name,
        "claim_generator_info": [{"name": "Camera", "specVersion": "2.4.0"}],
        "assertions": [{"label": label, "created": True, "data": data} for label, data in stated],
    }
    other = pki.issue_claim_signer(pki._claim_intermediate(), name="Somebody Else")
    engine = Engine(other, Anchors(pki.claim_anchor_pem(), ""))
    if not inside:
        return engine.beside(definition, file).manifest
    made = io.BytesIO()
    engine.inside(definition, "image/jpeg", io.BytesIO(file), made)
    return made.getvalue()


def told(store: bytes, label: str) -> Any:
    return next(said for _label, said in jumbf.stated(store, label))


def test_of_a_registered_file(tmp_path: Path) -> None:
    studio = factories.studio()
    words = factories.offered_words(studio)
    delivered(factories.grant(studio, factories.lab(), [words]))
    while register_pending():
        pass
    row = Registration.objects.get(asset=words, state=WorkState.DONE)
    with object_store().open(words.object_key) as stored:
        ours = stored.read()
    assert report(tmp_path, ours, bytes(row.manifest)).verdict == Verdict.REGISTERED
    for file in (b"other words", ours):
        now = report(tmp_path, file, forged(row.manifest_id, file))
        assert (now.verdict, outcomes(now)["record"]) == (Verdict.DISPUTED, "failed")


def test_of_what_a_licensee_made(tmp_path: Path) -> None:
    studio, lab = factories.studio(), factories.lab("Lumen Lab")
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    output = signed(made(lab, [Source(grant.code)], made_at=timezone.now()))
    store = bytes(output.manifest)
    assert report(tmp_path, TEXT, store).verdict == Verdict.MADE
    said = told(store, OUTPUT)
    other = said | {"maker": said["maker"] | {"name": "Somebody Else"}}
    now = report(tmp_path, TEXT, forged(output.manifest_id, TEXT, (OUTPUT, other)))
    assert (now.verdict, outcomes(now)["record"]) == (Verdict.DISPUTED, "failed")


def test_of_a_credential_that_consents_were_struck_out_of(
    voice: SignedLikeness, tmp_path: Path
) -> None:
    said = told(sidecar(voice.credential), GRANT)
    voice.withdraw()
    assert update_pending() == 1
    file, store = content(voice.credential), sidecar(voice.credential)
    assert report(tmp_path, file, store).verdict == Verdict.AUTHORISED
    other = said | {"licensee": said["licensee"] | {"name": "Somebody Else"}}
    now = report(tmp_path, file, forged(voice.credential.newest_id, file, (GRANT, other)))
    assert now.inspection.manifest_id == voice.credential.newest_id
    assert (now.verdict, outcomes(now)["record"]) == (Verdict.DISPUTED, "failed")


def test_of_a_picture_that_is_seen_somewhere(tmp_path: Path) -> None:
    studio, lab = factories.studio(), factories.lab("Lumen Lab")
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    output = signed(made(lab, [Source(grant.code)], made_at=timezone.now()))
    name = Credential.objects.get(granted_asset__grant=grant).manifest_id
    for each in (name, output.manifest_id):
        path = tmp_path / "seen.jpg"
        path.write_bytes(forged(each, jpeg(drawn(1)), inside=True))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        known = recognise(path, mime="image/jpeg", sha256=sha256, actor=ANONYMOUS)
        assert (known.matched, known.manifest_id) == (Matched.NOTHING, each)
