"""The settings under which the SDK reads and signs: whom it trusts, and no network.

They are proven before anything is signed (self_test.py), since this SDK ignores a key it does not
know.
"""

from typing import Final, NamedTuple

import c2pa

# What a reading says of a trusted signature: under which of our lists it stands.
CLAIMS_LIST: Final = "urn:edgecode:trust:claims"
TIMES_LIST: Final = "urn:edgecode:trust:times"
IDENTITIES_LIST: Final = "urn:edgecode:trust:identities"
# Hashes every byte of a file of any type; under a real type some formats are rewritten.
ANY_TYPE: Final = "application/octet-stream"

# Claim signing, document signing, e-mail protection: without this list of extended key usages
# the SDK calls a certificate for document signing invalid instead of untrusted.
_KEY_USAGES: Final = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.36\n1.3.6.1.5.5.7.3.4"


class Anchors(NamedTuple):
    """The roots a reading trusts, PEM: for claim signatures, time stamps, and identities."""

    claims: str
    times: str
    identities: str = ""


def context_of(anchors: Anchors, *, check: bool = True) -> c2pa.Context:
    """Return the settings under these roots; without `check` nothing is verified."""
    return c2pa.Context.from_dict(
        {
            "builder": {
                "thumbnail": {"enabled": False},  # a preview of unreleased film, and slow
                "bmff_hash_exclude_free_and_skip_boxes": False,  # else anyone may fill them
            },
            "verify": {
                "remote_manifest_fetch": False,
                "verify_after_sign": check,
                "verify_after_reading": check,
            },
            "core": {"allowed_network_hosts": []},
            "trust": {
                "anchors": [
                    _list(anchors.claims, CLAIMS_LIST, "manifest"),
                    _list(anchors.times, TIMES_LIST, "tsa"),
                    _list(anchors.identities, IDENTITIES_LIST, "cawg"),
                ],
                "trust_config": _KEY_USAGES,
            },
        }
    )


def _list(roots: str, uri: str, kind: str) -> dict[str, str]:
    return {"trust_anchors": roots, "trust_uri": uri, "trust_kind": kind}
