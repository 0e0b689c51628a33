"""Which of our files a file is: told by what it carries, by its bytes, and by its content.

Nothing here asks who may know it. Whoever shows a file that was delivered holds it, and may know
what its credential says; that a file's content is registered says nothing of who licensed it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Invalid
from catalog.models import Asset, WorkState
from catalog.sandbox import Refused
from provenance.content_codes import Likeness, likeness, probes
from provenance.models import (
    CodeBand,
    Credential,
    CredentialForm,
    CredentialQuerySet,
    Matched,
    Output,
    OutputQuerySet,
    Registration,
)
from provenance.outputs.past import learn_past, store_named
from provenance.reckoning import content_units
from provenance.slots import slot
from provenance.verification.inspection import STRANGER, Integrity, Trust, inspect
from provenance.verification.issued import is_our_signature, is_signed_as

_CANDIDATES: Final = 500
_CANDIDATES_OF_ONE: Final = 100
_MATCHES: Final = 100
_OF_ONE: Final = 20
_OUTPUTS: Final = 20


class Near(NamedTuple):
    """A registered file whose content code is like another."""

    registration: Registration
    likeness: Likeness


@dataclass(frozen=True)
class Recognised:
    """What a file is, by the surest of the ways that told. `credential` is of the very copy;
    `assets` are the registered files of which it has the bytes or the content, the nearest first.
    `outputs` are what licensees declared to have made, where it is that: first the one whose
    manifest it carries. `manifest_id` is of that manifest, intact, whoever signed it;
    `signer_sha256` of the certificate of who did, where it is nothing that we signed."""

    matched: Matched
    credential: Credential | None = None
    assets: tuple[tuple[Asset, int], ...] = ()
    manifest_id: str = ""
    outputs: tuple[Output, ...] = ()
    signer_sha256: str = ""


def recognise(path: Path, *, mime: str, sha256: str, actor: Actor) -> Recognised:
    """Return what the file at `path` is. It is read in limited processes only. Raises OSError,
    Unavailable, and Invalid("file") where a limit kept it from being known."""
    if (delivered := delivered_as(sha256)) is not None:
        return _of(Matched.FILE, delivered, delivered.manifest_id)
    caller = actor.organisation.stream if actor.organisation else STRANGER
    found = inspect(path, mime=mime, sha256=sha256, caller=caller)
    made = declared_as(sha256)
    learn_past(found, made)
    carried = found.manifest_id if found.integrity == Integrity.INTACT else ""
    signer = found.signer.certificate_sha256 if carried and found.signer is not None else ""
    ours = carried if found.trust != Trust.NOBODY else ""
    copy = credential_named(ours)
    if copy is not None and is_our_signature(found, copy):
        return _of(Matched.MANIFEST, copy, carried)
    signed = output_named(ours)
    if signed is not None and not is_signed_as(found, store_named(signed, ours)):
        signed = None
    # Before what was declared, of which nobody has looked at whose bytes they are.
    if signed is None and (originals := registered_as(sha256)):
        exact = tuple((asset, 100) for asset in originals)
        return Recognised(Matched.ORIGINAL, None, exact, carried, (), signer)
    if signed is not None:
        made = [signed, *(each for each in made if each != signed)]
    similar = _similar(path, mime, caller)
    if found.was_stopped and not (made or similar):
        said = _("Reading this file took more than we allow, so nothing can be said of it.")
        raise Invalid("file", said)
    if made:
        by = Matched.MANIFEST if signed is not None else Matched.MADE
        return Recognised(by, None, similar, carried, tuple(made), signer)
    by = Matched.CONTENT if similar else Matched.NOTHING
    return Recognised(by, None, similar, carried, (), signer)


def _similar(path: Path, mime: str, caller: str) -> tuple[tuple[Asset, int], ...]:
    try:
        with slot(caller):
            units = content_units(path, mime)
    except Refused:
        units = {}
    return tuple((each.registration.asset, each.likeness.score) for each in near(units))


def delivered_as(sha256: str) -> Credential | None:
    """Return the credential under which these very bytes were delivered, and to one licensee only:
    what is delivered with its credential beside it is the same for all."""
    embedded = _credentials().filter(form=CredentialForm.EMBEDDED)
    return embedded.delivered_as(sha256).order_by("pk").first()


def credential_named(manifest_id: str) -> Credential | None:
    """Return the credential whose manifest has that name, the newest or one before."""
    return _credentials().named([manifest_id]).first() if manifest_id else None


def output_named(manifest_id: str) -> Output | None:
    """Return the signed output that has a manifest of that name, the newest or one before."""
    return _outputs().named([manifest_id]).first()


def declared_as(sha256: str) -> list[Output]:
    """Return the signed outputs whose file has these bytes, as it was declared or as it was
    signed. Each licensee declares the same bytes once."""
    same = Q(signed_sha256=sha256) | Q(file_sha256=sha256)
    return list(_outputs().filter(same, state=WorkState.DONE).order_by("pk")[:_OUTPUTS])


def registered_as(sha256: str) -> list[Asset]:
    """Return the registered files of these bytes: those that were granted first."""
    rows = Asset.objects.filter(sha256=sha256).select_related("organisation", "title")
    return list(rows.annotate(grants=Count("granted_assets")).order_by("-grants", "pk")[:_MATCHES])


def registered_under(manifest_id: str) -> Asset | None:
    """Return the file whose registration has that manifest."""
    rows = Registration.objects.filter(manifest_id=manifest_id, state=WorkState.DONE)
    found = rows.select_related("asset__organisation").first() if manifest_id else None
    return found.asset if found is not None else None


def near(units: Mapping[str, str]) -> list[Near]:
    """Return the registered files whose content is like that of this code, the nearest first; of
    one organisation no more than its share, however many copies it has registered."""
    keys = set().union(*(_candidates(name, units[name]) for name in units))
    rows = Registration.objects.filter(pk__in=keys, state=WorkState.DONE)
    found = [
        Near(row, alike)
        for row in rows.select_related("asset__organisation", "asset__title")
        if (alike := likeness(units, row.units)) is not None
    ]
    found.sort(key=lambda each: (each.likeness.distance, each.registration.pk))
    return list(_shared(found))[:_MATCHES]


def _shared(found: Iterable[Near]) -> Iterator[Near]:
    seen: Counter[int] = Counter()
    for each in found:
        owner = each.registration.asset.organisation_id
        seen[owner] += 1
        if seen[owner] <= _OF_ONE:
            yield each


def _candidates(name: str, digest: str) -> Iterator[int]:
    """Yield those that share bands, the most first: many where a band is common. Nobody's fill
    them alone."""
    condition = Q()
    for number, values in probes(name, digest):
        condition |= Q(number=number, value__in=values)
    rows = CodeBand.objects.filter(condition, unit=name).values("registration")
    shared = rows.annotate(shared=Count("pk"))
    place = Window(
        RowNumber(),
        partition_by=F("registration__asset__organisation"),
        order_by=[F("shared").desc(), F("registration")],
    )
    best = shared.annotate(place=place).filter(place__lte=_CANDIDATES_OF_ONE)
    ordered = best.order_by("-shared", "registration")
    yield from ordered.values_list("registration", flat=True)[:_CANDIDATES]


def _of(matched: Matched, credential: Credential, carried: str) -> Recognised:
    return Recognised(matched, credential, ((credential.granted_asset.asset, 100),), carried)


def _credentials() -> CredentialQuerySet:
    return Credential.objects.filter(state=WorkState.DONE).select_related(
        "granted_asset__asset__organisation",
        "granted_asset__asset__title",
        "granted_asset__grant__licensor",
        "granted_asset__grant__licensee",
    )


def _outputs() -> OutputQuerySet:
    return Output.objects.select_related("organisation").defer("manifest")
