"""Ranges of a film or sound, in whole milliseconds from its beginning. Pure.

A list of them is sorted and merged: `[[0, 1200], [5000, 6400]]`. Each is half-open, [from, to):
the first millisecond that is not in it is its end. An empty list means the whole file.
"""

from collections.abc import Iterable, Sequence

type Ranges = list[list[int]]


def merged(ranges: Iterable[Sequence[int]]) -> Ranges:
    """Return the ranges in order, those that overlap or touch as one."""
    found: Ranges = []
    for start, end in sorted((each[0], each[1]) for each in ranges):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found


def together(one: Ranges, other: Ranges) -> Ranges:
    """Return what is in either; whole where one of them is."""
    return merged([*one, *other]) if one and other else []


def meet(one: Ranges, other: Ranges) -> bool:
    """Return whether anything is in both."""
    if not one or not other:
        return True
    return any(start < other_end and other_start < end
               for start, end in one for other_start, other_end in other)  # fmt: skip


def within(one: Ranges, outer: Ranges) -> bool:
    """Return whether all of the first is in the second."""
    if not outer:
        return True
    return bool(one) and all(
        any(start >= first and end <= last for first, last in outer) for start, end in one
    )


def total_ms(ranges: Ranges) -> int:
    """Return how long they are together."""
    return sum(end - start for start, end in ranges)


def clock(at_ms: int) -> str:
    """Return a moment as `00:12:30.500`."""
    seconds, milliseconds = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def moment_ms(clock: str) -> int:
    """Return the milliseconds of `HH:MM:SS` or `HH:MM:SS.mmm`. ValueError for anything else."""
    hours, minutes, seconds = clock.split(":")
    whole, _dot, rest = seconds.partition(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 1000 + int(rest.ljust(3, "0"))


def fragment(start_ms: int, end_ms: int) -> str:
    """Return a range as a media fragment (W3C), in seconds: `t=12.000,20.500`."""
    return f"t={_seconds(start_ms)},{_seconds(end_ms)}"


def _seconds(at_ms: int) -> str:
    return f"{at_ms // 1000}.{at_ms % 1000:03}"
