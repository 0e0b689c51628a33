"""The page and the API that check files, under files that lie: no 500, no script, no wrong word."""

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from provenance.c2pa_sdk.signing import Signing
from provenance.manifests import CONSENT
from provenance.trust import pki
from tests import factories
from tests.hostile.corpus import mutants
from tests.hostile.forged import definition_of
from tests.hostile.test_mutants import OCTETS
from tests.hostile.test_other_roots import signed_by
from tests.provenance import licensed
from tests.provenance.delivered import Delivered, licence
from tests.provenance.test_signing import DEFINITION

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

licensed_words, words = licensed.licensed_words, licensed.words

NASTY = (
    "<script>alert(1)</script>",
    "'); DROP TABLE provenance_credential; --",
    "{{ 7*7 }}{% load x %}%(name)s%s{0}",
    "\x1b[2J\u202egnp.exe",
    "\ud55c\uae00" * 400,
)


def api(content: bytes, sidecar: bytes | None, name: str = "words.srt") -> tuple[int, Any]:
    form = {"file": SimpleUploadedFile(name, content, "application/x-subrip")}
    if sidecar is not None:
        form["sidecar"] = SimpleUploadedFile("words.c2pa", sidecar)
    cache.clear()  # a stranger who has asked nothing before
    answer = Client(raise_request_exception=False).post("/api/v1/verify/", form)
    return answer.status_code, json.loads(answer.content)


def page(content: bytes, sidecar: bytes | None) -> tuple[int, str]:
    form = {"file": SimpleUploadedFile("words.srt", content)}
    if sidecar is not None:
        form["sidecar"] = SimpleUploadedFile("words.c2pa", sidecar)
    cache.clear()
    answer = Client(raise_request_exception=False).post("/verify/", form, follow=True)
    return answer.status_code, answer.content.decode()


def test_every_changed_sidecar_has_an_answer(words: Delivered) -> None:
    assert words.sidecar is not None
    content, store = words.file.read_bytes(), words.sidecar.read_bytes()
    assert api(content, store)[1]["verdict"] == "authorised"
    for mutant in mutants(store, (0, len(store)), count=10):
        status, said = api(content, mutant.content)
        assert status == (200 if mutant.content else 422), mutant.name
        # What nobody signs may differ; then it is still the credential of this very file.
        if said.get("verdict") == "authorised":
            assert said["inspection"]["grant"]["grant"] == words.grant.code, mutant.name
    for mutant in mutants(content, (3, 9), count=4):
        status, said = api(mutant.content, store)
        assert said.get("verdict") in {"altered", "disputed", "unreadable", None}, mutant.name
        assert status == (200 if mutant.content else 422), mutant.name


def test_a_credential_of_another_licensee_is_no_licence_of_this_one(
    words: Delivered, tmp_path: Path
) -> None:
    """The sidecar of one lab beside the file of another: it says whose it is, and of what."""
    folder = tmp_path / "other"
    folder.mkdir()
    other = Delivered(
        licence(words.studio, factories.offered_words(words.studio, name="Other")), folder
    )
    assert other.sidecar is not None
    changed = words.file.read_bytes() + b"\n"
    assert api(changed, other.sidecar.read_bytes())[1]["verdict"] == "altered"
    same = api(words.file.read_bytes(), other.sidecar.read_bytes())[1]
    assert same["inspection"]["grant"]["grant"] == other.grant.code


@pytest.mark.parametrize("nasty", NASTY)
def test_words_that_would_be_obeyed_are_shown(words: Delivered, nasty: str) -> None:
    made = definition_of(words, {"licensor": {"code": "ABCDEFGH", "name": nasty}})
    made["title"] = nasty
    made["claim_generator_info"] = [{"name": nasty[:200], "specVersion": "2.4.0"}]
    digest = words.credential.file_sha256
    store = Signing().beside(made, digest).manifest
    content = words.file.read_bytes()
    status, said = api(content, store, name=f"{nasty[:40]}.srt".replace("/", "_"))
    assert (status, said["verdict"]) == (200, "disputed")
    status, text = page(content, store)
    assert status == 200
    assert "<script>alert" not in text
    assert "49" not in nasty or nasty in text


CONSENT_SAID = {
    "schema": f"{CONSENT}/1",
    "consent": "ABCDEFGH",
    "attributes": ["face"],
    "uses": ["train"],
    "start": "2026-01-01T00:00:00Z",
    "end": None,
}
EARLIEST, LATEST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize("change", [
    {"consent": None}, {"consent": 5}, {"consent": "A\0B"}, {"attributes": None},
    {"attributes": 5}, {"attributes": [[]]}, {"uses": None}, {"uses": 5}, {"start": EARLIEST},
    {"end": LATEST}, {"end": "9999-12-31T23:59:59Z"}, {"start": None, "end": 5}, None,
])  # fmt: skip
def test_what_cannot_be_read_of_a_consent_is_said_so(
    words: Delivered, change: dict[str, Any] | None
) -> None:
    said: dict[str, Any] = {"schema": CONSENT_SAID["schema"]}
    if change is not None:
        said = CONSENT_SAID | change
    made = definition_of(words, {})
    made["assertions"].append({"label": CONSENT, "created": True, "data": said})
    store = Signing().beside(made, words.credential.file_sha256).manifest
    content = words.file.read_bytes()
    status, answer = api(content, store)
    assert (status, answer["verdict"]) == (200, "disputed")
    told = next(each for each in answer["checks"] if each["id"] == "consent")
    assert told["outcome"] == "warning"
    status, text = page(content, store)
    assert (status, "cannot be read" in text) == (200, True)
    ends = "without end" in text.partition("The performer’s consent</h2>")[2]
    assert ends is (said.get("start") == CONSENT_SAID["start"] and said["end"] is None)


@pytest.mark.parametrize("change", [
    {"territory": None}, {"territory": 5}, {"territory": [{}]}, {"territory": [[]]},
    {"territory": {"include": 5}}, {"start": EARLIEST}, {"end": LATEST}, {"end": 5}, {"uses": 5},
    {"uses": "train"}, {"model_kinds": None}, {"asset": None},
])  # fmt: skip
def test_a_licence_of_another_form_is_not_shown(words: Delivered, change: dict[str, Any]) -> None:
    made = definition_of(words, change)
    store = Signing().beside(made, words.credential.file_sha256).manifest
    content = words.file.read_bytes()
    status, answer = api(content, store)
    assert (status, answer["verdict"]) == (200, "disputed")
    status, text = page(content, store)
    assert (status, "as the credential states it" in text) == (200, False)


def test_names_neither_turn_nor_hide_the_words_beside_them(words: Delivered) -> None:
    """Of a signer's certificate, and of what the file was made from."""
    root = pki.issue_root("Root\u202e", path_length=0)
    name = x509.Name.from_rfc4514_string("CN=Halcyon \u202e\u2066\u200b,O=Trusted\u202e,C=US")
    store = signed_by(pki.issue_claim_signer(root, name=name), DEFINITION)
    made = definition_of(words, {})
    ingredient = {"title": "ours\u202e\u200b", "format": OCTETS, "relationship": "componentOf"}
    made["ingredients"] = [{**ingredient, "store": store}]
    for said in (store, signed_by(pki.signing_chain(), made)):
        status, text = page(b"words", said)
        assert (status, "Halcyon" in text) == (200, True)
        shown = text.partition("<pre")[0]
        assert not [char for char in shown if unicodedata.category(char) == "Cf"]
    told = api(b"words", store)[1]["checks"]
    assert "It calls itself Halcyon  (Trusted); anybody can." in {each["detail"] for each in told}


@pytest.mark.parametrize("size", [0, 1, 11, 4096])
def test_noise_is_no_accident(size: int) -> None:
    rng = random.Random(size)
    noise, beside = rng.randbytes(size), rng.randbytes(size)
    for sidecar in (None, beside):
        status, said = api(noise, sidecar)
        assert status == (200 if size else 422), said
        assert said.get("verdict") in {"unsigned", "unreadable", None}
    assert page(noise, beside)[0] in {200, 422}
