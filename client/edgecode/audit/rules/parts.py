"""Which parts of files were asked for, agreed on or granted, as the house writes them.

By a file's code a sorted list of ranges, [from, to) in milliseconds; of a file that is not named,
all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

type Parts = Sequence[Sequence[int]]


def of(fact: Mapping[str, Any], code: str) -> Parts:
    """Return the parts of one file, none where it is all. ValueError for another form."""
    found = fact.get(code, [])
    last = -1
    for start, end in found:
        if not last < start < end:
            raise ValueError("is no list of ranges in order")
        last = end
    return list(found)


def meet(one: Parts, other: Parts) -> bool:
    """Return whether anything of the file is in both."""
    if not one or not other:
        return True
    return any(
        start < other_end and other_start < end
        for start, end in one
        for other_start, other_end in other
    )
