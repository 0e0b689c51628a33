"""Which parts of a film or sound may be asked for: typed ranges, or the shots found in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.models import Asset, MediaReading, Shot, WorkState
from catalog.scope.ranges import Ranges, clock, merged

MAX_RANGES = 200  # of one file, once those that touch are one
_MOST_GIVEN = 2_000


def length_ms(asset: Asset) -> int:
    """Return how long a film or sound is: as it was read through, or else as it says; 0 for a
    file that does not last."""
    return lengths_ms([asset])[asset.pk]


def lengths_ms(assets: Sequence[Asset]) -> dict[int, int]:
    """Return the same of several files, by their keys. One query."""
    read = MediaReading.objects.filter(
        asset__in=[asset.pk for asset in assets], state=WorkState.DONE, duration_us__gt=0
    )
    found = {key: (us or 0) // 1000 for key, us in read.values_list("asset_id", "duration_us")}
    said = {asset.pk: int(asset.facts.get("duration_ms") or 0) for asset in assets}
    return said | found


def lengths_of_files(files: QuerySet[Any, Any]) -> dict[int, int]:
    """Return the same of the files whose keys a subquery names, however many. One query."""
    read = Q(reading__state=WorkState.DONE, reading__duration_us__gt=0)
    named = Asset.objects.filter(pk__in=files).order_by()
    rows = named.annotate(read=FilteredRelation("reading", condition=read))
    lasting = rows.values_list("pk", "facts__duration_ms", "read__duration_us")
    return {key: int(said or 0) if us is None else us // 1000 for key, said, us in lasting}


def check_ranges(field: str, asset: Asset, ranges: Sequence[Sequence[int]]) -> Ranges:
    """Return the ranges of a file in order, overlapping ones as one; [] where they are all of it.

    Raises Invalid(field) for a range that is none, lies outside of the file, or is one of too many.
    """
    if not ranges:
        return []
    if len(ranges) > _MOST_GIVEN:
        raise _too_many(field, asset)
    length = length_ms(asset)
    if not length:
        raise Invalid(
            field,
            _("%(code)s has no length of time: ask for the whole file.") % {"code": asset.code},
        )
    for each in ranges:
        _check(field, asset, each, length)
    found = merged(ranges)
    if len(found) > MAX_RANGES:
        raise _too_many(field, asset)
    return [] if found == [[0, length]] else found


def _check(field: str, asset: Asset, given: Sequence[int], length: int) -> None:
    is_pair = len(given) == 2 and all(type(each) is int for each in given)  # True is no number
    if not is_pair or given[0] < 0:
        raise Invalid(
            field,
            _("A range of %(code)s is two whole numbers of milliseconds: from, and the first after")
            % {"code": asset.code},
        )
    if given[0] >= given[1]:
        raise Invalid(
            field,
            _("In %(code)s a range ends before it begins: %(start)s to %(end)s.")
            % {"code": asset.code, "start": clock(given[0]), "end": clock(given[1])},
        )
    if given[1] > length:
        raise Invalid(
            field,
            _("%(code)s ends at %(length)s; a range reaches to %(end)s.")
            % {"code": asset.code, "length": clock(length), "end": clock(given[1])},
        )


def _too_many(field: str, asset: Asset) -> Invalid:
    return Invalid(
        field,
        _("At most %(most)s ranges of one file: %(code)s has more.")
        % {"most": MAX_RANGES, "code": asset.code},
    )


def range_of(shot: Shot) -> list[int]:
    """Return the range that holds a shot's frames and no others."""
    # Rounded down, both: a frame begins before the millisecond after it, and no other is so near.
    return [shot.start_us // 1000, shot.end_us // 1000]


def ranges_of_shots(
    field: str, assets: Mapping[str, Asset], wanted: Iterable[tuple[str, int]]
) -> dict[str, Ranges]:
    """Return the ranges of shots, given by their file's code and number. Raises Invalid(field)
    for a shot that there is not; `assets` are the files by code."""
    numbers: dict[str, set[int]] = {}
    for code, number in wanted:
        numbers.setdefault(code, set()).add(number)
    found: dict[str, Ranges] = {}
    for code, of_file in numbers.items():
        shots = (
            Shot.objects.filter(asset=assets[code], number__in=of_file) if code in assets else ()
        )
        ranges = [range_of(shot) for shot in shots]
        if len(ranges) < len(of_file):
            raise Invalid(field, _("%(code)s has no such shot.") % {"code": code[:20]})
        found[code] = merged(ranges)
    return found
