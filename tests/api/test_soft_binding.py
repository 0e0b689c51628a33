"""The Soft Binding Resolution API: whoever holds a file finds its manifest, and nobody else's."""

import base64
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import c2pa
import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from api.throttling import FileThrottle
from catalog.models import Asset, WorkState
from catalog.objects import object_store
from ledger.sequencer import advance
from licensing.models import Grant
from provenance import jumbf
from provenance.content_codes import from_bytes, to_bytes
from provenance.leased_rows import MAX_ATTEMPTS
from provenance.models import Credential, Registration, StoredManifest
from provenance.reckoning import reckon_pending
from provenance.repository.registrations import register_pending
from provenance.trust import pki
from tests import factories
from tests.api.callers import Caller
from tests.api.licensed import Licensed, offered_picture
from tests.api.licensed import licensed_picture as sold_picture
from tests.doubles.time_authority import no_time_authority
from tests.provenance.delivered import content
from tests.provenance.pictures import drawn, jpeg
from tests.provenance.strangers import foreign
from tests.worlds import kept

pytestmark = pytest.mark.usefixtures("var_dir")

BASE = "/api/soft-binding/"
ISCC = "io.iscc.v0"
SHA256 = "com.edgecode.sha256"


class Asker:
    """Somebody who speaks this API: with the key of an organisation, or without."""

    def __init__(self, secret: str = "") -> None:
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(BASE + path, query, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(
            BASE + path, json.dumps(body), content_type="application/json", headers=self.headers
        )

    def send(self, path: str, content: bytes, media: str = "application/octet-stream") -> Any:
        return self.client.post(BASE + path, content, content_type=media, headers=self.headers)

    def matches(self, file: bytes, media: str = "image/jpeg") -> list[dict[str, Any]]:
        answer = self.send("matches/byContent", file, media)
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["matches"]
        return found


licensed_picture = kept(sold_picture)


@pytest.fixture
def studio(db: None, licensed_picture: Licensed) -> Caller:
    return licensed_picture.studio.caller()


@pytest.fixture
def lab(db: None, licensed_picture: Licensed) -> Caller:
    return licensed_picture.lab.caller()


@pytest.fixture
def outsider(db: None, licensed_picture: Licensed) -> Caller:
    return licensed_picture.outsider.caller()


@pytest.fixture
def granted(db: None, licensed_picture: Licensed) -> Grant:
    """A grant of a picture, signed and registered."""
    return licensed_picture.grant


@pytest.fixture
def credential(granted: Grant) -> Credential:
    return Credential.objects.get(granted_asset__grant=granted)


@pytest.fixture
def stranger(db: None) -> Asker:
    return Asker()


def known(caller: Caller) -> Asker:
    return Asker(factories.api_key(caller.actor))


def stripped(file: bytes) -> bytes:
    """The picture as a platform gives it out: without its manifest, compressed anew."""
    return jpeg(Image.open(io.BytesIO(file)).convert("RGB"), 70)


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def read(file: bytes, store: bytes) -> dict[str, Any]:
    """What a foreign reader finds in a file with this manifest beside it."""
    trust = {"user_anchors": pki.trust_anchors_pem()}
    context = c2pa.Context.from_dict({"trust": trust, "verify": {"remote_manifest_fetch": False}})
    media = "application/octet-stream"
    with c2pa.Reader(media, io.BytesIO(file), manifest_data=store, context=context) as reader:
        found: dict[str, Any] = json.loads(reader.json())
        return found


def carrying(picture: bytes, signer: pki.Identity, name: str = "") -> tuple[bytes, bytes]:
    """The picture with a manifest of that name inside, by a stranger, and the manifest."""
    info = c2pa.C2paSignerInfo("es256", signer.chain_pem.encode(), signer.key_pem.encode(), None)
    action = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    }
    actions = {"allActionsIncluded": True, "actions": [action]}
    definition = {
        "claim_generator_info": [{"name": "Camera", "specVersion": "2.4.0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
        **({"label": name} if name else {}),
    }
    context = c2pa.Context.from_dict(
        {
            "verify": {"remote_manifest_fetch": False},
            "builder": {"thumbnail": {"enabled": False}},
        }
    )
    made = io.BytesIO()
    with c2pa.Builder(definition, context) as builder:
        signed = c2pa.Signer.from_info(info)
        store = builder.sign(signed, "image/jpeg", io.BytesIO(picture), made)
    return made.getvalue(), store


class TestDiscovery:
    def test_a_page_of_another_site_asks_by_value_and_stores_nothing(
        self, stranger: Asker, granted: Grant
    ) -> None:
        asked = stranger.client.options(f"{BASE}matches/byBinding")
        assert asked.status_code == 204
        assert "POST" in asked["Access-Control-Allow-Methods"]
        assert asked["Access-Control-Allow-Headers"] == "Content-Type, If-None-Match"
        value = b64(hashlib.sha256(b"something").digest())
        found = stranger.post("matches/byBinding", {"alg": SHA256, "value": value})
        missing = stranger.get("manifests/urn:c2pa:nothing")
        for answer in (found, missing, stranger.get("services/capabilities")):
            assert answer["Access-Control-Allow-Origin"] == "*"
        closed = stranger.client.options(f"{BASE}manifests")
        assert "Access-Control-Allow-Origin" not in closed

    def test_a_stranger_finds_the_repository_by_its_well_known_address(
        self, stranger: Asker
    ) -> None:
        said = stranger.client.get("/.well-known/c2pa-soft-binding-resolution").json()
        assert said["apiEndpoint"] == f"{settings.BASE_URL}/api/soft-binding"
        assert said["c2paSpecificationVersion"] == "2.4.0"
        for name, expected in (
            ("capabilitiesEndpoint", {"c2paSpecificationVersion", "supportedCapabilities"}),
            ("statusEndpoint", {"status"}),
        ):
            path = said[name].removeprefix(settings.BASE_URL)
            assert set(stranger.client.get(path).json()) == expected
        algorithms = stranger.get("services/supportedAlgorithms").json()
        assert [each["alg"] for each in algorithms["fingerprints"]] == [ISCC, SHA256]
        assert algorithms["watermarks"] == []

    def test_it_says_when_files_wait_too_long_to_be_found(
        self, stranger: Asker, credential: Credential
    ) -> None:
        assert stranger.get("services/status").json() == {"status": "ok"}
        Registration.objects.update(state="due", not_before="2020-01-01T00:00:00Z")
        assert stranger.get("services/status").json() == {"status": "degraded"}


class TestRegistering:
    @pytest.fixture
    def asset(self, db: None) -> Asset:
        """A granted picture that is not registered yet."""
        studio = factories.studio()
        asset = offered_picture(studio)
        factories.grant(studio, factories.lab(), [asset])
        return asset

    def test_nobody_finds_a_file_by_its_content_before_it_was_granted(
        self, stranger: Asker
    ) -> None:
        offered_picture(factories.studio())
        assert (reckon_pending(), register_pending()) == (1, 0)
        assert stranger.matches(jpeg(drawn(1))) == []

    def test_what_waits_for_the_bucket_is_registered_whenever_it_answers_again(
        self, stranger: Asker, asset: Asset
    ) -> None:
        with object_store().open(asset.object_key) as file:
            picture = file.read()
        object_store().delete(asset.object_key)
        assert fails_for_hours() > MAX_ATTEMPTS
        assert stranger.get("services/status").json() == {"status": "degraded"}
        object_store().put_bytes(asset.object_key, picture)
        assert register_pending() == 1
        assert stranger.get("services/status").json() == {"status": "ok"}
        assert [each["similarityScore"] for each in stranger.matches(picture)] == [100]

    def test_what_cannot_be_read_is_given_up_and_nobody_waits_for_it(
        self, stranger: Asker, asset: Asset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("provenance.reckoning._MEMORY_BYTES", 2**20)
        assert fails_for_hours() == MAX_ATTEMPTS
        assert Registration.objects.get().state == WorkState.FAILED
        assert stranger.get("services/status").json() == {"status": "ok"}

    def test_it_waits_for_its_time_stamp_and_reads_after_its_certificate_has_ended(
        self, stranger: Asker, asset: Asset, tmp_path: Path
    ) -> None:
        with no_time_authority(tmp_path):
            assert register_pending() == 1
        assert Registration.objects.get().state == WorkState.DUE
        Registration.objects.update(not_before=timezone.now())
        assert register_pending() == 1
        store = stranger.get(f"manifests/{Registration.objects.get().manifest_id}").content
        form = {
            "file": SimpleUploadedFile("a.jpg", jpeg(drawn(1)), "image/jpeg"),
            "sidecar": SimpleUploadedFile("a.c2pa", store, "application/c2pa"),
        }
        with time_machine.travel(timezone.now() + timedelta(days=120)):
            assert stranger.client.post("/api/v1/verify/", form).json()["verdict"] == "registered"


def fails_for_hours() -> int:
    """Return how often the job tried in vain, which looked every ten minutes from half a day ago
    until two hours ago."""
    start, tried = timezone.now() - timedelta(hours=12), 0
    for minutes in range(0, 600, 10):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            tried += register_pending()
    assert not Registration.objects.filter(state=WorkState.DONE).exists()
    return tried


class TestMatches:
    def test_who_shows_a_delivered_file_gets_its_credential(
        self, stranger: Asker, credential: Credential
    ) -> None:
        first = stranger.matches(content(credential))[0]
        assert (first["manifestId"], first["similarityScore"]) == (credential.manifest_id, 100)
        held = first["endpoint"].removeprefix(settings.BASE_URL)
        answer = stranger.client.get(f"{held}/manifests/{credential.manifest_id}")
        assert answer.headers["Content-Type"] == "application/c2pa"
        assert answer.content == bytes(credential.manifest.body)
        known = Registration.objects.get().manifest_id
        other = known[:-1] + ("1" if known.endswith("0") else "0")
        assert stranger.client.get(f"{held}x/manifests/{credential.manifest_id}").status_code == 404
        assert stranger.client.get(f"{held}/manifests/{other}").status_code == 404

    def test_the_hash_of_a_delivered_file_is_known_to_both_sides_alone(
        self,
        stranger: Asker,
        outsider: Caller,
        studio: Caller,
        lab: Caller,
        credential: Credential,
    ) -> None:
        asked = {"alg": SHA256, "value": b64(bytes.fromhex(credential.file_sha256))}
        for side in (studio, lab):
            by_get = known(side).get("matches/byBinding", **asked).json()
            by_post = known(side).post("matches/byBinding", asked).json()
            assert by_get == by_post
            assert [each["manifestId"] for each in by_get["matches"]] == [credential.manifest_id]
            assert known(side).get(f"manifests/{credential.manifest_id}").status_code == 200
        hint = f"matches/byContent?hintAlg={SHA256}&hintValue={quote(asked['value'], safe='')}"
        for asker in (stranger, known(outsider)):
            assert asker.get("matches/byBinding", **asked).json() == {"matches": []}
            assert asker.post("matches/byBinding", asked).json() == {"matches": []}
            assert asker.send(hint, b"another file").json() == {"matches": []}

    def test_who_registers_a_copy_opens_its_licence_to_nobody(
        self, stranger: Asker, credential: Credential, tmp_path: Path
    ) -> None:
        """The log names the registration, and that tells everybody the SHA-256 of the copy."""
        copy = tmp_path / "copy.jpg"
        copy.write_bytes(content(credential))
        again = factories.studio("Somebody with the copy")
        factories.grant(again, factories.lab(), [factories.offered_film(again, copy)])
        assert register_pending() == 1
        registered = Registration.objects.get(asset__organisation=again.organisation)
        store = stranger.get(f"manifests/{registered.manifest_id}").content
        told = next(said["hash"] for _label, said in jumbf.stated(store, "c2pa.hash.data"))
        found = stranger.get("matches/byBinding", alg=SHA256, value=b64(told)).json()["matches"]
        assert found == [{"manifestId": registered.manifest_id, "similarityScore": 100}]
        # Who has the copy holds its licence.
        assert "endpoint" in stranger.matches(copy.read_bytes())[0]

    def test_a_stripped_file_leads_to_who_registered_it_and_to_no_licensee(
        self, stranger: Asker, credential: Credential, lab: Caller, studio: Caller
    ) -> None:
        found = stranger.matches(stripped(content(credential)))
        assert len(found) == 1
        assert found[0]["manifestId"] == Registration.objects.get().manifest_id
        assert found[0]["similarityScore"] >= 80
        store = stranger.get(f"manifests/{found[0]['manifestId']}").content
        assert studio.actor.organisation is not None
        assert lab.actor.organisation is not None
        assert studio.actor.organisation.name.encode() in store
        assert lab.actor.organisation.name.encode() not in store
        assert lab.actor.organisation.code.encode() not in store
        original = credential.granted_asset.asset
        assert original.filename.encode() not in store
        picture = jpeg(drawn(1))
        assert hashlib.sha256(picture).hexdigest() == original.sha256
        report = read(picture, store)
        # A reader that holds no root of identities calls the registrant's untrusted, and no more.
        active = report["validation_results"]["activeManifest"]
        assert "signingCredential.trusted" in {each["code"] for each in active["success"]}
        failed = {each["code"] for each in active.get("failure", [])}
        assert all(code.startswith("cawg.") for code in failed)
        manifest = report["manifests"][report["active_manifest"]]
        said = {each["label"]: each["data"] for each in manifest["assertions"]}
        assert said["c2pa.soft-binding"]["alg"] == ISCC
        uses = {entry["use"] for entry in said["cawg.training-mining"]["entries"].values()}
        assert uses == {"notAllowed"}

    def test_the_original_beside_its_registration_reads_as_registered_and_not_as_licensed(
        self, anybody: Caller, stranger: Asker, credential: Credential, studio: Caller
    ) -> None:
        name = Registration.objects.get().manifest_id
        store = stranger.get(f"manifests/{name}").content
        form = {
            "file": SimpleUploadedFile("a.jpg", jpeg(drawn(1)), "image/jpeg"),
            "sidecar": SimpleUploadedFile("a.c2pa", store, "application/c2pa"),
        }
        report = stranger.client.post("/api/v1/verify/", form).json()
        assert report["verdict"] == "registered"
        assert studio.actor.organisation is not None
        assert studio.actor.organisation.name in report["checks"][-1]["title"]
        form = {
            "file": SimpleUploadedFile("a.jpg", jpeg(drawn(1), 50), "image/jpeg"),
            "sidecar": SimpleUploadedFile("a.c2pa", store, "application/c2pa"),
        }
        assert stranger.client.post("/api/v1/verify/", form).json()["verdict"] == "altered"

    def test_both_sides_find_their_own_credentials_by_content(
        self, credential: Credential, lab: Caller, studio: Caller, outsider: Caller
    ) -> None:
        file = stripped(content(credential))
        for side in (lab, studio):
            names = {each["manifestId"] for each in known(side).matches(file)}
            assert credential.manifest_id in names
            answer = known(side).get(f"manifests/{credential.manifest_id}")
            assert answer.content == bytes(credential.manifest.body)
        names = {each["manifestId"] for each in known(outsider).matches(file)}
        assert names == {Registration.objects.get().manifest_id}

    def test_a_code_finds_what_the_content_finds(
        self, stranger: Asker, credential: Credential
    ) -> None:
        units = Registration.objects.get().units
        value = b64(to_bytes({"image": units["image"]}))
        found = stranger.get("matches/byBinding", alg=ISCC, value=value).json()["matches"]
        assert [each["similarityScore"] for each in found] == [100]
        turned = f"{int(units['image'], 16) ^ (2**20 - 1):064x}"
        value = b64(to_bytes({"image": turned}))
        found = stranger.get("matches/byBinding", alg=ISCC, value=value).json()["matches"]
        assert [each["similarityScore"] for each in found] == [92]
        far = f"{int(units['image'], 16) ^ (2**64 - 1):064x}"
        value = b64(to_bytes({"image": far}))
        assert stranger.get("matches/byBinding", alg=ISCC, value=value).json() == {"matches": []}

    def test_other_pictures_find_nothing(self, stranger: Asker, credential: Credential) -> None:
        for seed in range(2, 5):
            assert stranger.matches(jpeg(drawn(seed))) == []

    def test_a_performers_file_is_found_by_nobody(
        self, stranger: Asker, studio: Caller, lab: Caller
    ) -> None:
        asset = factories.words(studio.actor, factories.likeness(studio.actor), "Hello " * 200)
        assert register_pending() == 0
        digest = b64(bytes.fromhex(asset.sha256))
        answer = stranger.get("matches/byBinding", alg=SHA256, value=digest)
        assert answer.json() == {"matches": []}

    def test_more_matches_than_asked_for_are_left_out(
        self, credential: Credential, lab: Caller
    ) -> None:
        answer = known(lab).send("matches/byContent?maxResults=1", content(credential))
        assert len(answer.json()["matches"]) == 1

    def test_no_address_is_fetched(self, stranger: Asker) -> None:
        body = {"referenceUrl": "http://127.0.0.1:1/x.jpg", "assetLength": 1}
        answer = stranger.post("matches/byReference", body)
        assert answer.status_code == 400
        assert "fetches no address" in answer.json()["error"]


class TestManifests:
    def test_a_name_from_the_public_log_opens_no_credential(
        self, stranger: Asker, credential: Credential, outsider: Caller
    ) -> None:
        for asker in (stranger, known(outsider)):
            answer = asker.get(f"manifests/{credential.manifest_id}")
            assert answer.status_code == 404
            assert set(answer.json()) == {"error"}

    def test_a_key_that_may_not_read_is_a_stranger(
        self, studio: Caller, lab: Caller, credential: Credential
    ) -> None:
        registered = Registration.objects.get()
        alike = {"alg": ISCC, "value": b64(to_bytes(registered.units))}
        for side in (studio, lab):
            narrow = Asker(factories.api_key(side.actor, ["catalog"]))
            assert narrow.get(f"manifests/{credential.manifest_id}").status_code == 404
            found = narrow.matches(stripped(content(credential)))
            found += narrow.get("matches/byBinding", **alike).json()["matches"]
            assert {each["manifestId"] for each in found} == {registered.manifest_id}
            reader = Asker(factories.api_key(side.actor, ["read"]))
            assert reader.get(f"manifests/{credential.manifest_id}").status_code == 200

    def test_the_active_manifest_alone_is_a_store_that_reads(
        self, lab: Caller, credential: Credential
    ) -> None:
        path = f"manifests/{credential.manifest_id}"
        answer = known(lab).get(path, returnActiveManifest="true")
        assert credential.manifest_id.encode() in answer.content
        assert jumbf.active_manifest_id(answer.content) == credential.manifest_id

    def test_a_receipt_proves_that_the_credential_is_in_the_log(
        self, stranger: Asker, credential: Credential
    ) -> None:
        path = f"manifests/{credential.manifest_id}/receipts"
        receipt = stranger.get(path).json()
        assert receipt["@type"] == "org.c2pa.manifest-receipt"
        assert receipt["repository"]["manifestId"] == credential.manifest_id
        address = receipt["anchor"]["uri"].removeprefix(settings.BASE_URL)
        proof = b"".join(stranger.client.get(address))
        assert base64.b64decode(receipt["anchor"]["proof"]["value"]) == proof
        assert stranger.post(path, receipt).json()["verified"] is True
        entry = bytearray(base64.b64decode(receipt["anchor"]["entry"]))
        entry[-10] ^= 1
        receipt["anchor"]["entry"] = b64(bytes(entry))
        checked = stranger.post(path, receipt).json()
        assert checked["verified"] is False
        assert checked["error"]
        other = Registration.objects.get().manifest_id
        mixed = stranger.get(f"manifests/{other}/receipts").json()
        assert mixed["verified"] is True
        mixed["repository"]["manifestId"] = credential.manifest_id
        assert stranger.post(path, mixed).json()["verified"] is False

    def test_a_receipt_that_leads_elsewhere_is_not_verified(
        self, stranger: Asker, credential: Credential
    ) -> None:
        path = f"manifests/{credential.manifest_id}/receipts"
        for part in ("repository", "anchor"):
            receipt = stranger.get(path).json()
            receipt[part]["uri"] = "https://evil.example/"
            checked = stranger.post(path, receipt).json()
            assert checked["verified"] is False, part
            assert checked["error"], part

    def test_of_a_receipt_only_what_was_checked_is_called_verified(
        self, stranger: Asker, credential: Credential
    ) -> None:
        path = f"manifests/{credential.manifest_id}/receipts"
        ours, receipt = stranger.get(path).json(), stranger.get(path).json()
        receipt["anchor"]["note"] = receipt["repository"]["note"] = "LICENSED TO EVERYBODY"
        receipt["@type"] = "evil"
        assert stranger.post(path, receipt).json() == ours

    def test_a_receipt_that_is_none_is_not_verified(
        self, stranger: Asker, credential: Credential
    ) -> None:
        none: list[Any] = [
            {}, {"repository": []}, {"repository": {"manifestId": None}}, {"anchor": {"proof": 1}},
        ]  # fmt: skip
        for body in none:
            answer = stranger.post(f"manifests/{credential.manifest_id}/receipts", body)
            assert (answer.status_code, answer.json()["verified"]) == (200, False), body


class TestStoring:
    def test_an_organisation_stores_its_manifest_and_others_find_it(
        self, studio: Caller, stranger: Asker
    ) -> None:
        name, store = foreign(b"my camera's picture")
        asker = known(studio)
        stored = asker.send("manifests", store, "application/c2pa")
        assert stored.status_code == 200, stored.content
        assert stored.json() == {"manifestId": name}
        digest = b64(hashlib.sha256(b"my camera's picture").digest())
        body = {"alg": SHA256, "bindingValue": digest, "manifestId": name}
        assert asker.post("bindings", body).status_code == 204
        found = stranger.matches(b"my camera's picture")
        assert [each["manifestId"] for each in found] == [name]
        assert stranger.get(f"manifests/{name}").content == store
        query = "manifests?returnReceipt=true"
        again = asker.send(query, store, "application/c2pa")
        assert (again.status_code, StoredManifest.objects.count()) == (200, 1)
        assert again.json() == {"manifestId": name, "receipt": None}  # no checkpoint yet
        advance()
        receipt = asker.send(query, store, "application/c2pa").json()["receipt"]
        assert stranger.post(f"manifests/{name}/receipts", receipt).json()["verified"] is True

    def test_a_stored_name_that_another_gives_his_manifest_leads_to_nothing(
        self, studio: Caller, stranger: Asker
    ) -> None:
        """The stored one is found by the file that carries it, and by no other that only carries
        its name."""
        ours = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
        mine, store = carrying(jpeg(drawn(5)), ours)
        name = jumbf.active_manifest_id(store)
        assert known(studio).send("manifests", store, "application/c2pa").status_code == 200
        assert [each["manifestId"] for each in stranger.matches(mine)] == [name]
        other = pki.issue_claim_signer(pki.issue_root("Another's root", path_length=0))
        theirs, _store = carrying(jpeg(drawn(6)), other, name)
        assert name.encode() in theirs
        assert stranger.matches(theirs) == []

    def test_only_what_verifies_is_stored(self, studio: Caller) -> None:
        _name, store = foreign()
        broken = bytearray(store)
        broken[len(store) * 3 // 5] ^= 1
        for sent in (bytes(broken), store[:-100], b"<html>", bytes(2000), bytes(12) + store):
            answer = known(studio).send("manifests", sent, "application/c2pa")
            assert (answer.status_code, set(answer.json())) == (400, {"error"}), sent[:20]
        assert not StoredManifest.objects.exists()

    def test_what_stands_behind_a_manifest_is_not_stored_with_it(
        self, studio: Caller, stranger: Asker
    ) -> None:
        name, store = foreign()
        for behind in (b"junk", bytes(16), b"\0\0\0\x0cfreeabcd", b"MZ" + bytes(99)):
            answer = known(studio).send("manifests", store + behind, "application/c2pa")
            assert (answer.status_code, set(answer.json())) == (400, {"error"}), behind
            assert stranger.get(f"manifests/{name}").status_code == 404

    def test_what_we_cannot_read_ourselves_is_not_stored(
        self, studio: Caller, stranger: Asker
    ) -> None:
        name, store = foreign()
        length = (int.from_bytes(store[:4]) + 8).to_bytes(8)
        in_64_bits = (1).to_bytes(4) + store[4:8] + length + store[8:]
        for sent in (in_64_bits, bytes(4) + store[4:]):
            answer = known(studio).send("manifests", sent, "application/c2pa")
            assert (answer.status_code, set(answer.json())) == (400, {"error"})
        # One that was kept before is given as it is.
        known(studio).send("manifests", store, "application/c2pa")
        StoredManifest.objects.update(body=in_64_bits)
        answer = stranger.get(f"manifests/{name}", returnActiveManifest="true")
        assert (answer.status_code, answer.content) == (200, in_64_bits)

    def test_who_has_no_right_stores_nothing(self, stranger: Asker, studio: Caller) -> None:
        _name, store = foreign()
        narrow = Asker(factories.api_key(studio.actor, ["read"]))
        body = {"alg": SHA256, "bindingValue": b64(bytes(32)), "manifestId": "urn:c2pa:a"}
        for asker, status in ((stranger, 401), (narrow, 403)):
            sent = asker.send("manifests", store, "application/c2pa")
            bound = asker.post("bindings", body)
            for answer in (sent, bound):
                assert (answer.status_code, set(answer.json())) == (status, {"error"})
        assert known(studio).send("manifests", store, "image/jpeg").status_code == 415
        assert not StoredManifest.objects.exists()

    def test_only_who_stored_it_says_what_it_is_found_by(
        self, studio: Caller, outsider: Caller
    ) -> None:
        name, store = foreign()
        known(studio).send("manifests", store, "application/c2pa")
        body = {"alg": SHA256, "bindingValue": b64(bytes(32)), "manifestId": name}
        assert known(outsider).post("bindings", body).status_code == 404
        for change, status in (
            ({"alg": "com.example.mark"}, 400),
            ({"bindingValue": "AAAA"}, 400),
            ({"bindingValue": "no base64"}, 400),
            ({"manifestId": "urn:c2pa:nothing"}, 404),
            ({"surprise": 1}, 400),
        ):
            assert known(studio).post("bindings", body | change).status_code == status

    def test_what_strangers_bind_to_a_copy_does_not_hide_who_registered_it(
        self, stranger: Asker, outsider: Caller, credential: Credential
    ) -> None:
        copy = jpeg(drawn(1), 60)
        for value in (b"one", b"two"):
            name, store = foreign(value)
            known(outsider).send("manifests", store, "application/c2pa")
            digest = b64(hashlib.sha256(copy).digest())
            body = {"alg": SHA256, "bindingValue": digest, "manifestId": name}
            assert known(outsider).post("bindings", body).status_code == 204
        registered = Registration.objects.get().manifest_id
        answer = stranger.send("matches/byContent?maxResults=1", copy, "image/jpeg")
        assert [each["manifestId"] for each in answer.json()["matches"]] == [registered]
        assert len(stranger.matches(copy)) == 3

    def test_whoever_stores_many_for_the_same_content_hides_nobody_elses(
        self, stranger: Asker, studio: Caller, outsider: Caller
    ) -> None:
        picture = b"my camera's picture"
        value = b64(hashlib.sha256(picture).digest())
        names = []
        for caller, signed in ((outsider, b"a"), (outsider, b"b"), (studio, picture)):
            name, store = foreign(signed)
            known(caller).send("manifests", store, "application/c2pa")
            body = {"alg": SHA256, "bindingValue": value, "manifestId": name}
            assert known(caller).post("bindings", body).status_code == 204
            names.append(name)
        first, second, genuine = names
        answer = stranger.get("matches/byBinding", alg=SHA256, value=value, maxResults=2)
        assert [each["manifestId"] for each in answer.json()["matches"]] == [first, genuine]
        found = {each["manifestId"] for each in stranger.matches(picture)}
        assert found == {first, second, genuine}

    def test_our_own_credential_is_not_said_to_be_stored(
        self, lab: Caller, credential: Credential
    ) -> None:
        store = bytes(credential.manifest.body)
        answer = known(lab).send("manifests", store, "application/c2pa")
        assert answer.status_code == 400
        assert "signed here" in answer.json()["error"]
        assert not StoredManifest.objects.exists()


class TestHostile:
    def test_a_question_that_makes_no_sense_is_a_bad_request(self, stranger: Asker) -> None:
        queries: list[dict[str, str]] = [
            {},
            {"alg": ISCC},
            {"alg": "", "value": ""},
            {"alg": ISCC, "value": "%00"},
            {"alg": ISCC, "value": "A" * 1990},
            {"alg": ISCC, "value": b64(bytes(34))},
            {"alg": "com.digimarc.validate.1", "value": "AAAA"},
            {"alg": SHA256, "value": b64(bytes(31))},
            {"alg": SHA256, "value": b64(bytes(32)), "maxResults": "0"},
            {"alg": SHA256, "value": b64(bytes(32)), "maxResults": "x"},
            {"alg": SHA256, "value": b64(bytes(32)), "unknown": "1"},
        ]
        for query in queries:
            answer = stranger.get("matches/byBinding", **query)
            assert answer.status_code == 400, query
            assert list(answer.json()) == ["error"]
            assert answer.json()["error"]

    def test_what_is_not_here_is_not_found(self, stranger: Asker) -> None:
        for path in (
            "manifests/", "manifests/x", "manifests/%00", "manifests/urn:c2pa:'--", "nothing",
            "manifests/x/receipts", "held/x/manifests/y", "held/%ff/manifests/%ff",
        ):  # fmt: skip
            answer = stranger.get(path)
            assert (answer.status_code, set(answer.json())) == (404, {"error"}), path

    def test_nul_in_a_name_is_not_found(self, stranger: Asker) -> None:
        """PostgreSQL has no text with it."""
        for answer in (
            stranger.get("manifests/a%00b"),
            stranger.get("manifests/a%00b/receipts"),
            stranger.post("manifests/%00/receipts", {}),
        ):
            assert (answer.status_code, set(answer.json())) == (404, {"error"})

    def test_wrong_methods_and_forms_have_this_apis_errors(self, stranger: Asker) -> None:
        assert set(stranger.get("matches/byContent").json()) == {"error"}
        assert stranger.get("matches/byContent").status_code == 405
        broken = stranger.client.post(
            f"{BASE}matches/byBinding", "{", content_type="application/json"
        )
        assert (broken.status_code, set(broken.json())) == (400, {"error"})
        wrapped = stranger.client.post(
            f"{BASE}matches/byContent", {"file": SimpleUploadedFile("a.jpg", b"a")}
        )
        assert (wrapped.status_code, set(wrapped.json())) == (415, {"error"})
        wrong = Asker("eck_wrong").get("services/status")
        assert (wrong.status_code, set(wrong.json())) == (401, {"error"})

    @pytest.mark.parametrize(
        ("file", "media"),
        [
            (bytes(40), "a/b; c=\x7f"),
            (b"\xff\xd8\xff\xe0" + b"A" * 99, "image/jpeg"),
            (b"<svg/>", "image/svg+xml"),
            (b"%PDF-1.7", ""),
        ],
    )
    def test_no_file_is_an_error_of_ours(self, stranger: Asker, file: bytes, media: str) -> None:
        assert stranger.matches(file, media) == []

    def test_strangers_may_have_so_many_files_looked_at(
        self, stranger: Asker, studio: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FileThrottle, "limit", lambda _self, request: 1)
        assert stranger.matches(b"one") == []
        waits = stranger.send("matches/byContent", b"two")
        assert (waits.status_code, set(waits.json())) == (429, {"error"})
        assert int(waits["Retry-After"]) > 0
        assert stranger.get("services/status").status_code == 200
        assert known(studio).matches(b"three") == []

    def test_a_file_that_is_too_large_is_not_read(
        self, stranger: Asker, studio: Caller, settings: Any
    ) -> None:
        settings.ENV = settings.ENV.model_copy(update={"verify_max_bytes": 100})
        answer = stranger.send("matches/byContent", bytes(101))
        assert (answer.status_code, set(answer.json())) == (413, {"error"})
        assert known(studio).matches(bytes(101)) == []

    def test_a_manifest_that_was_moved_to_another_file_does_not_speak_for_it(
        self, stranger: Asker, credential: Credential
    ) -> None:
        moved = bytearray(content(credential))
        moved[-40] ^= 0x55
        found = stranger.matches(bytes(moved))
        assert credential.manifest_id not in {each["manifestId"] for each in found}


def test_units_of_other_kinds_are_left_alone() -> None:
    assert from_bytes(bytes.fromhex("0007") + bytes(32)) == {}
