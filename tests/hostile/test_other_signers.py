"""Somebody else whom a reader trusts, too: a signer under one of its roots who is not us."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from pytest_django import Settings

from edgecode.verify import Name, Reader, verify
from edgecode.verify.bundle import parse_bundle
from edgecode.verify.vouching import vouched_for
from edgecode.verify.words import sentence
from provenance import countersign, jumbf
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.self_test import _proven
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signed import Signed
from provenance.c2pa_sdk.signing import Signing
from provenance.cbor import ARRAY, MAP, NULL, byte_string, head, text
from provenance.checks import check_deployment, check_settings
from provenance.manifests import GRANT
from provenance.outputs.declaring import Source
from provenance.trust import authority, pki, tokens
from provenance.trust.bundle import trust_bundle
from provenance.update_manifests import update_definition
from provenance.verification.inspection import Trust
from tests import factories
from tests.doubles.time_authority import no_time_authority
from tests.hostile.forged import definition_of
from tests.hostile.test_mutants import OCTETS, _roots, beside, seen
from tests.hostile.test_other_roots import WORDS, made_with, signed_by
from tests.hostile.test_pages import api, page
from tests.provenance.delivered import Delivered, licence
from tests.provenance.test_authority import Own, certified
from tests.provenance.test_outputs import TEXT, delivered, made, signed
from tests.provenance.test_signing import DEFINITION

CONTENT = b"other words"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as kept:
        yield kept


def striking(signed: Signed) -> dict[str, Any]:
    """Return a definition that strikes a consent out of a manifest, and opens what that is of."""
    struck = f"self#jumbf=/c2pa/{signed.manifest_id}/c2pa.assertions/com.edgecode.consent"
    actions = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["before"]}},
        {"action": "c2pa.redacted", "parameters": {"redacted": struck}},
    ]
    parent = {"title": "w", "format": OCTETS, "relationship": "parentOf", "label": "before"}
    return {
        "claim_generator_info": [{"name": "Camera", "specVersion": "2.4.0"}],
        "redactions": [struck],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "created": True,
                "data": {"allActionsIncluded": True, "actions": actions},
            }
        ],
        "ingredients": [{**parent, "store": signed.manifest}],
    }


def test_what_is_bound_to_other_content_is_no_newer_credential_of_ours(
    reader: Reader, tmp_path: Path
) -> None:
    """Another signer of claims strikes a word out of our credential, as an update does, in a
    manifest that is bound to a file of his."""
    ours = Signing().beside(DEFINITION, WORDS, pki.licensor_identity("7K3F2Q9D", "Halcyon"))
    other = pki.issue_claim_signer(pki._claim_intermediate(), name="Somebody Else")
    engine = Engine(other, Anchors(pki.claim_anchor_pem(), ""))
    file, sidecar = tmp_path / "w.srt", tmp_path / "w.c2pa"
    file.write_bytes(CONTENT)
    forged = engine.beside(striking(ours), CONTENT).manifest
    sidecar.write_bytes(forged)
    now = seen(reader, file, sidecar)
    assert (now.verdict.name, now.verdict.grant) == (Name.NO_GRANT, None)
    assert ours.manifest_id not in now.said
    assert "Halcyon" not in str(now.verdict.checks)


def test_who_strikes_something_out_does_not_stand_for_what_a_stranger_said(
    reader: Reader, tmp_path: Path
) -> None:
    """A tool that strikes out what it is asked to vouches for nothing else in the manifest."""
    stranger = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    ours = Signing().beside(DEFINITION, WORDS).manifest
    for store, grants in ((ours, 1), (signed_by(stranger, DEFINITION), 0)):
        name = jumbf.active_manifest_id(store)
        struck = update_definition("w", OCTETS, store, name, ["com.edgecode.consent"])
        for has_looked in (False, True):  # at what it strikes out of, and written down what it saw
            now = seen(reader, *beside(tmp_path, updated(struck, has_looked=has_looked)))
            assert now.is_believed
            assert (now.verdict.grant is not None) is bool(grants)
            assert (now.verdict.name == Name.NO_GRANT) is not bool(grants)


def updated(definition: dict[str, Any], *, has_looked: bool) -> bytes:
    engine = Engine(pki.signing_chain(), Anchors(*_roots()))
    if has_looked:
        engine.unchecked = engine.context
    return engine.update(definition).manifest


def test_a_grant_beside_the_one_that_its_licensor_signed_is_none(
    reader: Reader, tmp_path: Path
) -> None:
    """Hearsay is no word of the signer's, but it may be what somebody else signed in the file."""
    first = next(each for each in DEFINITION["assertions"] if each["label"] == GRANT)
    others = [each for each in DEFINITION["assertions"] if each["label"] != GRANT]
    second = {**first, "data": first["data"] | {"licensee": {"code": "QRSTVWXY", "name": "He"}}}
    definition = {**DEFINITION, "assertions": [*others, second, {**first, "created": False}]}
    other = pki.issue_claim_signer(pki._claim_intermediate(), name="Somebody Else")
    licensor = pki.licensor_identity(first["data"]["licensor"]["code"], "Halcyon")
    now = seen(reader, *beside(tmp_path, signed_by(other, definition, licensor)))
    assert (now.verdict.name, now.verdict.grant) == (Name.NO_GRANT, None)


def cbor(major: int, body: bytes, size: int | None = None) -> bytes:
    """Return bytes (2), text (3), or an array (4) or map (5) of so many items, as CBOR."""
    return bytes((major << 5 | 25,)) + (len(body) if size is None else size).to_bytes(2) + body


def chain_of(certificates: list[bytes]) -> bytes:
    return cbor(4, b"".join(cbor(2, each) for each in certificates), len(certificates))


def with_chains(store: bytes, key: ec.EllipticCurvePrivateKey, *, protected: bool) -> bytes:
    """Return the store signed by this key, under the chain that it names and ours behind that."""
    theirs = jumbf.cbor(jumbf.cbor(jumbf.signature(store))[0])[33]
    pem = x509.load_pem_x509_certificates(pki.signing_chain().chain_pem.encode())
    ours = [each.public_bytes(Encoding.DER) for each in pem]
    chains = cbor(3, b"x5chain") + chain_of(theirs) + b"\x18\x21" + chain_of(ours)
    es256 = b"\x01\x26"
    signed = cbor(2, cbor(5, es256 + chains, 3) if protected else cbor(5, es256, 1))
    open_ = cbor(5, b"", 0) if protected else cbor(5, chains, 2)
    claim = next(
        next(data for kind, data in jumbf._boxes(inner) if kind == b"cbor")
        for label, inner in jumbf._superboxes(jumbf._active(store)[1])
        if label.startswith("c2pa.claim")
    )
    # To be signed (RFC 9052, 4.4): in the shortest form, which the reader writes.
    sealed = b"\x84\x6aSignature1" + shortest(signed) + b"\x40" + shortest(cbor(2, claim))
    r, s = decode_dss_signature(key.sign(sealed, ec.ECDSA(hashes.SHA256())))
    made = b"\xd2\x84" + signed + open_ + b"\xf6" + cbor(2, r.to_bytes(32) + s.to_bytes(32))
    return jumbf.with_signature(store, made)


def shortest(item: bytes) -> bytes:
    """Return a byte string of `cbor` with its length in as few bytes as can be."""
    size = len(item) - 3
    if size > 255:
        return item
    return b"\x58" + item[2:] if size > 23 else bytes((0x40 | size,)) + item[3:]


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "open"])
def test_a_second_chain_of_certificates_lends_nobody_our_name(
    reader: Reader, tmp_path: Path, protected: bool
) -> None:
    """The reader checks the chain that stands first: of somebody with a certificate for e-mail
    under the same authority."""
    issuer = pki._claim_intermediate()
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    leaf = pki._issue(issuer, "Somebody Else", pki._SIGNER_LIFE, usage=usage)
    other = pki.Identity(leaf.key_pem, leaf.chain_pem + issuer.chain_pem)
    file, sidecar = beside(tmp_path, signed_by(other, DEFINITION))
    sidecar.write_bytes(with_chains(sidecar.read_bytes(), other.key, protected=protected))
    now = seen(reader, file, sidecar)
    assert (now.verdict.name, now.trust) == (Name.STRANGER, Trust.NOBODY)
    assert "Edgecode" not in str(now.verdict.checks)


@pytest.fixture
def own(var_dir: Path, settings: Settings, tmp_path: Path) -> Iterator[Own]:
    """An authority that is recognised: it certifies us, and others too."""
    _proven.cache_clear()
    authority._read.cache_clear()
    found = Own(tmp_path, settings)
    key = ec.generate_private_key(ec.SECP256R1())
    found.use(
        [certified(found.root, key.public_key(), is_issuer=False), found.root.leaf],
        found.in_file(key),
    )
    yield found
    _proven.cache_clear()
    authority._read.cache_clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_grant", [True, False])
def test_whom_the_authority_certifies_that_certifies_us_is_not_us(
    own: Own, *, has_grant: bool
) -> None:
    name = x509.Name.from_rfc4514_string("CN=Mallory Cameras,O=Mallory,C=US")
    other = pki.issue_claim_signer(own.root, name=name)
    said = [each for each in DEFINITION["assertions"] if has_grant or each["label"] != GRANT]
    store = signed_by(other, {**DEFINITION, "assertions": said})
    status, answer = api(b"words", store)
    assert (status, answer["verdict"]) == (200, "disputed" if has_grant else "no_grant")
    told = {check["id"]: check["title"] for check in answer["checks"]}
    assert told["signer"] == (
        "Signed by Mallory Cameras (Mallory), certified by an authority that certifies us."
    )
    assert told.get("licensor", "The licensor has not signed it itself.") == (
        "The licensor has not signed it itself."
    )
    status, text = page(b"words", store)
    for ours in ("Signed by Edgecode", "our signature", "our key", "Edgecode has"):
        assert ours not in text + answer["headline"]
    # What somebody else says of a licence is not worth showing.
    assert "<dt>Licensee</dt>" not in text
    assert ("Somebody else signed the credential" in text) is has_grant


@pytest.mark.django_db(transaction=True)
def test_who_has_an_issuer_of_its_own_takes_no_name_of_ours_for_it(own: Own) -> None:
    name = x509.Name.from_rfc4514_string("CN=Mallory Issuing\\, NOT TRUSTED,O=Mallory,C=US")
    issuer = pki._issue(own.root, name, pki._SIGNER_LIFE, path_length=0)
    name = x509.Name.from_rfc4514_string("CN=Mallory Cameras,O=Mallory,C=US")
    said = [each for each in DEFINITION["assertions"] if each["label"] != GRANT]
    store = signed_by(pki.issue_claim_signer(issuer, name=name), {**DEFINITION, "assertions": said})
    assert told_of(b"words", store, "signer")[1] == (
        "Signed by Mallory Cameras (Mallory), certified by an authority that certifies us."
    )


@pytest.mark.django_db(transaction=True)
def test_offline_too_whom_the_same_authority_certifies_is_not_us(own: Own, reader: Reader) -> None:
    """The entry with its receipt is public, and says nothing of the terms: in another's mouth it
    would prove any."""
    studio = factories.studio()
    ours = Delivered(licence(studio, factories.offered_words(studio)), own.folder)
    text = trust_bundle()
    trust = parse_bundle(text)
    made = definition_of(ours, {"licensee": {"code": "QRSTVWXY", "name": "Mallory"}, "end": None})
    for assertion in made["assertions"]:
        if assertion["label"] == GRANT:
            data = assertion["data"]
            data["asset"] = data["asset"] | {"sha256": hashlib.sha256(b"words").hexdigest()}
    file, sidecar = own.folder / "stolen.srt", own.folder / "stolen.c2pa"
    file.write_bytes(b"words")
    for who in ("O=Mallory,C=DE", "O=Halcyon Pictures,C=US", "C=DE", "OU=Halcyon Pictures,C=DE"):
        name = x509.Name.from_rfc4514_string(f"CN=Halcyon,{who}")
        sidecar.write_bytes(signed_by(pki.issue_claim_signer(own.root, name=name), made))
        told = verify(file, sidecar=sidecar, trust=trust, reader=reader)
        assert (told.name, told.grant) == ("stranger", None)
        assert {check.id: check.said for check in told.checks}["signer"] == "signer.other"
    # A bundle from before has no such line: whoever stands under its roots counts, as ever.
    older = "".join(line for line in text.splitlines(True) if not line.startswith("signer "))
    assert (
        verify(file, sidecar=sidecar, trust=parse_bundle(older), reader=reader).name == "licensed"
    )
    for each in (trust, parse_bundle(older)):
        found = verify(ours.file, sidecar=ours.sidecar, trust=each, reader=reader)
        assert found.name == "licensed"


@pytest.mark.django_db(transaction=True)
def test_offline_whom_the_same_authority_certifies_is_no_part_of_our_past(
    own: Own, reader: Reader
) -> None:
    """Neither would what he says make an honest work look stolen, nor a stolen one honest."""
    trust = parse_bundle(trust_bundle())
    name = x509.Name.from_rfc4514_string("CN=Mallory Cameras,O=Mallory,C=US")
    theirs = signed_by(pki.issue_claim_signer(own.root, name=name), DEFINITION)
    for store, counts in ((theirs, False), (signed_by(pki.signing_chain(), DEFINITION), True)):
        beside_it = signed_by(pki.signing_chain(), made_with(store))
        answer = reader.read(*beside(own.folder, beside_it), trust)
        inner = jumbf.active_manifest_id(store)
        now = datetime.now(UTC)
        assert list(vouched_for(answer, now)) == [inner]
        assert list(vouched_for(answer, now, trust.signers)) == ([inner] if counts else [])


@pytest.mark.django_db(transaction=True)
def test_what_we_signed_under_an_earlier_root_counts_once_it_is_said_as_whom(
    own: Own, reader: Reader
) -> None:
    studio = factories.studio()
    words = Delivered(licence(studio, factories.offered_words(studio)), own.folder)
    earlier = own.folder / "earlier.pem"
    earlier.write_text(own.root.chain_pem)
    key, root = ec.generate_private_key(ec.SECP256R1()), pki.issue_root("Listed", path_length=1)
    name = x509.Name.from_rfc4514_string("CN=Halcyon,O=Halcyon Pictures Europe,C=FR")
    signer = certified(root, key.public_key(), is_issuer=False, name=name)
    own.use([signer, root.leaf], own.in_file(key), signing_earlier_roots=earlier)
    authority._read.cache_clear()

    def judged() -> tuple[int, str]:
        trust = parse_bundle(trust_bundle())
        told = verify(words.file, sidecar=words.sidecar, trust=trust, reader=reader)
        return len(trust.signers), told.name

    assert judged() == (0, "licensed")
    assert "provenance.W006" in {each.id for each in check_deployment()}
    earlier.write_text(f"signer C=DE,O=Halcyon Pictures\n{own.root.chain_pem}")
    authority._roots_in.cache_clear()
    assert judged() == (2, "licensed")
    assert "provenance.W006" not in {each.id for each in check_deployment()}
    earlier.write_text(f"signer C=DE,O=Mallory\n{own.root.chain_pem}")
    assert judged() == (2, "stranger")
    # One line for two roots says of one of them alone who signed under it.
    another = pki.issue_root(x509.Name.from_rfc4514_string("CN=Another,O=CA"), path_length=1)
    two = own.root.chain_pem + another.chain_pem
    earlier.write_text(f"signer C=DE,O=Halcyon Pictures\n{two}")
    authority._roots_in.cache_clear()
    assert judged() == (0, "licensed")
    assert "provenance.W006" in {each.id for each in check_deployment()}
    earlier.write_text(f"signer somebody\n{own.root.chain_pem}")
    [told] = check_settings()
    assert "names no organisation: signer somebody" in told.msg


@pytest.mark.django_db(transaction=True)
def test_no_root_is_named_for_claims_and_for_times(own: Own) -> None:
    times = own.folder / "times.pem"
    times.write_text(own.root.chain_pem)
    own.configure(timestamp_roots=times)
    told = {each.id: each.msg for each in check_deployment()}
    assert "one root stands for claims and for times" in told["provenance.E005"]
    told = {each.id: each.msg for each in check_settings()}
    named = own.root.leaf.subject.rfc4514_string()
    assert told["provenance.E004"].startswith(f"{named} certifies who signs and who says when")
    # What stands between that root and who stamps is another certificate.
    between = pki.issue_intermediate("Times", own.root).leaf
    times.write_bytes(between.public_bytes(Encoding.PEM))
    authority._roots_in.cache_clear()
    assert check_settings() == []
    assert len(parse_bundle(trust_bundle()).signers) == 1


@pytest.mark.django_db(transaction=True)
def test_what_we_signed_stays_signed_by_us_once_another_key_does(own: Own) -> None:
    studio = factories.studio()
    words = Delivered(licence(studio, factories.offered_words(studio)), own.folder)
    assert words.sidecar is not None
    file, store = words.file.read_bytes(), words.sidecar.read_bytes()
    for _ in range(2):
        answer = api(file, store)[1]
        assert answer["verdict"] == "authorised"
        assert "Signed by Edgecode." in {check["title"] for check in answer["checks"]}
        key = ec.generate_private_key(ec.SECP256R1())
        path = own.folder / "another.pem"
        path.write_bytes(Path(own.in_file(key)).read_bytes())
        own.use([certified(own.root, key.public_key(), is_issuer=True), own.root.leaf], str(path))
        authority._read.cache_clear()


def beside_its_signature(store: bytes, *header: bytes) -> bytes:
    """Return a manifest with these entries, and no others, in the open header of its signature."""
    found = countersign._signature(jumbf.signature(store))
    assert found.payload is None
    parts = (byte_string(found.protected), head(MAP, len(header)), *header, NULL)
    whole = (b"\xd2", head(ARRAY, 4), *parts, byte_string(found.signature))
    return jumbf.with_signature(store, b"".join(whole))


def held_in(name: str, key: str, value: bytes) -> bytes:
    """Return an entry of that header: a map with one list."""
    return text(name) + head(MAP, 1) + text(key) + head(ARRAY, 1) + value


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["revocation", "older stamp", "two fillings"])
def test_what_other_tools_write_beside_their_signature_changes_no_file(
    own: Own, reader: Reader, kind: str
) -> None:
    other = pki.issue_claim_signer(own.root, name="Mallory Cameras")
    said = [each for each in DEFINITION["assertions"] if not each["label"].startswith("com.edge")]
    store = signed_by(other, {**DEFINITION, "assertions": said})
    stamp = tokens.token(hashlib.sha256(countersign.to_stamp(store)).digest())
    stamped = held_in("sigTst2", "tstTokens", head(MAP, 1) + text("val") + byte_string(stamp))
    header = {
        "revocation": [stamped, held_in("rVals", "ocspVals", byte_string(b"0\x03\n\x01\0"))],
        "older stamp": [stamped.replace(text("sigTst2"), text("sigTst"))],
        "two fillings": [
            *(stamped, text("pad") + byte_string(bytes(300))),
            text("pad2") + byte_string(bytes(20)),
        ],
    }[kind]
    store = beside_its_signature(store, *header)
    answer = api(b"words", store)[1]
    assert (answer["verdict"], answer["checks"][0]["outcome"]) == ("no_grant", "ok")
    file, sidecar = beside(own.folder, store)
    now = seen(reader, file, sidecar)
    assert now.verdict.name == Name.NO_GRANT
    assert "hash.more" not in {check.said for check in now.verdict.checks}


def revocation_of(
    leaf: x509.Certificate, issuer: pki.Identity, responder: pki.Identity, at: datetime
) -> bytes:
    """Return what a responder says of a certificate that was revoked, as a store carries it."""
    now = datetime.now(UTC)
    answer = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf,
        issuer=issuer.leaf,
        algorithm=hashes.SHA1(),  # noqa: S303 - as OCSP names certificates; it protects nothing
        cert_status=ocsp.OCSPCertStatus.REVOKED,
        this_update=now - timedelta(minutes=1),
        next_update=now + timedelta(days=1),
        revocation_time=at,
        revocation_reason=x509.ReasonFlags.key_compromise,
    )
    answer = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.leaf)
    signed = answer.certificates([responder.leaf]).sign(responder.key, hashes.SHA256())
    return held_in("rVals", "ocspVals", byte_string(signed.public_bytes(Encoding.DER)))


def responder_under(issuer: pki.Identity) -> pki.Identity:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    return pki._issue(issuer, "Responder", timedelta(days=1), usage=usage)


@pytest.mark.django_db(transaction=True)
def test_a_certificate_that_was_revoked_signs_for_nobody(own: Own, reader: Reader) -> None:
    """By an answer of its authority that the credential carries; nobody is asked."""
    now = datetime.now(UTC)
    other = pki.issue_claim_signer(own.root, name="Mallory Cameras")
    store = signed_by(other, DEFINITION)
    stamp = tokens.token(hashlib.sha256(countersign.to_stamp(store)).digest())
    stamped = held_in("sigTst2", "tstTokens", head(MAP, 1) + text("val") + byte_string(stamp))
    ours, stranger = responder_under(own.root), responder_under(pki.issue_root("X", path_length=0))
    before, after = now - timedelta(hours=1), now + timedelta(hours=1)
    cases = [
        (ours, before, (), True),
        (ours, before, (stamped,), True),
        (ours, after, (stamped,), False),
        # Whoever has the file could put it there.
        (stranger, before, (), False),
    ]
    for responder, revoked_at, header, is_revoked in cases:
        said = revocation_of(other.leaf, own.root, responder, revoked_at)
        revoked = beside_its_signature(store, *header, said)
        answer = api(b"words", revoked)[1]
        offline = seen(reader, *beside(own.folder, revoked)).verdict
        checks = {each["id"]: each for each in answer["checks"]}
        told = next(each for each in offline.checks if each.id == "signer")
        assert checks["integrity"]["outcome"] == "ok"
        assert (answer["verdict"] == "stranger") is (offline.name == Name.STRANGER) is is_revoked
        assert (told.said == "signer.revoked") is is_revoked
        if is_revoked:
            assert checks["signer"]["outcome"] == "failed"
            assert checks["signer"]["title"] == (
                "The certificate of Mallory Cameras was revoked, and no time stamp shows that it"
                " signed before."
            )
            [finding] = answer["inspection"]["findings"]
            assert finding["reason"] == "The signer's certificate was revoked."
            assert "was revoked" in sentence(told, "en")
            assert "폐지" in sentence(told, "ko")


@pytest.mark.django_db(transaction=True)
def test_of_a_copy_without_a_stamp_it_is_said_that_our_certificate_has_ended(own: Own) -> None:
    studio = factories.studio()
    with no_time_authority(own.folder):
        words = Delivered(licence(studio, factories.offered_words(studio)), own.folder)
    assert words.sidecar is not None
    file, store = words.file.read_bytes(), words.sidecar.read_bytes()
    assert told_of(file, store, "signer") == ("ok", "Signed by Edgecode.")
    after = pki.signing_chain().leaf.not_valid_after_utc + timedelta(minutes=1)
    with time_machine.travel(after):
        outcome, title = told_of(file, store, "signer")
    assert outcome == "failed"
    assert title == (
        "The certificate of Halcyon has ended, and no time stamp shows that it signed before."
    )


def told_of(file: bytes, store: bytes, check: str) -> tuple[str, str]:
    """Return the outcome and the title of one check of a file's report."""
    told = {each["id"]: each for each in api(file, store)[1]["checks"]}
    return told[check]["outcome"], told[check]["title"]


def told_offline(reader: Reader, folder: Path, file: bytes, store: bytes) -> dict[str, str]:
    """Return what the client says of the same by itself, in short, by check."""
    path, sidecar = folder / "copy.txt", folder / "copy.c2pa"
    path.write_bytes(file)
    sidecar.write_bytes(store)
    trust = parse_bundle(trust_bundle())
    verdict = verify(path, sidecar=sidecar, trust=trust, reader=reader)
    assert verdict.name in {Name.LICENSED, Name.MADE}
    return {each.id: f"{each.outcome} {each.said}" for each in verdict.checks}


@pytest.mark.django_db(transaction=True)
def test_a_recognised_signer_makes_our_own_time_and_names_no_proof(
    own: Own, reader: Reader
) -> None:
    studio, lab = factories.studio(), factories.lab("Lumen Lab")
    words = Delivered(licence(studio, factories.offered_words(studio)), own.folder)
    assert words.sidecar is not None
    file, store = words.file.read_bytes(), words.sidecar.read_bytes()
    assert told_of(file, store, "signer") == ("ok", "Signed by Edgecode.")
    assert told_of(file, store, "time")[0] == "warning"
    name = words.grant.licensor.name
    said = f"Signed in the name of {name} by this installation."
    assert told_of(file, store, "licensor") == ("warning", said)
    offline = told_offline(reader, own.folder, file, store)
    assert offline["signer"].startswith("ok ")
    assert offline["time"] == "warning time.development"
    assert offline["identity"] == "warning identity.development"
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio, name="Two")]))
    output = signed(made(lab, [Source(grant.code)]))
    said = "Signed in the name of Lumen Lab by this installation."
    assert told_of(TEXT, bytes(output.manifest), "maker") == ("warning", said)
    offline = told_offline(reader, own.folder, TEXT, bytes(output.manifest))
    assert offline["identity"] == "warning maker.development"


@pytest.mark.django_db(transaction=True)
def test_a_licensor_that_has_a_key_of_its_own_has_signed_itself(own: Own, reader: Reader) -> None:
    studio = factories.studio()
    name, code = studio.organisation.name, studio.organisation.code
    issuer, usage = pki._identity_intermediate(), x509.ExtendedKeyUsage([pki.DOCUMENT_SIGNING])
    subject = x509.Name.from_rfc4514_string(f"CN={name} EC {code},O={name}")
    leaf = pki._issue(issuer, subject, timedelta(days=9), usage=usage)
    identity = pki.Identity(leaf.key_pem, leaf.chain_pem + issuer.chain_pem)
    pki._store(pki._directory() / f"licensor-{code}.own.pem", identity)
    words = Delivered(licence(studio, factories.offered_words(studio)), own.folder)
    assert words.sidecar is not None
    file, store = words.file.read_bytes(), words.sidecar.read_bytes()
    said = f"{name} itself signed what is said of its rights."
    assert told_of(file, store, "licensor") == ("ok", said)
    offline = told_offline(reader, own.folder, file, store)
    assert offline["identity"] == "ok identity.trusted"


@pytest.mark.parametrize("root", ["times", "claims", "identities"])
def test_only_a_root_of_times_says_that_a_certificate_had_not_expired(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    """The reader believes a time stamp under any root that it was given."""
    issuer = {
        "times": pki._time_root,
        "claims": pki._claim_root,
        "identities": pki._identity_root,
    }[root]()
    stamper = pki.issue_time_stamper(issuer)
    monkeypatch.setattr(pki, "time_stamper", lambda: stamper)
    signer = pki.issue_claim_signer(pki._claim_intermediate(), timedelta(minutes=1))
    store = signed_by(signer, DEFINITION)
    token = tokens.token(hashlib.sha256(countersign.to_stamp(store)).digest())
    file, sidecar = beside(tmp_path, countersign.stamped(store, token))
    assert seen(reader, file, sidecar).is_believed
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        now = seen(reader, file, sidecar)
        assert now.is_believed is (root == "times")
        assert (now.verdict.checks[1].said == "signer.expired") is (root != "times")
