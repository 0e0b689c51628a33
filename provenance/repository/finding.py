"""The manifest repository: which manifests belong to a file, and who gets them.

A credential names licensor and licensee, and the public log names every credential's manifest; so
that name alone opens nothing. Nor does a SHA-256: who registered a copy, or declared it as a work,
has told it to others. A credential is given to both sides of its grant and to whoever sends the
file. Anybody who has the content of a registered file gets the manifest that says who registered
it, and manifests that organisations stored here, which they did for that. What a licensee made is
found by its bytes, by its maker and by whoever sends the file that carries its manifest.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.core import signing
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, as_reader
from accounts.errors import Invalid, NotFound
from catalog.models import Asset, WorkState
from provenance.content_codes import ISCC, SHA256, NotACode, from_base64, from_bytes
from provenance.jumbf import only_active, signer_certificate
from provenance.leased_rows import MAX_ATTEMPTS
from provenance.models import (
    Credential,
    Manifest,
    Output,
    OutputForm,
    Registration,
    StoredBinding,
    StoredManifest,
)
from provenance.outputs.declaring import is_maker
from provenance.recognition import Recognised, delivered_as, near, recognise, registered_as

ALGORITHMS: Final = (ISCC, SHA256)
RESULTS_MAX: Final = 100
_SALT: Final = "edgecode.manifest"
_SHOWN_FOR: Final = timedelta(hours=1)
_LATE: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Match:
    """A manifest of what was asked about, and how near (100: exact). `key`: what opens it for who
    has sent the file. `is_stored`: somebody put it here, and nobody has looked at
    whether what it is bound to is theirs."""

    manifest_id: str
    score: int
    key: str = ""
    is_stored: bool = False


def by_binding(actor: Actor, *, alg: str, value: str, limit: int) -> list[Match]:
    """Return the manifests bound to a value in base64. Raises Invalid("alg"), Invalid("value")."""
    actor = as_reader(actor)
    if alg not in ALGORITHMS:
        raise Invalid("alg", _("This repository does not know the algorithm."))
    try:
        raw = from_base64(value)
        units = from_bytes(raw) if alg == ISCC else {}
    except NotACode as error:
        raise Invalid("value", str(error)) from None
    if alg == SHA256:
        if len(raw) != hashlib.sha256().digest_size:
            raise Invalid("value", _("A SHA-256 has 32 bytes."))
        found = _of_hash(actor, raw.hex())
    else:
        found = _of_content(actor, units)
    return best([*found, *_stored(alg, raw)], limit)


def by_file(actor: Actor, path: Path, *, mime: str, sha256: str, limit: int) -> list[Match]:
    """Return the manifests of a file. It is read in limited processes only. Raises OSError."""
    known = recognise(path, mime=mime, sha256=sha256, actor=actor)
    actor = as_reader(actor)
    found: list[Match] = []
    if known.credential is not None:
        found.append(_opened(known.credential.newest_manifest_id))
    found += [*_of_assets(actor, known.assets), *_carried(sha256), *_made(actor, sha256)]
    if _carries_stored(known):
        found.append(Match(known.manifest_id, 100, is_stored=True))
    return best([*found, *_stored(SHA256, bytes.fromhex(sha256))], limit)


def _carries_stored(known: Recognised) -> bool:
    """Return whether who signed the manifest in the file signed the one that is stored under its
    name, too: anybody can give a manifest the name of another's."""
    rows = StoredManifest.objects.filter(manifest_id=known.manifest_id)
    body = rows.values_list("body", flat=True).first() if known.signer_sha256 else None
    if body is None:
        return False
    try:
        certificate = signer_certificate(bytes(body))
    except ValueError:
        return False
    return hashlib.sha256(certificate).hexdigest() == known.signer_sha256


def manifest_store(actor: Actor, manifest_id: str, *, key: str = "", alone: bool = False) -> bytes:
    """Return the manifest store that a manifest is in, or a store of that manifest `alone` where
    it can be taken out.

    `key` is of a match. Raises NotFound, also for who may not have it.
    """
    if "\0" in manifest_id:  # which no text of a database holds
        raise NotFound
    store = _store(as_reader(actor), manifest_id, key)
    if alone:
        with suppress(ValueError):  # one that was kept before it had to be read by us
            return only_active(store)
    return store


def health() -> str:
    """Return ok, or degraded while files that were granted wait to be found."""
    late = Q(not_before__lt=timezone.now() - _LATE) | Q(attempts__gte=MAX_ATTEMPTS)
    waits = Registration.objects.filter(late, state=WorkState.DUE)
    return "degraded" if waits.exists() else "ok"


def _store(actor: Actor, manifest_id: str, key: str) -> bytes:
    public = _public(manifest_id)
    if public is not None:
        return public
    named = Credential.objects.named([manifest_id])
    if not _opens(key, manifest_id):
        named = named & Credential.objects.visible_to(actor)
    # By an earlier name, too, the newest: the earlier one is in it, without what was struck out.
    body = Manifest.objects.filter(credential__in=named).values_list("body", flat=True).first()
    if body is not None:
        return bytes(body)
    output = Output.objects.named([manifest_id]).first()
    if output is None or not (is_maker(actor, output) or _opens(key, manifest_id)):
        raise NotFound
    return output.newest[1]


def is_known(manifest_id: str) -> bool:
    """Return whether a manifest of that name is here, for whomever; the log says so too."""
    return (
        Credential.objects.named([manifest_id]).exists()
        or Output.objects.named([manifest_id]).exists()
        or _public(manifest_id) is not None
    )


def _public(manifest_id: str) -> bytes | None:
    if not manifest_id:
        return None
    registered = Registration.objects.filter(manifest_id=manifest_id)
    stored = StoredManifest.objects.filter(manifest_id=manifest_id)
    body = (
        registered.values_list("manifest", flat=True).first()
        or stored.values_list("body", flat=True).first()
    )
    return bytes(body) if body is not None else None


def _of_hash(actor: Actor, sha256: str) -> list[Match]:
    """What who asks may have by its name, and no more: that they know the hash shows no file."""
    delivered = delivered_as(sha256)
    mine = Credential.objects.visible_to(actor)
    is_mine = delivered is not None and mine.filter(pk=delivered.pk).exists()
    sides = [Match(delivered.newest_manifest_id, 100)] if delivered and is_mine else []
    registered = _of_assets(actor, [(asset, 100) for asset in registered_as(sha256)])
    return [*sides, *registered, *_made(actor, sha256)]


def _carried(sha256: str) -> list[Match]:
    """What licensees made, by the very file that has the manifest inside, for whoever sends it."""
    signed = Output.objects.filter(signed_sha256=sha256, form=OutputForm.EMBEDDED)
    rows = signed.filter(state=WorkState.DONE).order_by("pk")[:RESULTS_MAX]
    return [_opened(output.newest[0]) for output in rows]


def _made(actor: Actor, sha256: str) -> list[Match]:
    """What licensees made, by its bytes, for its maker. A manifest beside the file names to nobody
    else what it was made with."""
    same = Q(signed_sha256=sha256) | Q(file_sha256=sha256)
    rows = Output.objects.filter(same, state=WorkState.DONE).order_by("pk")[:RESULTS_MAX]
    return [Match(output.newest[0], 100) for output in rows if is_maker(actor, output)]


def _of_content(actor: Actor, units: Mapping[str, str]) -> list[Match]:
    found = [(each.registration.asset, each.likeness.score) for each in near(units)]
    return _of_assets(actor, found)


def _of_assets(actor: Actor, assets: Iterable[tuple[Asset, int]]) -> list[Match]:
    """The registrations of these files, and of their credentials those of who asks."""
    scores = {asset.pk: score for asset, score in assets}
    mine = Credential.objects.visible_to(actor).filter(
        granted_asset__asset__in=scores, state=WorkState.DONE
    )
    rows = [
        *(
            (each.granted_asset.asset_id, each.newest_manifest_id)
            for each in mine.select_related("granted_asset").order_by("-pk")[:RESULTS_MAX]
        ),
        *Registration.objects.filter(pk__in=scores, state=WorkState.DONE).values_list(
            "pk", "manifest_id"
        ),
    ]
    return [Match(manifest_id, scores[key]) for key, manifest_id in rows]


def _stored(alg: str, value: bytes) -> list[Match]:
    """The first of each organisation, then the second: whoever stored many hides nobody's."""
    digest = hashlib.sha256(value).hexdigest()
    rows = StoredBinding.objects.filter(alg=alg, value_sha256=digest)
    owner = F("manifest__organisation")
    place = Window(RowNumber(), partition_by=owner, order_by=F("pk"))
    ordered = rows.annotate(place=place).order_by("place", "pk")
    names = ordered.values_list("manifest__manifest_id", flat=True)[:RESULTS_MAX]
    return [Match(name, 100, is_stored=True) for name in names]


def best(found: Iterable[Match], limit: int) -> list[Match]:
    """Return the nearest, each manifest once; of the same one that which can be opened. What others
    stored comes last: however much of it there is, it hides nothing of what is registered."""
    best: dict[str, Match] = {}
    for match in sorted(found, key=lambda each: (each.is_stored, -each.score, not each.key)):
        best.setdefault(match.manifest_id, match)
    return list(best.values())[:limit]


def _opened(manifest_id: str) -> Match:
    return Match(manifest_id, 100, signing.dumps(manifest_id, salt=_SALT))


def _opens(key: str, manifest_id: str) -> bool:
    try:
        return bool(key) and signing.loads(key, salt=_SALT, max_age=_SHOWN_FOR) == manifest_id
    except (signing.BadSignature, ValueError):
        return False
