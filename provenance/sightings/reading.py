"""Which sightings have to do with a title, a likeness or a licence, whoever asks."""

from collections.abc import Iterable
from typing import Final

from django.db.models import Exists, OuterRef, Q

from accounts.models import Organisation
from catalog.assets import Owner
from catalog.models import Asset, Likeness, Title
from licensing.models import GrantedAsset
from provenance.models import OutputConsent, OutputSource, Sighting, SightingQuerySet

_WORKS: Final = 200


def seen_under(rows: SightingQuerySet, grant: str) -> SightingQuerySet:
    """Return those of a grant, by its code, as who reads `rows` may know: of its files, and of what
    was made under it. A work's sighting names the first only of the grants of its licensor."""
    made = OutputSource.objects.filter(
        output=OuterRef("output"), grant__code=grant, grant__licensor=OuterRef("licensor")
    )
    return rows.filter(Q(grant__code=grant, names_file=True) | Exists(made))


def sightings_of(owner: Owner, most: int) -> list[Sighting]:
    """Return the newest of the files of a title or a likeness, and of what was made with them or
    under the likeness's consents; as its own organisation is told of them."""
    column = "title" if isinstance(owner, Title) else "likeness"
    rows = Sighting.objects.for_reader(_organisation(owner)).order_by("-pk")
    rows = rows.select_related("asset", "grant", "output", "consent")
    files = rows.filter(**{f"asset__{column}": owner})[:most]
    works = rows.filter(asset=None, output__in=_made_with(owner, column))
    own = works.filter(licensor=_organisation(owner))[:most]
    return sorted([*files, *own], key=lambda each: -each.pk)[:most]


def _made_with(owner: Owner, column: str) -> set[int]:
    """Return the newest outputs, by key, that were seen and made with it."""
    seen = Sighting.objects.filter(licensor=_organisation(owner), output__isnull=False)
    granted = GrantedAsset.objects.filter(**{f"asset__{column}": owner})
    sources = OutputSource.objects.filter(
        grant__in=granted.values("grant"), output__in=seen.values("output")
    )
    made = list(sources.order_by("-output").values_list("output", "files")[:_WORKS])
    named = _own(owner, column, (code for _output, files in made for code in files))
    found = {output for output, files in made if not files or named.intersection(files)}
    if isinstance(owner, Likeness):
        under = OutputConsent.objects.filter(
            consent__likeness=owner, output__in=seen.values("output")
        )
        found |= set(under.order_by("-output").values_list("output", flat=True)[:_WORKS])
    return found


def _own(owner: Owner, column: str, codes: Iterable[str]) -> set[str]:
    rows = Asset.objects.filter(**{column: owner}, code__in=set(codes))
    return set(rows.values_list("code", flat=True))


def _organisation(owner: Owner) -> Organisation:
    return owner.organisation if isinstance(owner, Title) else owner.performer.organisation
