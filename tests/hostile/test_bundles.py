"""Files of trust as people's editors leave them: a root counts for what was written above it."""

import pytest

from edgecode.verify.bundle import parse_bundle
from provenance import pki


@pytest.mark.parametrize("heading", ["times", "\ufefftimes", "Times", " TIMES:", "times :"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_heading_is_read_as_it_was_meant(heading: str, end: str) -> None:
    text = f"{heading}\n{pki.time_anchor_pem()}".replace("\n", end)
    read = parse_bundle(text)
    assert (read.claims, read.identities) == ("", "")
    assert read.times.strip() == pki.time_anchor_pem().strip()
