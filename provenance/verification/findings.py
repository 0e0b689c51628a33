"""The reader's status codes, and what each means to somebody who is not an engineer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edgecode.verify.codes import REVOKED

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A limit of ours ended the reading: it says nothing of the file.
READER_STOPPED = "edgecode.reader.stopped"
# The manifest that was given beside a file is none.
SIDECAR_FAILED = "edgecode.sidecar.failed"
# Failures of the signer, the clock or a further identity: the content is what was signed.
_NOT_CONTENT = ("signingCredential.", "timeStamp.", "claimSignature.outsideValidity", "cawg.")

_CHANGED = _("The hash of the content is not the one that was signed.")
_STATEMENT = _("A statement in the manifest was changed, removed or added after signing.")
_SIGNATURE = _("The signature does not belong to this manifest.")
_EXPIRED = _("The signer's certificate was not valid at the time of signing, as far as is proven.")
_TIME = _("The time stamp is damaged or does not belong to this signature.")

# By code, or by the beginning of a code that ends with a full stop.
_REASONS = {
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.bmffHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
    "assertion.collectionHash.mismatch": _CHANGED,
    "assertion.hashedURI.mismatch": _STATEMENT,
    "assertion.missing": _STATEMENT,
    "assertion.undeclared": _STATEMENT,
    "claim.missing": _SIGNATURE,
    "claimSignature.missing": _SIGNATURE,
    "claimSignature.mismatch": _SIGNATURE,
    "claimSignature.outsideValidity": _EXPIRED,
    "signingCredential.untrusted": _("Nobody we know vouches for the signer."),
    "signingCredential.invalid": _("The signer's certificate is not one for signing manifests."),
    REVOKED: _("The signer's certificate was revoked."),
    "signingCredential.expired": _EXPIRED,
    "timeStamp.untrusted": _("Nobody we know vouches for the time stamp."),
    "timeStamp.outsideValidity": _("The time stamp's certificate had expired."),
    "timeStamp.": _TIME,
    "cawg.": _("A further identity in the manifest could not be confirmed."),
    "ingredient.": _("Something this file was made from does not match its own credential."),
    "edgecode.more": _("Something was added where the signature does not look."),
    READER_STOPPED: _("Reading the file took more time or memory than we allow."),
    SIDECAR_FAILED: _("It is damaged, or holds no C2PA credential."),
    "edgecode.reader.failed": _("The file is damaged, or not of the kind that its name says."),
}
_OTHER = _("The manifest breaks a rule of its standard.")


@dataclass(frozen=True)
class Finding:
    """One failure: its code, the address inside the manifest, the reader's own words (English)."""

    code: str
    where: str = ""
    detail: str = ""

    @property
    def reason(self) -> "_StrPromise":
        """What it means, in one sentence."""
        family = self.code.partition(".")[0] + "."
        return _REASONS.get(self.code) or _REASONS.get(family) or _OTHER


def concerns_content(code: str) -> bool:
    """Return whether a failure of this code means that the content is not what was signed."""
    return not code.startswith(_NOT_CONTENT)
