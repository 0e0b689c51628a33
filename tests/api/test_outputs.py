"""What a lab makes, through the API: declared, signed, fetched, seen and disputed."""

import base64
import hashlib
import io
import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from edgecode import dataset
from ledger import edge_code
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials.signing import sign_pending
from provenance.models import Output
from provenance.outputs.signing import sign_outputs_pending
from tests import factories
from tests.api.callers import Caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def grant(studio: Caller, lab: Caller) -> Grant:
    found = factories.grant(studio.actor, lab.actor, [factories.offered_words(studio.actor)])
    advance()
    sign_pending()
    return found


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(content, "PNG")
    return content.getvalue()


def declaration(grant: Grant, sha256: str) -> dict[str, object]:
    return {
        "kind": "still",
        "name": "A poster",
        "made_by": "trainedAlgorithmicMedia",
        "use": "train.pretrain",
        "model_kind": "foundation",
        "territory": ["KR"],
        "made_at": timezone.now().isoformat(),
        "sha256": sha256,
        "sources": [{"grant": grant.code}],
    }


def test_a_file_is_sent_declared_signed_and_fetched(
    studio: Caller, lab: Caller, outsider: Caller, grant: Grant
) -> None:
    content = picture()
    sent = lab.upload("output-files/?filename=poster.png", content)
    assert (sent.status, sent.data["mime"]) == (200, "image/png")
    assert studio.upload("output-files/", content).status == 422  # no name
    body = declaration(grant, sent.data["sha256"])
    assert studio.post("outputs/", body).status == 422  # it holds no such grant
    beyond = lab.post("outputs/", body | {"use": "index"})
    assert (beyond.status, beyond.fields) == (422, ["use"])
    for wrong, field in (("text", "sources"), ([7], "sources[0]")):
        refused = lab.post("outputs/", body | {"sources": wrong})
        assert (refused.status, refused.fields) == (422, [field])
    made = lab.post("outputs/", body, Idempotency_Key="a")
    assert (made.status, made.data["state"]) == (201, "due")
    assert lab.post("outputs/", body, Idempotency_Key="a").data == made.data
    assert lab.post("outputs/", body).status == 409
    at = f"outputs/{made.data['code']}/"
    assert lab.get(f"{at}file/").status == 409
    advance()
    sign_outputs_pending()
    found = lab.get(at).data
    assert (found["state"], found["form"]) == ("done", "embedded")
    assert found["sources"][0]["members"] == 1
    file = lab.get(f"{at}file/")
    assert hashlib.sha256(file.content).hexdigest() == found["signed_sha256"]
    assert "attachment" in file.headers["Content-Disposition"]
    # A download that broke off goes on where it stopped, and ends at once where nothing is missing.
    rest = lab.get(f"{at}file/", Range="bytes=100-", If_Range=file.headers["ETag"])
    assert (rest.status, rest.content) == (206, file.content[100:])
    size = len(file.content)
    assert rest.headers["Content-Range"] == f"bytes 100-{size - 1}/{size}"
    assert lab.get(f"{at}file/", Range=f"bytes={size}-").status == 416
    kept = lab.headers | {"If-None-Match": file.headers["ETag"]}
    assert Client().get(f"/api/v1/{at}file/", headers=kept).status_code == 304
    told = outsider.upload("verify/?filename=poster.png", file.content).data
    assert (told["verdict"], told["grant_status"]) == ("made", None)
    said = told["output"]
    assert (said["output"], said["use"], said["territory"]) == (
        made.data["code"],
        "train.pretrain",
        ["KR"],
    )
    assert said["sources"][0]["grant"] == grant.code
    assert said["status_url"].endswith(f"/status/outputs/{made.data['code']}/")
    assert any("for the use that it declared" in each for each in told["proves"])
    assert any("nothing else went into it" in each for each in told["does_not_prove"])
    # The licensor sees that it was made, and not the file; others see nothing.
    assert [each["code"] for each in studio.get("outputs/?side=theirs").data["results"]] == [
        made.data["code"]
    ]
    assert studio.get(f"outputs/?grant={grant.code}").data["results"]
    assert studio.get("outputs/?grant=x").fields == ["grant"]
    assert studio.get(at).data["name"] == "A poster"
    assert studio.get(f"{at}file/").status == 404
    assert studio.get(f"{at}manifest/").status == 404
    # What it was signed as is told where it is shown.
    listed = studio.get("outputs/?side=theirs").data["results"][0]
    assert (studio.get(at).data["signed_sha256"], listed["signed_sha256"]) == ("", "")
    Output.objects.update(is_shown=True)
    assert studio.get(at).data["signed_sha256"] == found["signed_sha256"]
    Output.objects.update(is_shown=False)
    assert len(lab.get(f"{at}manifest/").content) > 1000
    assert outsider.get(at).status == 404
    assert outsider.get("outputs/").data["results"] == []
    assert lab.post(f"{at}update/").status == 409


def test_a_receipt_proves_that_the_manifest_of_an_output_is_in_the_log(
    lab: Caller, grant: Grant
) -> None:
    lab.post("outputs/", declaration(grant, "ab" * 32))
    advance()
    sign_outputs_pending()
    path = f"/api/soft-binding/manifests/{Output.objects.get().manifest_id}/receipts"
    assert Client().get(path).status_code == 404, "its entry is under no checkpoint yet"
    advance()
    receipt = Client().get(path).json()
    assert b"output.signed" in base64.b64decode(receipt["anchor"]["entry"])
    checked = Client().post(path, json.dumps(receipt), content_type="application/json")
    assert checked.json() == receipt


def test_a_licensor_disputes_in_words_and_everybody_hears_that_it_does(
    studio: Caller, lab: Caller, anybody: Caller, grant: Grant
) -> None:
    made = lab.post("outputs/", declaration(grant, "ab" * 32)).data
    at = f"outputs/{made['code']}/"
    assert lab.post(f"{at}dispute/", {"reason": "No."}).status == 403
    assert studio.post(f"{at}dispute/", {"reason": ""}).status == 422
    said = studio.post(f"{at}dispute/", {"reason": "It shows our film."})
    assert said.data["disputes"][0]["reason"] == "It shows our film."
    assert lab.get(at).data["disputes"] == said.data["disputes"]
    status = anybody.get(f"status/outputs/{made['code']}/")
    assert (status.status, status.data["state"]) == (200, "disputed")
    assert "film" not in status.content.decode()
    assert studio.post(f"{at}dispute/withdraw/").status == 200
    assert anybody.get(f"status/outputs/{made['code']}/").data["state"] == "standing"
    assert anybody.get("status/outputs/7K3F2Q9D/").status == 404


def test_that_a_file_was_among_those_it_was_made_with_is_proven(
    studio: Caller, lab: Caller, outsider: Caller, grant: Grant
) -> None:
    made = lab.post("outputs/", declaration(grant, "ab" * 32)).data
    file = quote(grant.granted_assets.get().asset.code)
    at = f"outputs/{made['code']}/members/{grant.code}/"
    [proof] = studio.get(f"{at}?file={file}").data["proofs"]
    member = dataset.Member(proof["asset"], proof["manifest"], proof["sha256"])
    hashes = [bytes.fromhex(each) for each in proof["hashes"]]
    said = {"members": proof["size"], "root": made["sources"][0]["root"]}
    dataset.verify(said, member, dataset.Proof(proof["place"], proof["size"], hashes))
    # An address whose plus came in as a blank asks about the same file.
    assert studio.get(f"{at}?file={file.replace('%2B', '+')}").data["proofs"] == [proof]
    missing = studio.get(f"{at}?file={quote(edge_code.new())}%2B001")
    assert missing.status == 404
    for wrong in ("garbage", grant.code, "7K3F2Q9A%2B001"):
        refused = studio.get(f"{at}?file={wrong}")
        assert (refused.status, refused.fields) == (422, ["file"])
        assert "%2B" in refused.data["detail"]
    assert studio.get(at).status == 422
    assert outsider.get(f"{at}?file={file}").status == 404


def test_a_status_is_of_the_time_that_is_asked_about(
    studio: Caller, lab: Caller, anybody: Caller, grant: Grant
) -> None:
    model = {"kind": "model", "made_by": "trainedAlgorithmicData", "filename": "model.safetensors"}
    made = lab.post("outputs/", declaration(grant, "ab" * 32) | model).data
    before = timezone.now()
    studio.post(f"outputs/{made['code']}/dispute/", {"reason": "It shows our film."})
    at = f"status/outputs/{made['code']}/"
    now, then = anybody.get(at), anybody.get(f"{at}?at={quote(before.isoformat())}")
    assert (now.data["state"], now.data["at"]) == ("disputed", None)
    assert (then.data["state"], then.data["at"]) == (
        "standing",
        before.isoformat(timespec="seconds"),
    )
    advance()
    assert sign_outputs_pending() == 1
    assert anybody.get(at).data["manifest"] != ""
    assert anybody.get(f"{at}?at={quote(before.isoformat())}").data["manifest"] == ""
    early = grant.issued_at - timedelta(days=300)
    never = anybody.get(f"{at}?at={quote(early.isoformat())}").data
    assert (never["state"], never["manifest"]) == ("pending", "")
    for wrong in ("at=yesterday", "at=2099-01-01T00:00:00Z", "moment=2020-01-01T00:00:00Z"):
        refused = anybody.get(f"{at}?{wrong}")
        assert (refused.status, refused.fields) == (422, [wrong.partition("=")[0]])
