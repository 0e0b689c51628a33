"""How far the files of a grant are signed."""

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass

from catalog.models import WorkState


@dataclass(frozen=True)
class Progress:
    """Of `due` files `signed` have a credential, and `failed` will have none. A file that is
    licensed in parts counts once for each part."""

    due: int
    signed: int
    failed: int


def progress_of(ranges: Iterable[Sized], states: Mapping[str, int]) -> Progress:
    """Return how far files are signed, by the parts that each is licensed in (none: all of it),
    and by how many of their credentials are in which state."""
    due = sum(len(parts) or 1 for parts in ranges)
    return Progress(due, states.get(WorkState.DONE, 0), states.get(WorkState.FAILED, 0))
