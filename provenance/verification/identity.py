"""Did the licensor itself sign what is said of its rights?"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from edgecode.verify import codes
from provenance import manifests
from provenance.names import visible
from provenance.trust import pki
from provenance.verification.answers import Check, Outcome, Text
from provenance.verification.inspection import Inspection


def licensor(found: Inspection, *, ours: bool) -> Check:
    """Whether the licensor that the grant names signed what is said of its rights itself; `ours`:
    a key of ours signed the whole."""
    signed = found.licensor
    if signed is None:
        title = (
            _("The licensor has not signed it itself; Edgecode has.")
            if ours
            else _("The licensor has not signed it itself.")
        )
        return Check("licensor", Outcome.UNKNOWN, title)
    party = codes.as_map((found.grant or {}).get("licensor"))
    name = visible(signed.common_name)
    if not signed.sound:
        title = _("The licensor’s own signature does not belong to what is said here.")
        return Check("licensor", Outcome.FAILED, title, name)
    if not signed.trusted:
        title = (
            _("The certificate of who signed for the licensor is not valid now.")
            if signed.over
            else _("Somebody signed for the licensor whose identity we cannot confirm.")
        )
        return Check("licensor", Outcome.WARNING, title, once_named(name) if signed.over else name)
    if manifests.GRANT not in signed.about:
        title = _("The licensor’s own signature is not about the licence.")
        return Check("licensor", Outcome.WARNING, title, name)
    if not signed.is_of(party.get("code")):
        title = _("Another organisation than the licensor signed what is said of its rights.")
        return Check("licensor", Outcome.FAILED, title, name)
    title = _("%(name)s itself signed what is said of its rights.")
    return signed_in_name("licensor", signed, str(party.get("name", "–")), title)


def signed_in_name(
    check_id: str, signed: codes.Identity, organisation: str, title: Promise
) -> Check:
    """Return what is said where an organisation's own identity signed: `title`, with its name; or
    that this installation made that identity, which proves nothing, whoever signs the claim."""
    said, name = {"name": visible(organisation)}, visible(signed.common_name)
    if pki.DEVELOPMENT_MARK not in signed.organisation:
        return Check(check_id, Outcome.OK, title % said, name)
    made_here = _("Signed in the name of %(name)s by this installation.")
    detail = _("%(name)s. Nobody outside this installation should trust it.")
    return Check(check_id, Outcome.WARNING, made_here % said, detail % {"name": name})


def once_named(name: str) -> Text:
    """What is said of a name in a certificate that is not valid now."""
    return _("It names %(name)s, which can no longer be confirmed.") % {"name": name}
