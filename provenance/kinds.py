"""The ledger entries of this room."""

from ledger.kinds import keep_as_evidence, register
from provenance.models import CredentialForm

register(
    "credential.signed",
    subject="credential",
    meaning="A granted file was signed for its licensee.",
    data={"form": CredentialForm.values, "manifest": str},
    refs=["grant", "asset"],
    private=["file"],
)
register(
    "credential.signed",
    version=2,
    subject="credential",
    meaning="A granted file was signed for its licensee, or the part of that number; 0 is all.",
    data={"form": CredentialForm.values, "manifest": str, "part": int},
    refs=["grant", "asset"],
    private=["file"],
)
register(
    "delivery.authorised",
    subject="delivery",
    meaning="The licensee was given a link to the signed file.",
    refs=["credential", "grant"],
)
register(
    "certificate.issued",
    subject="certificate",
    meaning="A side of the grant had a certificate of it made, which whoever holds it may show.",
    refs=["grant"],
    private=["statement"],
)
register(
    "certificate.withdrawn",
    subject="certificate",
    meaning="The side that had the certificate made withdrew it.",
)
keep_as_evidence("credential", "delivery", "certificate")
