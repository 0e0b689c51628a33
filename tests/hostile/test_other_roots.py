"""A root vouches for its own kind alone, also where what it vouches for is made from ours."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgecode.verify import Name, Reader, verify
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signing import Signing
from provenance.trust import pki
from provenance.verification import inspection
from provenance.verification.inspection import Integrity, Trust
from tests.hostile.test_mutants import OCTETS, _roots, beside, seen, trust
from tests.provenance.test_signing import DEFINITION

WORDS = hashlib.sha256(b"words").hexdigest()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as kept:
        yield kept


def signed_by(
    signer: pki.Identity, definition: dict[str, Any], licensor: pki.Identity | None = None
) -> bytes:
    engine = Engine(signer, Anchors(*_roots()))
    return engine.beside(definition, b"words", licensor).manifest


def made_with(store: bytes) -> dict[str, Any]:
    """Return a definition of which what has this manifest is an ingredient."""
    ingredient = {"title": "ours", "format": OCTETS, "relationship": "componentOf", "store": store}
    return {**DEFINITION, "ingredients": [ingredient]}


@pytest.mark.parametrize("root", ["identities", "times"])
def test_what_was_made_from_ours_is_not_signed_by_us(
    reader: Reader, tmp_path: Path, root: str
) -> None:
    """The reader names one list of trust: that of whichever manifest it came to last."""
    issuer = pki._identity_intermediate() if root == "identities" else pki._time_root()
    ours = Signing().beside(DEFINITION, WORDS).manifest
    store = signed_by(pki.issue_claim_signer(issuer), made_with(ours))
    file, sidecar = beside(tmp_path, store)
    now = seen(reader, file, sidecar)
    assert (now.integrity, now.trust) == (Integrity.INTACT, Trust.NOBODY)
    assert (now.verdict.name, now.verdict.grant) == (Name.STRANGER, None)


def test_who_signed_an_ingredient_has_not_signed_what_was_made_from_it(
    reader: Reader, tmp_path: Path
) -> None:
    theirs = pki.licensor_identity("7K3F2Q9D", "Halcyon")
    ours = Signing().beside(DEFINITION, WORDS, theirs).manifest
    root = pki.issue_root("A stranger's root", path_length=0)
    stranger = pki.issue_licensor(root, code="7K3F2Q9D", name="Halcyon")
    store = signed_by(pki.signing_chain(), made_with(ours), stranger)
    file, sidecar = beside(tmp_path, store)
    found = inspection.inspect(file, mime=OCTETS, sidecar=sidecar)
    assert found.trust != Trust.NOBODY
    assert found.licensor is not None
    assert (found.licensor.sound, found.licensor.trusted) == (True, False)
    verdict = verify(file, sidecar=sidecar, trust=trust(), reader=reader)
    assert {check.id: check.said for check in verdict.checks}["identity"] == "identity.unknown"
