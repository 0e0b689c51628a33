"""Which closed deals are published together: each in one batch, once, and never again.

Nothing here depends on a price, so what is in a batch tells nothing of any price.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from licensing.precedents.buckets import LEVELS, Bucket, widened
from licensing.precedents.cells import Cell, cell_of

# Whichever lab's deals one knows and takes out: of so many licensors deals remain.
LICENSORS: Final = 5
# Whichever licensor's deals one knows and takes out: of so many labs deals remain.
LICENSEES: Final = 3


class Closed(NamedTuple):
    """A deal that was paid and granted. `size` is in milliseconds of what lasts, else in files;
    `month` counts months since year 0, in which it was granted."""

    key: int
    licensor: int
    licensee: int
    bucket: Bucket
    size: int
    amount_minor: int
    month: int


class Batch(NamedTuple):
    """Deals that are published together, as one cell."""

    cell: Cell
    keys: tuple[int, ...]


def released(waiting: Iterable[Closed], month: int) -> list[Batch]:
    """Return the batches that the release of a month makes of the deals that wait, by bucket.

    A deal waits in its own bucket for one release, and in a wider one for each more. What is in no
    batch waits on.
    """
    left = {deal.key: deal for deal in waiting if deal.month < month and deal.size > 0}
    batches = []
    for level in LEVELS:
        together: dict[Bucket, list[Closed]] = defaultdict(list)
        for deal in left.values():
            if month - deal.month > level:
                together[widened(deal.bucket, level)].append(deal)
        for bucket, deals in sorted(together.items()):
            if is_enough(deals):
                keys = tuple(sorted(deal.key for deal in deals))
                batches.append(Batch(_cell(bucket, deals), keys))
                for key in keys:
                    del left[key]
    return batches


def is_enough(deals: Collection[Closed]) -> bool:
    """Return whether these deals hide each other, also from somebody who is a party to some."""
    licensors, licensees = {deal.licensor for deal in deals}, {deal.licensee for deal in deals}
    return (
        bool(deals)
        and all(
            len({deal.licensor for deal in deals if deal.licensee != one}) >= LICENSORS
            for one in licensees
        )
        and all(
            len({deal.licensee for deal in deals if deal.licensor != one}) >= LICENSEES
            for one in licensors
        )
    )


def _cell(bucket: Bucket, deals: Collection[Closed]) -> Cell:
    per = 60_000 if bucket.per == "minute" else 1
    return cell_of(bucket, len(deals), _voices(deals, per))


def _voices(deals: Iterable[Closed], per: int) -> list[Fraction]:
    """Return one price for each licensor: the mean of what each lab paid it, large or small alike.
    So neither a large deal nor a large lab outweighs the others."""
    sums: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for deal in deals:
        both = sums[deal.licensor][deal.licensee]
        both[0] += deal.amount_minor * per
        both[1] += deal.size
    return [
        sum((Fraction(*both) for both in labs.values()), Fraction()) / len(labs)
        for labs in sums.values()
    ]
