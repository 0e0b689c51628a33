"""Files of trust as people's editors leave them: a root counts for what was written above it."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from edgecode.log.keys import verifier_key
from edgecode.verify.bundle import BadBundle, parse_bundle, read_bundle
from edgecode.verify.vouching import is_of
from provenance.trust import authority, pki

DOCS = Path(__file__).resolve().parents[2] / "docs" / "verify.md"
CUT_SHORT = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("heading", ["times", "\ufefftimes", "Times", " TIMES:", "times :"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_heading_is_read_as_it_was_meant(heading: str, end: str) -> None:
    text = f"{heading}\n{pki.time_anchor_pem()}".replace("\n", end)
    read = parse_bundle(text)
    assert (read.claims, read.identities) == ("", "")
    assert read.times.strip() == pki.time_anchor_pem().strip()


@pytest.mark.parametrize(
    "organisation",
    [
        *("Halcyon, Inc.", "A+B=C", "#1", 'The "Q"', "Back\\ slash\\", "a;b<c>d", "한빛 필름"),
        *(" Halcyon", "Halcyon ", "  ", "Tab\tbed", "Line\u2028end", "Cr\rlf", "Nul\0"),
        *("\u00a0Halcyon", "Halcyon\u00a0", "Halcyon\u3000", "\u3000 한빛 \u3000"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_whoever_signs_is_named_as_the_certificate_has_it(
    organisation: str, *, is_first: bool
) -> None:
    parts = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
    ]
    name = x509.Name(parts if is_first else parts[::-1])
    line = f"signer {authority.organisation_of(name)}\n"
    [signer] = parse_bundle(line + pki.claim_anchor_pem()).signers
    assert x509.Name.from_rfc4514_string(signer) == name


@pytest.mark.parametrize(
    "line",
    [
        *("Signer C=DE,O=Halcyon Pictures", "signer: C=DE,O=Halcyon Pictures", "signer"),
        *("logs example.org/ledger+1234abcd+AQ==", "log  a+1234abcd+AQ== b"),
        *("time", "timestamps", "status", "times 2027", "subject=CN = Some Root"),
        *("# times", "#claims:", "-----BEGIN TRUSTED CERTIFICATE-----"),
    ],
)
def test_a_line_that_is_not_understood_is_named_and_nothing_is_believed(line: str) -> None:
    text = f"claims\n{pki.claim_anchor_pem()}{line}\n{pki.time_anchor_pem()}"
    number = text.splitlines().index(line) + 1
    with pytest.raises(BadBundle) as refused:
        parse_bundle(text)
    assert str(refused.value) == f"line {number} is not understood: {line}"


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    root = tmp_path / "root.cer"
    root.write_bytes(pki._claim_root().leaf.public_bytes(Encoding.DER))
    with pytest.raises(BadBundle) as refused:
        read_bundle(root)
    assert str(refused.value) == f"{root}: it is no text, as a trust-bundle.pem is"


@pytest.mark.parametrize(
    "name", ["Halcyon Pictures", "C=DE,O=Halcyon, Inc.", "CN=Halcyon", "E=a@b.c,O=Halcyon", "C=DEU"]
)
def test_a_signer_by_no_such_name_is_refused(name: str) -> None:
    with pytest.raises(BadBundle) as refused:
        parse_bundle(f"signer {name}\n{pki.claim_anchor_pem()}")
    assert str(refused.value) == f"signer {name}: no name such as C=DE,O=Halcyon Pictures"


def test_a_whole_subject_names_its_organisation_and_country() -> None:
    ours = x509.Name.from_rfc4514_string("CN=Halcyon 7,ST=Bayern,O=Halcyon Pictures,C=DE")
    other = x509.Name.from_rfc4514_string("CN=Halcyon 7,ST=Bayern,O=Mallory,C=DE")
    line = "signer CN=Halcyon 1,ST=Berlin,O=Halcyon Pictures,C=DE\n"
    signers = parse_bundle(line + pki.claim_anchor_pem()).signers
    root = pki.issue_root("An authority", path_length=0)
    for name, counts in ((ours, True), (other, False)):
        assert is_of(pki.issue_claim_signer(root, name=name).leaf, signers) == counts


def test_a_bundle_that_was_put_together_as_the_docs_show_is_read() -> None:
    told = DOCS.read_text()
    example = told[told.index("# Whom we trust") :].partition("```")[0]
    roots = [pki.issue_root(name, path_length=0).chain_pem for name in ("A", "B", "C", "D")]
    for root in roots:
        example = example.replace(CUT_SHORT, root, 1)
    log = str(verifier_key("example.org/ledger", Ed25519PrivateKey.generate()))
    read = parse_bundle(example.replace("example.org/ledger+1234abcd+…", log))
    assert [read.claims, read.times, read.identities, read.statuses] == roots
    assert read.signers == ("C=DE,O=Halcyon Pictures",)
    assert [str(each.key) for each in read.logs.logs] == [log]
