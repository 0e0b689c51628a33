"""Manifests that are written by hand: the same as the SDK's, and none that its reader refuses."""

import hashlib
import json
from typing import Any

import pytest

from provenance import cbor, jumbf, manifests
from provenance.c2pa_sdk.self_test import proven_engine
from provenance.c2pa_sdk.signed import SigningError
from provenance.c2pa_sdk.signing import Signing, whole_file
from provenance.trust import pki
from tests.provenance.emitted import _LIKENESS, emitted, licensor, prepared, said
from tests.provenance.media import MADE
from tests.provenance.test_manifests import CONSENT, GRANT

_DIGEST = hashlib.sha256(b"words").digest()


# RFC 8949, appendix A.
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (100, "1864"),
        (1000, "1903e8"),
        (1000000, "1a000f4240"),
        (1000000000000, "1b000000e8d4a51000"),
        (-1, "20"),
        (-100, "3863"),
        (-1000, "3903e7"),
        (False, "f4"),
        (True, "f5"),
        (None, "f6"),
        (b"", "40"),
        (b"\1\2\3\4", "4401020304"),
        ("IETF", "6449455446"),
        ("ü", "62c3bc"),
        ([1, [2, 3], [4, 5]], "8301820203820405"),
        (list(range(1, 26)), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"),
        ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
        # Section 4.2.1: keys in the order of their bytes, shorter ones first.
        ({"aa": 1, "b": 2}, "a2616202626161" + "01"),
    ],
)
def test_cbor_is_written_as_the_standard_has_it(value: Any, written: str) -> None:
    assert cbor.encoded(value).hex() == written


def test_what_has_no_place_in_a_manifest_is_not_written() -> None:
    with pytest.raises(TypeError, match="float"):
        cbor.encoded({"share": 0.5})


def said_in(store: bytes) -> dict[str, Any]:
    """What stands in the assertions of a store, by their labels in order."""
    found = {}
    for label, body in jumbf._superboxes(jumbf._active(store)[1]):
        for name, inner in jumbf._superboxes(body) if label == "c2pa.assertions" else ():
            kind, data = next(jumbf._boxes(inner))
            found[name] = json.loads(data) if kind == b"json" else jumbf.cbor(data)
    return found


def claim_in(store: bytes) -> dict[str, Any]:
    body = dict(jumbf._superboxes(jumbf._active(store)[1]))["c2pa.claim.v2"]
    claim: dict[str, Any] = jumbf.cbor(next(jumbf._boxes(body))[1])
    return claim


_PLACED = sorted(mime for mime in MADE)
_OF_LIKENESS = manifests.definition(_LIKENESS, GRANT, [CONSENT, CONSENT])


@pytest.mark.parametrize("mime", ["", *_PLACED])
def test_the_sdk_would_write_the_same(mime: str) -> None:
    definition = said(mime) if mime else _OF_LIKENESS
    binding = whole_file(_DIGEST)
    ours = Signing().beside(definition, _DIGEST.hex(), licensor())
    if mime:
        place = prepared(mime).place
        binding = (place.label, place.binding)
        ours = Signing().inside(place, definition, licensor())
    theirs = proven_engine().bound(definition, binding, licensor())

    found, expected = said_in(ours.manifest), said_in(theirs.manifest)
    assert list(found) == list(expected)
    by_ours, by_theirs = found.pop("cawg.identity"), expected.pop("cawg.identity")
    assert found == expected
    assert list(by_ours["signer_payload"]) == list(by_theirs["signer_payload"])
    assert [each["url"] for each in by_ours["signer_payload"]["referenced_assertions"]] == [
        each["url"] for each in by_theirs["signer_payload"]["referenced_assertions"]
    ]
    claim, other = claim_in(ours.manifest), claim_in(theirs.manifest)
    assert claim.keys() == other.keys()
    assert claim["dc:title"] == other["dc:title"]
    for group in ("created_assertions", "gathered_assertions"):
        assert [each["url"] for each in claim[group]] == [each["url"] for each in other[group]]


def test_nothing_is_signed_that_the_reader_finds_fault_with() -> None:
    actions = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": []}}
    with pytest.raises(SigningError, match=r"cannot be read: .*Action"):
        Signing().beside({**said("text/plain"), "assertions": [actions]}, _DIGEST.hex())


def test_a_licensor_whose_key_is_not_its_certificates_signs_nothing() -> None:
    other = pki.licensor_identity("TVWXYZ23", "Another")
    mixed = pki.Identity(other.key_pem, licensor().chain_pem)
    with pytest.raises(SigningError, match=r"does not read well: cawg\.x509\.signature\.mismatch"):
        Signing().beside(said("text/plain"), _DIGEST.hex(), mixed)


def test_what_no_manifest_can_say_is_refused_in_a_line() -> None:
    definition = said("text/plain")
    rated = {"label": "com.example.rating", "data": {"share": 0.5}}
    wrong = {**definition, "assertions": [*definition["assertions"], rated]}
    with pytest.raises(SigningError, match="could not sign: float has no place"):
        Signing().beside(wrong, _DIGEST.hex(), licensor())


def test_a_manifest_beside_a_file_is_not_filled() -> None:
    store = emitted("sidecar").sidecar
    assert store is not None
    assert bytes(64) not in store
