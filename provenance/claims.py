"""Who has registered what was seen, or licensed what it was made with: each organisation that did
learns of it, and is told by its own licences alone. Whoever registers another's file, or declares
it as a work of its own, takes nothing from it by that.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Min

from catalog.models import Asset, WorkState
from provenance.models import Credential, Matched, Output, Registration
from provenance.outputs.past import uncovered_copies, works_behind
from provenance.recognition import Recognised, delivered_as, near

_CLAIMS: Final = 100
_MADE: Final = 70  # as many as an output has grants and consents: it hides nobody who registered


@dataclass(frozen=True)
class Claim:
    """What one organisation, by key, has to do with what was seen, and by what that is known.

    `assets` are where it has registered it, the nearest first; `credential` is of the very copy,
    delivered under its licence; `output` is what was made with what it licensed or allowed.
    """

    matched: Matched
    licensor: int
    assets: tuple[Asset, ...]
    credential: Credential | None = None
    output: Output | None = None


def claims_on(known: Recognised, sha256: str) -> list[Claim]:
    """Return whose file was recognised in a file of that SHA-256 ("": none was sent): first the
    organisation whose copy it is, or those that licensed what it was made with; then those with
    the same bytes in the order in which they registered them, then those with content like it."""
    claims = [claim for output in known.outputs for claim in _made_with(known, output, sha256)]
    sides = {claim.licensor for claim in claims}
    found: dict[int, list[tuple[Matched, Asset]]] = {}
    for matched, asset in _registered(known, sha256):
        if asset.organisation_id not in sides:
            found.setdefault(asset.organisation_id, []).append((matched, asset))
    claims = claims[:_MADE]
    for number, (owner, mine) in enumerate(found.items()):
        by = mine[0][0]
        assets = tuple({each.pk: each for matched, each in mine if matched == by}.values())
        claims.append(Claim(by, owner, assets, known.credential if number == 0 else None))
    return claims[:_CLAIMS]


def is_contested(claims: Collection[Claim]) -> bool:
    """Return whether it is nobody's alone: a copy is of one licensor, and a work is declared once,
    however many have licensed what it was made with, and though its maker registers it as well."""
    makers = {each.output.organisation_id: each.output for each in claims if each.output}
    found = ((each.output or makers.get(each.licensor), each.licensor) for each in claims)
    whose = {(made.pk, 0) if made else (0, licensor) for made, licensor in found}
    return len(whose) > 1


def _made_with(known: Recognised, output: Output, sha256: str) -> Iterator[Claim]:
    """Yield a claim for each organisation that licensed what an output was made with, or represents
    a performer of it; with its files that are like what was seen, but for the output itself, and
    with the one that was declared as a work though it had registered it by then."""
    licensors = output.sources.order_by("pk").values_list("grant__licensor", flat=True)
    allowed = output.consents.order_by("pk")
    agencies = allowed.values_list("consent__likeness__performer__organisation", flat=True)
    own = {sha256, output.signed_sha256}
    told = [asset for asset, _score in known.assets if asset.sha256 not in own]
    if output.file_sha256 != sha256:
        declared = same_bytes([output.file_sha256])
        told += [asset for asset in declared if asset.created_at < output.declared_at]
    for licensor in dict.fromkeys([*licensors, *agencies]):
        alike = tuple(asset for asset in told if asset.organisation_id == licensor)
        yield Claim(known.matched, licensor, alike, output=output)


def _registered(known: Recognised, sha256: str) -> Iterator[tuple[Matched, Asset]]:
    told = [asset for asset, _score in known.assets]
    if known.credential is not None:
        yield known.matched, known.credential.granted_asset.asset
    # What only was named was not looked at.
    alike = Matched.NAMED if known.matched == Matched.NAMED else Matched.CONTENT
    if sha256:
        for asset in same_bytes([sha256]):
            yield Matched.ORIGINAL, asset
    is_like = known.matched == Matched.CONTENT or bool(known.outputs)
    if is_like:
        yield from ((alike, asset) for asset in told)
    bytes_of = {asset.sha256 for asset in told}
    for output in known.outputs:
        bytes_of |= {output.file_sha256, output.signed_sha256}
    yield from ((alike, asset) for asset in same_bytes(bytes_of - {sha256}))
    # What a work came from under a licence that it does not name.
    for output in known.outputs:
        copies = [
            copy for each in (output, *works_behind(output)) for copy in uncovered_copies(each)
        ]
        yield from ((alike, each.granted_asset.asset) for each in copies[:_CLAIMS])
    # A copy that one organisation had delivered to it and registered as its own.
    for digest in bytes_of:
        if (delivered := delivered_as(digest)) is not None:
            yield alike, delivered.granted_asset.asset
    if not is_like:
        rows = Registration.objects.filter(asset__sha256__in=bytes_of, state=WorkState.DONE)
        for units in rows.order_by("pk").values_list("units", flat=True)[:1]:
            yield from ((alike, each.registration.asset) for each in near(units))


def same_bytes(digests: Collection[str]) -> list[Asset]:
    """Return where files of these bytes were registered, for each organisation where it was first:
    so that none fills the answer alone."""
    rows = Asset.objects.filter(sha256__in=digests)
    firsts = rows.values("organisation").annotate(first=Min("pk")).order_by("first")
    keys = [row["first"] for row in firsts[:_CLAIMS]]
    found = Asset.objects.filter(pk__in=keys).select_related("organisation", "title")
    return list(found.order_by("pk"))
