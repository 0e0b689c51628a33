"""Who signed, and when at the latest?"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from edgecode.verify import codes
from ledger import keys
from provenance.names import visible
from provenance.trust import pki
from provenance.verification.answers import Check, Outcome
from provenance.verification.inspection import Inspection, Integrity, Trust
from provenance.verification.wording import at_utc


def is_ours(found: Inspection) -> bool:
    """Return whether a key of ours signed: the log names each before its first use. An authority
    that is recognised certifies others, too; one for development us alone."""
    if found.trust == Trust.EDGECODE and found.signer is not None:
        return keys.is_published(found.signer.key_sha256, purpose="credential")
    return found.trust == Trust.EDGECODE_DEVELOPMENT


def signer(found: Inspection, *, ours: bool) -> Check:
    """Who signed; `ours`: a key of ours did."""
    signer = found.signer
    name = f"{signer.common_name} ({signer.organisation})" if signer else "–"
    if found.integrity == Integrity.ALTERED:
        return Check(
            "signer",
            Outcome.UNKNOWN,
            _("The signature no longer fits, so it does not say who stands behind this file."),
            _("The credential names %(name)s as its signer.") % {"name": name},
        )
    if found.trust == Trust.EDGECODE and not ours:
        return Check(
            "signer",
            Outcome.OK,
            _("Signed by %(name)s, certified by an authority that certifies us.") % {"name": name},
        )
    if found.trust == Trust.EDGECODE:
        return Check("signer", Outcome.OK, _("Signed by Edgecode."), name)
    if found.trust == Trust.EDGECODE_DEVELOPMENT:
        return Check(
            "signer",
            Outcome.WARNING,
            _("Signed by this installation's development authority."),
            _("%(name)s. Nobody outside this installation should trust it.") % {"name": name},
        )
    return (
        _revoked(found)
        or _ended(found)
        or Check(
            "signer",
            Outcome.FAILED,
            _("The signer is not one we know."),
            _("It calls itself %(name)s; anybody can.") % {"name": name},
        )
    )


def _revoked(found: Inspection) -> Check | None:
    """Return what is said where the credential itself carries the answer of an authority that we
    recognise: nobody is asked."""
    if found.signer is None or not codes.is_revoked(found.raw or {}, found.manifest_id):
        return None
    return Check(
        "signer",
        Outcome.FAILED,
        _("The certificate of %(name)s was revoked, and no time stamp shows that it signed before.")
        % {"name": found.signer.common_name},
        _("An answer of its authority that the credential carries says so."),
    )


def _ended(found: Inspection) -> Check | None:
    """Return what is said where a key of ours signed whose certificate has ended since, and nothing
    proves that it signed before: of a copy that was delivered before its time stamp came."""
    signer = found.signer
    if signer is None or not keys.is_published(signer.key_sha256, purpose="credential"):
        return None
    if datetime.fromisoformat(signer.valid_until) > timezone.now():
        return None
    return Check(
        "signer",
        Outcome.FAILED,
        _("The certificate of %(name)s has ended, and no time stamp shows that it signed before.")
        % {"name": signer.common_name},
        _("The repository of manifests may have a stamped credential for this file."),
    )


def time(found: Inspection) -> Check:
    stamp = found.time_stamp
    if stamp is None:
        return Check("time", Outcome.UNKNOWN, _("No time stamp proves when it was signed."))
    said = {"authority": visible(stamp.authority), "time": at_utc(stamp.time)}
    if not stamp.trusted:  # anybody can put it there
        title = _("%(authority)s, whom we do not know, says that it was signed by %(time)s.")
        return Check("time", Outcome.UNKNOWN, title % said, _("That proves no time."))
    is_own = pki.DEVELOPMENT_MARK in stamp.authority  # who stamps may be another than who signs
    return Check(
        "time",
        Outcome.WARNING if is_own else Outcome.OK,
        _("Signed no later than %(time)s.") % said,
        _("Time stamp of %(authority)s.") % said,
    )
