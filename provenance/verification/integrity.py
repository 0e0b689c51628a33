"""Is the content what was signed?"""

from django.utils.translation import gettext_lazy as _

from provenance.verification.answers import Check, Outcome
from provenance.verification.inspection import Inspection, Integrity


def integrity(found: Inspection) -> Check:
    reasons = " ".join(dict.fromkeys(str(finding.reason) for finding in found.findings))
    if found.integrity == Integrity.INTACT:
        return Check(
            "integrity",
            Outcome.OK,
            _("The content is exactly what was signed."),
            _("SHA-256 %(sha256)s") % {"sha256": found.file_sha256},
        )
    if found.was_stopped:
        title = _("Whether the content is what was signed has not been found out.")
        again = _("That says nothing of the file: check it again later.")
        return Check("integrity", Outcome.UNKNOWN, title, f"{reasons} {again}")
    if found.is_by_sidecar:
        return _beside(found, reasons)
    if found.integrity == Integrity.ALTERED:
        return Check("integrity", Outcome.FAILED, _("The content is not what was signed."), reasons)
    return Check("integrity", Outcome.FAILED, _("The file could not be read."), reasons)


def _beside(found: Inspection, reasons: str) -> Check:
    """A file that may be as it was signed, with a manifest beside it that does not fit."""
    title = _("The .c2pa file could not be read.")
    if found.integrity == Integrity.ALTERED:
        title = _("The content is not what the .c2pa file was signed for.")
    try_again = _("Check the file without the .c2pa file, or with the one that came with it.")
    return Check("integrity", Outcome.FAILED, title, f"{reasons} {try_again}")
