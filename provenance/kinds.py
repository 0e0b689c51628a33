"""The ledger entries of this room."""

from ledger.kinds import keep_as_evidence, register
from provenance.models import Answer, CredentialForm, Matched, OutputForm, OutputKind, Term

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
    "credential.stamped",
    subject="credential",
    meaning="A file that was signed without a time stamp got one: what is delivered from now on"
    " carries it.",
    private=["file"],
)
register(
    "credential.updated",
    subject="credential",
    meaning="Consents that have ended were struck out of a signed file's credential, by a later"
    " manifest.",
    data={"manifest": str},
    refs=["consents*"],
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
register(
    "asset.identified",
    subject="asset",
    meaning="The content code of a granted file was reckoned, and a manifest signed that says who"
    " registered it.",
    data={"manifest": str},
    private=["iscc"],
)
register(
    "manifest.stored",
    subject="manifest",
    meaning="An organisation put a manifest of its own into the repository.",
    data={"manifest": str},
    private=["store"],
)
register(
    "manifest.bound",
    subject="manifest",
    meaning="A soft binding was added by which a stored manifest is found.",
    data={"algorithm": str},
    private=["value"],
)
register(
    "sighting.reported",
    subject="sighting",
    meaning="Somebody showed a copy, and where it was seen; this is what we found it to be.",
    data={
        "matched": Matched.values,
        "outcome": Answer.values,
        "term?": Term.values,
        "seen_at": str,
    },
    refs=["asset?", "grant?", "output?", "consent?"],
    private=["where"],
)
register(
    "sighting.noted",
    subject="sighting",
    meaning="Somebody reported where a file was seen, without a copy that carries its credential or"
    " was delivered: whether we know it, its licensor alone learns.",
    private=["report"],
)
register(
    "sighting.dismissed",
    subject="sighting",
    meaning="The licensor finds nothing wrong in what was seen.",
    private=["reason"],
)
register(
    "sighting.flagged",
    subject="sighting",
    meaning="The licensor holds what was seen to be an incident: a use that nobody authorised.",
    private=["reason"],
)
register(
    "output.declared",
    subject="output",
    meaning="A licensee declared what it made under grants and uses of consents.",
    data={"output_kind": OutputKind.values, "members": int},
    refs=["under*"],
    private=["output"],
)
register(
    "output.signed",
    subject="output",
    meaning="What a licensee declared was signed.",
    data={"form": OutputForm.values, "manifest": str},
    private=["file"],
)
register(
    "output.updated",
    subject="output",
    meaning="Consents that have ended were struck out of what was signed, by a later manifest.",
    data={"manifest": str},
    refs=["consents*"],
)
register(
    "output.disputed",
    subject="output",
    meaning="A licensor, or who represents a performer, holds that it is not as was declared.",
    private=["reason"],
)
register(
    "output.dispute_withdrawn",
    subject="output",
    meaning="Who disputed it does so no longer.",
)
keep_as_evidence("credential", "delivery", "certificate", "sighting", "manifest", "output")
