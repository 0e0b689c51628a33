"""Did we issue this credential, and is the file the one that we delivered with it?"""

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from catalog.models import Asset
from edgecode.verify import codes
from provenance.credentials.files import is_as_signed
from provenance.jumbf import active_manifest_id, signer_certificate
from provenance.models import Credential
from provenance.verification.answers import Check, Outcome
from provenance.verification.inspection import Inspection
from provenance.verification.wording import spaced


def record(found: Inspection, credential: Credential | None, path: Path) -> Check:
    said = found.grant or {}
    if (
        credential is None
        or said.get("grant") != credential.granted_asset.grant.code
        or not is_our_signature(found, credential)
    ):
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if not is_as_signed(credential, path, found.file_sha256):
        return Check(
            "record",
            Outcome.FAILED,
            _("The file is not byte for byte the one that we delivered."),
            _("Parts that the signature leaves open were changed."),
        )
    if holds_more(found, lambda: _store_named(credential, found.manifest_id)):
        return filled_with_more()
    return Check(
        "record",
        Outcome.OK,
        _("Issued to %(licensee)s by %(licensor)s.")
        % {
            "licensee": codes.as_map(said.get("licensee")).get("name", "–"),
            "licensor": codes.as_map(said.get("licensor")).get("name", "–"),
        },
        _("Grant EC %(head)s %(tail)s, byte for byte the file that was delivered.")
        % {"head": str(said.get("grant"))[:4], "tail": str(said.get("grant"))[4:]},
    )


def holds_more(found: Inspection, own: Callable[[], bytes | None]) -> bool:
    """Return whether a .c2pa file of ours was filled with what nobody signed, and is not our own
    copy of that manifest either, whose time stamp may be of an authority that is none of the roots
    now. Of a file that carries its credential the hash of the whole tells."""
    if found.found_in != "sidecar" or found.is_blank:
        return False
    store = own()
    return store is None or hashlib.sha256(store).hexdigest() != found.store_sha256


def filled_with_more() -> Check:
    return Check(
        "record",
        Outcome.FAILED,
        _("The .c2pa file holds more than we wrote."),
        _("Parts that the signature leaves open were changed."),
    )


def is_our_signature(found: Inspection, credential: Credential) -> bool:
    """Return whether a manifest that has the name of one of a credential's is signed as that is."""
    signer = found.signer.certificate_sha256 if found.signer is not None else ""
    return is_signed_for(credential, found.manifest_id, signer)


def is_signed_for(credential: Credential, manifest_id: str, certificate_sha256: str) -> bool:
    """Return whether this certificate signed the manifest that a credential has by this name."""
    if not certificate_sha256:
        return False
    if (manifest_id, certificate_sha256) == (credential.manifest_id, credential.signer_sha256):
        return True
    # An older row may name the signer that came next; our own copy tells who signed.
    store = _store_named(credential, manifest_id)
    return store is not None and _certificate_sha256(store) == certificate_sha256


def _store_named(credential: Credential, manifest_id: str) -> bytes | None:
    """Return our own copy of the manifest that a credential has by this name."""
    if manifest_id == credential.newest_manifest_id:
        return bytes(credential.manifest.body)
    earlier = map(bytes, credential.updates.values_list("earlier", flat=True))
    return next((store for store in earlier if active_manifest_id(store) == manifest_id), None)


def issued_in(found: Inspection, names: Collection[str]) -> dict[str, Credential]:
    """Return the manifests of these names inside a file that are of our own credentials, with
    those: by who signed them, as for the newest one."""
    rows = Credential.objects.named(names).select_related(
        "granted_asset__grant__superseded_by", "granted_asset__asset", "granted_asset__clearance"
    )
    issued = {}
    for each in rows.order_by("pk"):
        later = each.updates.values_list("manifest_id", flat=True) if each.newest_id else ()
        for name in {each.manifest_id, *later}.intersection(names):
            if is_signed_for(each, name, found.certificates.get(name, "")):
                issued[name] = each
    return issued


def _certificate_sha256(store: bytes) -> str:
    return hashlib.sha256(signer_certificate(store)).hexdigest()


def is_signed_as(found: Inspection, store: bytes) -> bool:
    """Return whether the certificate is the one of our own copy of that manifest. Where a
    recognised authority certifies us, others stand under its root, too, and may give their
    manifests our names."""
    ours = _certificate_sha256(store)
    return found.signer is not None and found.signer.certificate_sha256 == ours


def registered(found: Inspection, asset: Asset) -> Check:
    """Who registered the file, where its credential says that alone."""
    if found.file_sha256 != asset.sha256 or not is_signed_as(
        found, bytes(asset.registration.manifest)
    ):
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if holds_more(found, lambda: bytes(asset.registration.manifest)):
        return filled_with_more()
    return Check(
        "record",
        Outcome.OK,
        _("Registered by %(registrant)s.") % {"registrant": asset.organisation.name},
        _("File EC %(code)s. Who may use it, and for what, its licences say.")
        % {"code": spaced(asset.code)},
    )
