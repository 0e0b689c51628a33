"""What a stranger needs to check our files without us: roots by what they are for, the log's keys.

`edgecode verify --trust` reads it (client/edgecode/verify/bundle.py has the form).
"""

from django.conf import settings

from ledger import proofs, shards
from provenance import pki


def trust_bundle() -> str:
    """Return the bundle, PEM with words between the certificates."""
    keys = dict.fromkeys(
        str(key) for shard in shards.listed() for key in proofs.vkeys(shard.folder)
    )
    roots = (
        ("claims", pki.claim_anchor_pem()),
        ("times", pki.time_anchor_pem()),
        ("identities", pki.identity_anchor_pem()),
    )
    return "".join(
        (
            f"# Whom to trust about files of {settings.BASE_URL}:\n",
            "# edgecode verify FILE --trust THIS\n",
            *(f"\n{kind}\n{pem}" for kind, pem in roots),
            "\n",
            *(f"log {key}\n" for key in keys),
        )
    )
