"""What licensees made, on pages: declared by the lab, read and disputed by its licensor."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.access import Actor
from catalog.scope.uses import expand_uses
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials.signing import sign_pending
from provenance.models import Output
from provenance.outputs import label_duties
from provenance.outputs.signing import sign_outputs_pending
from tests import factories
from web.label_words import DUTIES, NOTES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def grant(studio: Actor, lab: Actor) -> Grant:
    found = factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    sign_pending()
    return found


def at(actor: Actor) -> Client:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return client


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(content, "PNG")
    return content.getvalue()


def said(grant: Grant, **changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "name": "A poster",
        "kind": "still",
        "made_by": "trainedAlgorithmicMedia",
        "sources": grant.display_code,
        "relation": "inputTo",
        "use": "train.pretrain",
        "model_kind": "foundation",
        "territory": "KR",
        "made_at": timezone.now().date().isoformat(),
    }
    return given | changes


def test_a_lab_declares_a_file_and_its_licensor_disputes_it(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    maker, licensor = at(lab), at(studio)
    assert f"/outputs/new/?grant={grant.code}" in maker.get(f"/grants/{grant.code}/").text
    shown = maker.get(f"/outputs/new/?grant={grant.code}")
    assert grant.code in shown.text
    use = shown.context["form"]["use"].value()
    assert use in expand_uses(grant.uses)
    assert f'<option value="{use}" selected>' in shown.text
    beyond = maker.post("/outputs/new/", said(grant, use="index", sha256="ab" * 32))
    assert beyond.status_code == 422
    assert "does not license this use" in beyond.text
    assert maker.post("/outputs/new/", said(grant)).status_code == 422  # neither file nor hash
    file = SimpleUploadedFile("poster.png", picture(), "image/png")
    other = maker.post("/outputs/new/", said(grant, file=file, sha256="ab" * 32))
    assert (other.status_code, Output.objects.count()) == (422, 0)  # of which file, nobody knows
    file.seek(0)
    beyond = maker.post("/outputs/new/", said(grant, use="index", file=file))
    assert "choose it again" in beyond.text
    file.seek(0)
    made = maker.post("/outputs/new/", said(grant, file=file))
    output = Output.objects.get()
    assert (made.status_code, made["Location"]) == (303, f"/outputs/{output.code}/")
    # With the page's script, which shows how far the file is sent, it is told where to go.
    assert "data-upload" in shown.text
    declared = said(grant, sha256="ab" * 32)
    made = maker.post("/outputs/new/", declared, headers={"x-requested-with": "XMLHttpRequest"})
    assert (made.status_code, made["Location"]) == (
        201,
        f"/outputs/{Output.objects.latest('pk').code}/",
    )
    asks_again = 'hx-trigger="every 2s"'
    assert asks_again in maker.get(f"/outputs/{output.code}/").text
    advance()
    sign_outputs_pending()
    page = maker.get(f"/outputs/{output.code}/")
    assert "A poster" in page.text
    assert "KR" in page.text
    assert asks_again not in page.text
    assert f'/api/v1/status/outputs/{output.code}/"' in page.text
    download = maker.get(f"/outputs/{output.code}/file/")
    signed = b"".join(download)  # type: ignore[call-overload]
    output.refresh_from_db()
    # A download that broke off goes on where it stopped.
    rest = {"Range": "bytes=100-", "If-Range": download["ETag"]}
    rest_of_it = maker.get(f"/outputs/{output.code}/file/", headers=rest)
    assert rest_of_it.status_code == 206
    assert b"".join(rest_of_it) == signed[100:]  # type: ignore[call-overload]
    beyond = {"Range": f"bytes={len(signed)}-"}
    assert maker.get(f"/outputs/{output.code}/file/", headers=beyond).status_code == 416
    assert hashlib.sha256(signed).hexdigest() == output.signed_sha256
    assert maker.get(f"/outputs/{output.code}/manifest/").status_code == 200
    # Whoever has the file reads what was declared, and where the log proves it.
    shown = Client().post("/verify/", {"file": SimpleUploadedFile("poster.png", signed)}).text
    card = " ".join(shown.partition('id="work"')[2].partition("</section>")[0].split())
    assert lab.organisation is not None
    for words in (
        "Promotional still",
        lab.organisation.name,
        "pre-training",
        "South Korea",
        "Grant",
    ):
        assert words in card
    assert f'href="/grants/{grant.code}/"' in card
    assert f"/status/outputs/{output.code}/" in card
    assert "In the public log since" in shown
    assert ".tlog-proof" in shown
    assert "identity-anchors.pem" in shown  # which tell who its maker is
    # Both sides prove that a licensed file is among those that it was made with.
    members = f"/outputs/{output.code}/members/{grant.code}/"
    file_code = grant.granted_assets.get().asset.display_code
    for side in (maker, licensor):
        proofs = side.get(members, {"file": file_code}).json()["proofs"]
        assert [each["root"] for each in proofs] == [output.sources.get().root]
        other = side.get(members, {"file": "7K3F2Q9D+001"}, follow=True)
        assert "not among those that it was made with" in other.text
    # The licensor reads of it, has no file, and disputes it.
    assert "A poster" in licensor.get("/outputs/").text
    assert licensor.get(f"/outputs/{output.code}/file/").status_code == 404
    reason = {"reason": "It is our film."}
    assert licensor.post(f"/outputs/{output.code}/dispute/", {}).status_code == 422
    licensor.post(f"/outputs/{output.code}/dispute/", reason)
    assert "It is our film." in maker.get(f"/outputs/{output.code}/").text
    licensor.post(f"/outputs/{output.code}/dispute/withdraw/")
    assert output.disputes.get().withdrawn_at is not None
    assert at(factories.lab()).get(f"/outputs/{output.code}/").status_code == 404


def test_every_row_of_the_table_has_its_words() -> None:
    rows = label_duties.table()
    notes = {key: str(note) for key, note in NOTES.items()}
    assert {row.id: row.note for row in rows} == notes
    assert {row.duty for row in rows} == DUTIES.keys()
