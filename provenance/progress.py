"""How far the files of a grant are signed."""

from dataclasses import dataclass

from django.db.models import Count, Q

from catalog.models import WorkState
from licensing.models import Grant
from provenance.models import Credential


@dataclass(frozen=True)
class Progress:
    """Of `due` files `signed` have a credential, and `failed` will have none. A file that is
    licensed in parts counts once for each part."""

    due: int
    signed: int
    failed: int


def progress_of(grant: Grant) -> Progress:
    """Return how far its files are signed. Two queries."""
    ranges = grant.granted_assets.values_list("ranges", flat=True)
    credentials = Credential.objects.filter(granted_asset__grant=grant)
    counted = credentials.aggregate(
        signed=Count("pk", filter=Q(state=WorkState.DONE)),
        failed=Count("pk", filter=Q(state=WorkState.FAILED)),
    )
    return Progress(sum(len(parts) or 1 for parts in ranges), **counted)
