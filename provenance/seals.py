"""The seal of an agreement: a PAdES signature of this installation over the PDF both sides hold.

The signature is added behind the agreement's bytes, so what the log knows by its hash is the
sealed file's beginning. It says that these are the bytes of the agreement and since when (PAdES
B-T, with a token of the authority that stamps credentials); it concludes nothing: the approvals
did.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from asn1crypto import cms, pem, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from catalog.objects import object_store
from ledger import keys
from licensing.models import Agreement
from provenance.signing_now import CannotSign, signing_now
from provenance.trust import pki, stamps

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

FIELD = "EdgecodeSeal"
_SEALED_AT_ONCE = 20


@dataclass(frozen=True)
class Reading:
    """What a reader of PDFs finds in a sealed agreement, by its own calculation.

    `begins_with_sha256` is that of the bytes before the signature was added. `is_trusted`: the
    certificate leads to this installation's root.
    """

    signer: str
    reason: str
    sealed_at: datetime | None
    time_authority: str
    is_intact: bool
    is_trusted: bool
    covers_all: bool
    begins_with_sha256: str
    size_before: int


def seal_pending(limit: int = _SEALED_AT_ONCE) -> int:
    """Seal agreements that nobody has sealed yet; return how many. Safe to kill and to run twice:
    what an earlier run stored is written anew under the same key. While nothing can be signed none
    is sealed."""
    waiting = Agreement.objects.filter(sealed_key="").order_by("pk")
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)[:limit]):
        try:
            _seal(pk)
        except CannotSign:
            break
        done += 1
    return done


def sealed(agreement: Agreement) -> str:
    """Return the key of the sealed PDF; it is sealed now where no worker has come to it. Raises
    CannotSign."""
    return agreement.sealed_key or _seal(agreement.pk)


def _seal(pk: int) -> str:
    """Seal an agreement and keep it. Two at once write the same key: either seal holds."""
    rows = Agreement.objects.select_related("deal__licensor", "deal__request__organisation")
    agreement = rows.get(pk=pk)
    publish_keys()
    store = object_store()
    with store.open(agreement.pdf_key) as file:
        document = seal(file.read(), _reason(agreement))
    sealed_key = f"{agreement.pdf_key.removesuffix('.pdf')}.sealed.pdf"
    store.put_bytes(sealed_key, document)
    Agreement.objects.filter(pk=pk).update(sealed_key=sealed_key)
    return sealed_key


def publish_keys() -> None:
    """Put the keys that seal into the log, before their first use. Raises CannotSign."""
    with signing_now():
        in_use = pki.keys_in_use()
    for purpose, key in in_use:
        keys.publish(key, purpose=purpose)


def _reason(agreement: Agreement) -> str:
    """What a reader shows beside the signature: who agreed, when, on which bytes."""
    deal, at = agreement.deal, agreement.created_at.astimezone(UTC)
    parties = [
        f"{side} {party.name} ({party.code})"
        for side, party in (("Licensor", deal.licensor), ("Licensee", deal.licensee))
    ]
    return (
        f"Agreement {deal.code} between {' and '.join(parties)}, concluded {at:%Y-%m-%d %H:%M:%S}"
        f" UTC by the approvals in it. SHA-256 before this signature: {agreement.pdf_sha256}"
    )


def seal(pdf: bytes, reason: str) -> bytes:
    """Return the PDF with a signature behind its bytes. Whoever signs it too, breaks nothing;
    whoever changes it, does. Raises CannotSign while nothing can be signed."""
    # It takes a second to load, and only who seals or reads seals needs it.
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        name="Edgecode",
        reason=reason,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )
    target = BytesIO()
    with signing_now():
        stamper = _stamper(settings.ENV.timestamp_url)
        signer = signers.PdfSigner(meta, _signer(pki.signing_chain()), timestamper=stamper)
        signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=target)
    return target.getvalue()


def read_seal(document: bytes) -> Reading:
    """Return what the seal of a PDF says and whether it holds. ValueError: it has none of ours."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        found = PdfFileReader(BytesIO(document)).embedded_signatures
        signature = next(each for each in found if each.field_name == FIELD)
        status = _checked(signature)
        # The revision before the one that brought the signature.
        before = PdfFileReader(BytesIO(document)).xrefs.get_startxref_for_revision
        size = _end_of_revision(document, before(signature.signed_revision - 1))
    except (PdfError, StopIteration, IndexError) as error:
        raise ValueError("the file carries no seal of an agreement") from error
    stamp = status.timestamp_validity
    return Reading(
        signer=_name(status.signing_cert),
        reason=str(signature.sig_object.get("/Reason", "")),
        sealed_at=stamp.timestamp if stamp and stamp.valid and stamp.trusted else None,
        time_authority=_name(stamp.signing_cert) if stamp else "",
        is_intact=status.intact and status.valid,
        is_trusted=status.trusted,
        covers_all=status.coverage.name == "ENTIRE_FILE",
        begins_with_sha256=hashlib.sha256(document[:size]).hexdigest(),
        size_before=size,
    )


def _name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.native.get("common_name", ""))


def _checked(signature: Any) -> Any:
    """Return the status of a signature at the time that its stamp proves, else now: a certificate
    that ended since was good then."""
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    def at(moment: datetime | None) -> Any:
        return validate_pdf_signature(
            signature,
            ValidationContext(
                trust_roots=_certificates(pki.claim_anchor_pem()),
                allow_fetching=False,
                moment=moment,
            ),
            ts_validation_context=ValidationContext(
                trust_roots=_certificates(pki.time_anchor_pem()),
                allow_fetching=False,
            ),
        )

    status = at(None)
    stamp = status.timestamp_validity
    is_proven = stamp is not None and stamp.valid and stamp.trusted
    return at(stamp.timestamp) if is_proven else status


def _end_of_revision(document: bytes, startxref: int) -> int:
    """Return where the revision ends whose last cross-reference stands at `startxref`."""
    marker = document.index(b"%%EOF", startxref) + len(b"%%EOF")
    rest = document[marker : marker + 2]
    return marker + (2 if rest == b"\r\n" else 1 if rest[:1] in b"\r\n" and rest else 0)


@lru_cache(maxsize=2)
def _signer(identity: pki.Identity) -> "Signer":
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class KeySigner(Signer):
        """Signs with a key wherever it lies."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            # Only as long as a signature can be, where one is measured for.
            return bytes(72) if dry_run else key.sign(data, ec.ECDSA(hashes.SHA256()))

    leaf, *issuers = _certificates(identity.chain_pem)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    for issuer in issuers:
        store.register(issuer)
    key = identity.key
    return KeySigner(signing_cert=leaf, cert_registry=store)


@lru_cache(maxsize=2)  # by whom it asks: once more than it seals, to learn how long a token is
def _stamper(_url: str | None) -> Any:
    from pyhanko.sign.timestamps import TimeStamper

    class Asking(TimeStamper):
        """Asks for a stamp as those of credentials are asked for."""

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            # What it says is checked in a loop of its own, which one that runs cannot hold.
            return cms.ContentInfo.load(await asyncio.to_thread(stamps.token, message_digest))

    return Asking()  # type: ignore[no-untyped-call]


def _certificates(chain_pem: str) -> list[x509.Certificate]:
    parts = pem.unarmor(chain_pem.encode(), multiple=True)
    return [x509.Certificate.load(der) for _name, _headers, der in parts]
