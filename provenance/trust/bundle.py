"""What a stranger needs to check our files without us: roots by what they are for, the log's keys,
and as whom we are certified where a root vouches for others, too.

`edgecode verify --trust` reads it (client/edgecode/verify/bundle.py has the form).
"""

from django.conf import settings

from ledger import proofs, shards
from provenance.trust import pki


def trust_bundle() -> str:
    """Return the bundle, PEM with words between the certificates."""
    keys = dict.fromkeys(
        str(key) for shard in shards.listed() for key in proofs.vkeys(shard.folder)
    )
    claims, lists = pki.claim_anchor_pem(), pki.status_anchor_pem()
    roots = [
        ("claims", claims),
        ("times", pki.time_anchor_pem()),
        ("identities", pki.identity_anchor_pem()),
    ]
    # No root stands twice, and without this heading those of claims stand for lists, too. Last: a
    # reader that does not know it must not take what follows for a root of claims.
    if lists not in claims:
        roots.append(("statuses", lists))
    return "".join(
        (
            f"# Whom to trust about files of {settings.BASE_URL}:\n",
            "# edgecode verify FILE --trust THIS\n",
            *(f"\n{kind}\n{pem}" for kind, pem in roots),
            "\n",
            *(f"signer {name}\n" for name in pki.claim_signers()),
            *(f"log {key}\n" for key in keys),
        )
    )
