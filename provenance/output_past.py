"""What an output came from that we delivered or signed: whether a licence that it names covers it.

A copy that was delivered may be edited and declared as another work. Its credential goes in with
it, and tells under which licence it had been delivered, whatever the declaration names.
"""

import hashlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.models import Organisation
from catalog.scope.ranges import within
from edgecode.verify import codes
from licensing.models import Grant, GrantedAsset
from provenance.inspection import Inspection
from provenance.jumbf import signer_certificate
from provenance.models import Credential, CredentialForm
from provenance.output_models import Output
from provenance.report_checks import is_our_signature, is_signed_as, issued_in


class Past(NamedTuple):
    """What an output came from: the other outputs that we signed, and the credentials of delivered
    files that were used for it or for one of these, and that no grant covers which that one names;
    `doubted` are the outputs that those were used for, itself among them."""

    uncovered: list[Credential]
    outputs: list[Output]
    doubted: list[Output]

    def note(self, credential: Credential, output: Output) -> None:
        """Note that a file was used for an output that names no grant which covers it."""
        if credential not in self.uncovered:
            self.uncovered.append(credential)
        if output not in self.doubted:
            self.doubted.append(output)


def past_of(found: Inspection, output: Output, inside: Inspection | None = None) -> Past:
    """Return what is known of what an output came from: by the manifests inside, as far as they are
    vouched for, and by its bytes. `inside`: what the file carries itself, where the manifest of the
    output stands beside it."""
    grants = set(output.sources.values_list("grant", flat=True))
    past = Past([], [], [])
    copies = _copies(output.organisation, output.file_sha256)
    # What was delivered later can be the work itself, which somebody bought and licensed on.
    copies = [each for each in copies if (at := each.signed_at) and at <= output.declared_at]
    if copies and not any(_is_covered(each, grants, output.organisation_id) for each in copies):
        past.note(copies[0], output)
    _Walk(found, past).go(found.said_in, output)
    if inside is not None:
        _add_carried(past, inside, output)
    return past


def check_copy(organisation: Organisation, sha256: str, grants: Collection[Grant]) -> None:
    """Raise Invalid where a file has the bytes of a copy that was delivered under a licence that is
    not named, nor goes on in one that is."""
    copies = _copies(organisation, sha256)
    named = {grant.pk for grant in grants}
    if not copies or any(_is_covered(each, named, organisation.pk) for each in copies):
        return
    own = [each for each in copies if each.granted_asset.grant.licensee_id == organisation.pk]
    if not own:
        raise Invalid("sha256", _("This very file was delivered to somebody else."))
    raise Invalid(
        "sources",
        _("This very file was delivered under grant %(grant)s: name that one.")
        % {"grant": own[0].granted_asset.grant.newest.display_code},
    )


def made_in(found: Inspection, names: Collection[str]) -> dict[str, Output]:
    """Return the manifests of these names in a file that are of outputs that we signed, with those:
    by who signed them, for under a root of ours others may stand, who can give theirs the name."""
    made = {}
    for each in Output.objects.named(names).prefetch_related("updates").order_by("pk"):
        stores = {each.manifest_id: bytes(each.manifest)}
        stores |= {later.manifest_id: bytes(later.manifest) for later in each.updates.all()}
        for name in stores.keys() & set(names):
            ours = hashlib.sha256(signer_certificate(stores[name])).hexdigest()
            if found.certificates.get(name) == ours:
                made[name] = each
    return made


def _add_carried(past: Past, inside: Inspection, output: Output) -> None:
    """Note what a file carries that an output was declared of by its SHA-256 alone: it may be a
    copy that was delivered, or another work, and changed since."""
    credential, made = _newest_of_ours(inside)
    if credential is not None:
        grants = set(output.sources.values_list("grant", flat=True))
        if not _is_covered(credential, grants, output.organisation_id):
            past.note(credential, output)
        return
    if made == output:  # its own, older than the one beside it
        return
    if made is not None and made not in past.outputs:
        past.outputs.append(made)
    _Walk(inside, past).go(inside.said_in, made or output)


def _newest_of_ours(found: Inspection) -> tuple[Credential | None, Output | None]:
    """Return of what we signed the newest manifest in a file is, be the content what it was signed
    for or not."""
    name = found.manifest_id
    place = f"self#jumbf=/c2pa/{name}/c2pa.signature"
    fails = any(finding.where == place for finding in found.findings)
    if fails or not codes.is_claim_trusted(found.raw or {}, name):
        return None, None
    issued = Credential.objects.named([name]).select_related("granted_asset__grant", "clip")
    credential, made = issued.first(), Output.objects.named([name]).first()
    if credential is not None and not is_our_signature(found, credential):
        credential = None
    if made is not None and not is_signed_as(found, store_named(made, name)):
        made = None
    return credential, made


def _copies(organisation: Organisation, sha256: str) -> list[Credential]:
    """Return the credentials that these bytes were delivered under. With its credential beside it
    a file is the same for all: of those only what this organisation was given."""
    own = Q(form=CredentialForm.EMBEDDED) | Q(granted_asset__grant__licensee=organisation)
    rows = Credential.objects.delivered_as(sha256).filter(own)
    return list(rows.select_related("granted_asset__grant", "clip").order_by("pk"))


def _is_covered(credential: Credential, grants: Collection[int], maker: int) -> bool:
    """Return whether a delivered file is of one of these grants; or is in one of them, as in the
    amended licence that took the place of its own, where it was delivered to the same side."""
    granted = credential.granted_asset
    if granted.grant_id in grants:
        return True
    if granted.grant.licensee_id != maker:
        return False
    clip = credential.clip
    part = [[clip.from_ms, clip.to_ms]] if clip is not None else []
    rows = GrantedAsset.objects.filter(grant__among=set(grants), asset=granted.asset_id)
    return any(within(part, ranges) for ranges in rows.values_list("ranges", flat=True))


def store_named(output: Output, manifest_id: str) -> bytes:
    """Return our own copy of the manifest that an output has by this name."""
    later = output.updates.filter(manifest_id=manifest_id).values_list("manifest", flat=True)
    body = later.first()
    return bytes(output.manifest if body is None else body)


class _Walk:
    """The manifests inside a file, from the one that says what it is to what that was made from."""

    def __init__(self, found: Inspection, past: Past) -> None:
        self._past, self._whole = past, {found.manifest_id, found.said_in}
        self._manifests = codes.as_map((found.raw or {}).get("manifests"))
        # Also where its content is not what was signed, which had been changed before it went in.
        names = found.certificates
        self._credentials, self._outputs = issued_in(found, names), made_in(found, names)

    def go(self, name: str, output: Output) -> None:
        """Note what the output that a manifest is of was made from, and the outputs among that, and
        so on. Each answers for what lies beneath it by its own grants alone; what a delivered file
        was made from is for who licensed it to answer."""
        ahead, met = [(name, output)], {name}
        while ahead:
            name, work = ahead.pop()
            inner = list(self._inner(name))
            self._note(work, [found for each in inner if (found := self._credentials.get(each))])
            for each in inner:
                made = self._outputs.get(each)
                if made is None or each in met:
                    continue
                met.add(each)
                ahead.append((each, made))
                if made not in self._past.outputs:
                    self._past.outputs.append(made)

    def _note(self, work: Output, delivered: list[Credential]) -> None:
        grants = set(work.sources.values_list("grant", flat=True)) if delivered else set()
        for each in delivered:
            if not _is_covered(each, grants, work.organisation_id):
                self._past.note(each, work)

    def _inner(self, name: str) -> Iterator[str]:
        """Yield the manifests of ours that one was made from, by whatever others between; not what
        these were made from in turn."""
        ahead, met = [name], {name, *self._whole}
        while ahead:
            manifest = codes.as_map(self._manifests.get(ahead.pop()))
            for each in codes.as_maps(manifest.get("ingredients")):
                inner = str(each.get("active_manifest") or "")
                if inner in met:
                    continue
                met.add(inner)
                if inner in self._credentials or inner in self._outputs:
                    yield inner
                else:
                    ahead.append(inner)
