"""Who has registered what was seen: each organisation that did learns of it, and is told by its own
licences alone. Whoever registers another's file takes nothing from it by that.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Min

from catalog.models import Asset, WorkState
from provenance.models import Credential
from provenance.recognition import Recognised, delivered_as, near
from provenance.repository_models import Registration
from provenance.sighting_models import Matched

_CLAIMS: Final = 100


@dataclass(frozen=True)
class Claim:
    """Where one organisation has registered what was seen, the nearest first, and by what that is
    known; `credential` is of the very copy, delivered under its licence."""

    matched: Matched
    assets: tuple[Asset, ...]
    credential: Credential | None = None


def claims_on(known: Recognised, sha256: str) -> list[Claim]:
    """Return whose file was recognised in a file of that SHA-256 ("": none was sent): first the
    organisation whose copy it is, then those with the same bytes in the order in which they
    registered them, then those with content like it."""
    found: dict[int, list[tuple[Matched, Asset]]] = {}
    for matched, asset in _registered(known, sha256):
        found.setdefault(asset.organisation_id, []).append((matched, asset))
    claims = []
    for number, mine in enumerate(found.values()):
        by = mine[0][0]
        assets = tuple({each.pk: each for matched, each in mine if matched == by}.values())
        claims.append(Claim(by, assets, known.credential if number == 0 else None))
    return claims[:_CLAIMS]


def _registered(known: Recognised, sha256: str) -> Iterator[tuple[Matched, Asset]]:
    told = [asset for asset, _score in known.assets]
    if known.credential is not None:
        yield known.matched, known.credential.granted_asset.asset
    # What only was named was not looked at.
    alike = Matched.NAMED if known.matched == Matched.NAMED else Matched.CONTENT
    if sha256:
        for asset in same_bytes([sha256]):
            yield Matched.ORIGINAL, asset
    if known.matched == Matched.CONTENT:
        yield from ((alike, asset) for asset in told)
    bytes_of = {asset.sha256 for asset in told}
    yield from ((alike, asset) for asset in same_bytes(bytes_of - {sha256}))
    # A copy that one organisation had delivered to it and registered as its own.
    for digest in bytes_of:
        if (delivered := delivered_as(digest)) is not None:
            yield alike, delivered.granted_asset.asset
    if known.matched != Matched.CONTENT:
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
