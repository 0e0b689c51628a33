"""What an output came from that we delivered or signed: whether a licence that it names covers it.

A copy that was delivered may be edited and declared as another work. Its credential goes in with
it, and tells under which licence it had been delivered, whatever the declaration names. That is
kept when a file is read: when it is signed, and of one that was declared by its SHA-256 alone when
somebody shows it. Everybody who asks what an output came from asks what is kept.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.models import Organisation
from catalog.scope.ranges import within
from edgecode.verify import codes
from licensing.models import GrantedAsset
from provenance.jumbf import signer_certificate
from provenance.models import Credential, CredentialForm, Output, OutputSource
from provenance.verification.inspection import Inspection
from provenance.verification.issued import is_our_signature, is_signed_as, issued_in

_OF_COPY: Final = ("granted_asset__grant", "granted_asset__asset", "clip")


class Past(NamedTuple):
    """What an output came from: the other outputs that we signed, and the credentials of delivered
    files that were used for it or for one of these, and that no grant covers which that one
    names."""

    uncovered: list[Credential]
    outputs: list[Output]

    def note(self, credential: Credential) -> None:
        """Note that a file was used for an output that names no grant which covers it."""
        if credential not in self.uncovered:
            self.uncovered.append(credential)


def past_of(inside: Inspection, output: Output) -> Past:
    """Return what an output came from by the manifests that its file carries, as far as they are
    vouched for: the newest is its own, or is what it was made from, as of a delivered copy or
    another work that was changed since and declared by its SHA-256 alone."""
    past = Past([], [])
    credential, made = _newest_of_ours(inside)
    if credential is not None:
        sources = list(output.sources.defer("members"))
        if not _is_covered(credential, sources, output.organisation_id):
            past.note(credential)
        return past
    if made is not None and made != output:
        past.outputs.append(made)
    _Walk(inside, past).go(inside.said_in, made or output)
    return past


def keep_past(output: Output, past: Past) -> None:
    """Keep what was found of what a signed output came from; nothing of it is ever taken back."""
    known = set(output.from_copies.all())
    output.from_copies.add(*(each for each in past.uncovered if each not in known))
    met = {output, *output.from_works.all()}
    output.from_works.add(*(each for each in past.outputs if each not in met))


def learn_past(inside: Inspection, outputs: Iterable[Output]) -> None:
    """Keep what a file, as it was read, tells of those outputs that were declared of its very
    bytes: of others with the same manifest beside them nobody has declared anything."""
    if not inside.has_manifest:
        return
    for output in outputs:
        if inside.file_sha256 in {output.signed_sha256, output.file_sha256}:
            keep_past(output, past_of(inside, output))


def uncovered_copies(output: Output) -> list[Credential]:
    """Return the credentials of delivered files that an output came from and that no grant covers
    which it names, by what was found in it and by its bytes."""
    found = output.from_copies.select_related(*_OF_COPY).order_by("pk")
    copies = _copies(output.organisation, output.file_sha256)
    # What was delivered later can be the work itself, which somebody bought and licensed on.
    copies = [each for each in copies if (at := each.signed_at) and at <= output.declared_at]
    sources = list(output.sources.defer("members")) if copies else []
    if any(_is_covered(each, sources, output.organisation_id) for each in copies):
        copies = []
    return list(dict.fromkeys([*found, *copies[:1]]))


def works_behind(output: Output) -> list[Output]:
    """Return the other outputs that one came from, each once, and what these were later found to
    come from."""
    ahead, met = [output], {output}
    while ahead:
        inner = ahead.pop().from_works.defer("manifest").select_related("organisation")
        new = [each for each in inner.order_by("pk") if each not in met]
        met.update(new)
        ahead += new
    return sorted(met - {output}, key=lambda each: each.pk)


def check_copy(organisation: Organisation, sha256: str, sources: Collection[OutputSource]) -> None:
    """Raise Invalid where a file has the bytes of a copy that was delivered under a licence that is
    not named, nor goes on in one that is, with the file."""
    copies = _copies(organisation, sha256)
    if not copies or any(_is_covered(each, sources, organisation.pk) for each in copies):
        return
    own = [each for each in copies if each.granted_asset.grant.licensee_id == organisation.pk]
    if not own:
        raise Invalid("sha256", _("This very file was delivered to somebody else."))
    granted = own[0].granted_asset
    newest = granted.grant.newest
    said = {"grant": newest.display_code, "file": granted.asset.display_code}
    if not newest.granted_assets.filter(asset=granted.asset_id).exists():
        title = _(
            "This very file was delivered under a licence that was amended; grant %(grant)s, which"
            " took its place, leaves it out."
        )
    elif any(each.grant == newest for each in sources):
        title = _("This very file is %(file)s of grant %(grant)s: name it among the files.")
    else:
        title = _("This very file was delivered under grant %(grant)s: name that one.")
    raise Invalid("sources", title % said)


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


def _newest_of_ours(found: Inspection) -> tuple[Credential | None, Output | None]:
    """Return of what we signed the newest manifest in a file is, be the content what it was signed
    for or not."""
    name = found.manifest_id
    place = f"self#jumbf=/c2pa/{name}/c2pa.signature"
    fails = any(finding.where == place for finding in found.findings)
    if fails or not codes.is_claim_trusted(found.raw or {}, name):
        return None, None
    issued = Credential.objects.named([name]).select_related(*_OF_COPY)
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
    return list(rows.select_related(*_OF_COPY).order_by("pk"))


def _is_covered(credential: Credential, sources: Collection[OutputSource], maker: int) -> bool:
    """Return whether a delivered file is of a grant that is named; or is among the files that are
    named of one, as of the amended licence that took the place of its own, where it was delivered
    to the same side. Where none of its files are named, all are."""
    granted = credential.granted_asset
    if any(granted.grant_id == each.grant_id for each in sources):
        return True
    if granted.grant.licensee_id != maker:
        return False
    clip, code = credential.clip, granted.asset.code
    part = [[clip.from_ms, clip.to_ms]] if clip is not None else []
    grants = {each.grant_id for each in sources if not each.files or code in each.files}
    rows = GrantedAsset.objects.filter(grant__among=grants, asset=granted.asset_id)
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
        sources = list(work.sources.defer("members")) if delivered else []
        for each in delivered:
            if not _is_covered(each, sources, work.organisation_id):
                self._past.note(each)

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
