"""Files of trust as people's editors leave them: a root counts for what was written above it."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from edgecode.verify.bundle import parse_bundle
from provenance import authority, pki


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
