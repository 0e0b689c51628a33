"""Canonical boxes: the same set of points always comes out as the same list of scopes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from catalog.scope.instants import show
from catalog.scope.territory import describe_territory
from catalog.scope.uses import LEAVES, MODALITIES, MODEL_KINDS, in_order, show_uses
from licensing.clearance.points import Cell

type Because = tuple[str, ...]

_MERGES: Final = ("countries", "model_kind", "modality", "uses", "parts")


class Box(NamedTuple):
    """A cell and the facts behind it: of several, those that sort first."""

    cell: Cell
    because: Because = ()


def merged(boxes: Iterable[Box]) -> list[Box]:
    """Boxes of one label: instants joined, then merged one dimension after the other, sorted."""
    found = _joined(boxes)
    if len(found) == 1:
        return found  # nothing to merge it with
    for name in _MERGES:
        groups: dict[Any, list[Box]] = {}
        for box in found:
            groups.setdefault(_with(box.cell, name, frozenset()), []).append(box)
        found = [_united(name, group) for group in groups.values()]
    return sorted(found, key=lambda box: sort_key(box.cell))


def sort_key(cell: Cell) -> tuple[Any, ...]:
    """Start, end (open last), parts, uses, modality, model kind, countries."""
    return (
        cell.start,
        cell.end,
        sorted(cell.parts),
        [LEAVES.index(leaf) for leaf in in_order(cell.uses, LEAVES)],
        [MODALITIES.index(each) for each in in_order(cell.modality, MODALITIES)],
        [MODEL_KINDS.index(each) for each in in_order(cell.model_kind, MODEL_KINDS)],
        sorted(cell.countries),
    )


def scope(cell: Cell, exclusivity: str, *, parts: bool) -> dict[str, Any]:
    """The scope as the verdict shows it; `parts` when the request has several."""
    shown: dict[str, Any] = {"parts": sorted(cell.parts)} if parts else {}
    return shown | {
        "uses": show_uses(cell.uses),
        "modality": in_order(cell.modality, MODALITIES),
        "model_kind": in_order(cell.model_kind, MODEL_KINDS),
        "territory": describe_territory(cell.countries),
        "start": show(cell.start),
        "end": show(cell.end),
        "exclusivity": exclusivity,
    }


def _joined(boxes: Iterable[Box]) -> list[Box]:
    """Neighbours in time made one."""
    rows: dict[Cell, list[Box]] = {}
    for box in boxes:
        rows.setdefault(box.cell._replace(start=0, end=0), []).append(box)
    found: list[Box] = []
    for row in rows.values():
        row.sort(key=lambda box: box.cell.start)
        last = row[0]
        for box in row[1:]:
            if box.cell.start == last.cell.end:
                cell = last.cell._replace(end=box.cell.end)
                last = Box(cell, min(last.because, box.because))
            else:
                found.append(last)
                last = box
        found.append(last)
    return found


def _united(name: str, group: Sequence[Box]) -> Box:
    values: frozenset[str] = frozenset().union(*(getattr(box.cell, name) for box in group))
    because = min(box.because for box in group)
    return Box(_with(group[0].cell, name, values), because)


def _with(cell: Cell, name: str, values: frozenset[str]) -> Cell:
    """The cell with other values in one dimension."""
    change: dict[str, Any] = {name: values}
    return cell._replace(**change)
