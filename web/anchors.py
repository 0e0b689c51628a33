"""Whom a stranger has to trust to check our files: the roots, by what each of them is for."""

from dataclasses import dataclass

from cryptography import x509
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provenance.trust import pki

type Text = str | Promise


@dataclass(frozen=True)
class Root:
    """A root. `heading` is what the trust bundle says above it, `file` the name in the API of a
    file that has it alone or with others; `is_development`: this installation made it itself."""

    heading: str
    signs: Text
    name: str
    sha256: str
    file: str
    is_development: bool


def roots() -> list[Root]:
    """Return every root of the trust bundle: that of status lists apart, where it is none of
    claims."""
    claims, lists = pki.claim_anchor_pem(), pki.status_anchor_pem()
    is_of_both = lists in claims
    signs = _("credentials of files, status lists") if is_of_both else _("credentials of files")
    apart = [] if is_of_both else _roots("statuses", _("status lists"), lists, "status-anchors")
    return [
        *_roots("claims", signs, claims, "trust-anchors"),
        *_roots("times", _("time stamps"), pki.time_anchor_pem(), "trust-anchors"),
        *_roots(
            "identities",
            _("what licensors and makers sign themselves"),
            pki.identity_anchor_pem(),
            "identity-anchors",
        ),
        *apart,
    ]


def _roots(heading: str, signs: Text, roots_pem: str, file: str) -> list[Root]:
    made_here = pki.development_roots(roots_pem)
    return [
        Root(
            heading=heading,
            signs=signs,
            name=_name(each.subject),
            sha256=pki.fingerprint(each),
            file=file,
            is_development=each in made_here,
        )
        for each in x509.load_pem_x509_certificates(roots_pem.encode())
    ]


def _name(subject: x509.Name) -> str:
    named = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(named[0].value) if named else subject.rfc4514_string()
