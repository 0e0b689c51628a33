"""The titles above, below and beside some, as far as these have parts or cuts at all."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from catalog.merging import lines_of, material_of
from catalog.models import Title, TitleKind

_COLUMNS: Final = ("pk", "code", "kind", "canonical", "parent", "parent__canonical")
_CUTS: Final = (TitleKind.EDIT, TitleKind.VERSION)


class Relatives:
    """What is said of a work's place is said by the row that speaks for it (`same`)."""

    def __init__(self, material: Mapping[int, set[int]], below: Mapping[int, set[int]]) -> None:
        self._material, self._below = material, below
        self.code: dict[int, str] = {}
        self.same: dict[int, int] = {}  # by row, the one that speaks for it
        self._above: dict[int, int] = {}
        self._cuts: set[int] = set()
        self._is_crossed = False
        others = {row for key in material for row in (material[key] | below[key]) - {key}}
        self.read(others | {key for key in material if below[key]})
        self.read({key for key in material if material[key] & self._cuts})
        self._beside = self._other_cuts()
        # Rows of one work that are part of several bring what is told of the others.
        self._materials = material_of(self.same) if self._is_crossed else {}

    def read(self, rows: set[int]) -> None:
        if not (keys := rows - self.code.keys()):
            return
        above: dict[int, list[int]] = defaultdict(list)
        found = Title.objects.filter(pk__among=keys).order_by("pk").values_list(*_COLUMNS)
        for key, code, kind, canonical, parent, same_parent in found:
            self.code[key], self.same[key] = code, canonical or key
            if kind in _CUTS:
                self._cuts.add(key)
            if parent is not None:
                above[self.same[key]].append(same_parent or parent)
        for key, parents in above.items():
            # For the place in a tree, of several one that was asked about.
            self._above.setdefault(key, min(parents, key=lambda each: (each not in keys, each)))
            self._is_crossed |= len({self._above[key], *parents}) > 1

    def _other_cuts(self) -> dict[int, set[int]]:
        found = {
            key: (rows & self._cuts) - self._below[key]
            for key, rows in self._material.items()
            if key in self._cuts
        }
        lines = lines_of(found) if any(found.values()) else {}
        return {key: some - lines[key] for key, some in found.items() if some}

    def is_cut(self, row: int) -> bool:
        return self.same[row] in self._cuts

    def beside(self, key: int) -> set[int]:
        """Return, for a cut, the other cuts of the same work."""
        return self._beside.get(key, set())

    def outside(self, key: int) -> dict[int, set[int]]:
        """Return the parts of a title that are also part of something else, each with the rows of
        its material that are none of the title's and not below it."""
        if not self._materials:
            return {}
        known = self._material[key] | self._below[key]
        found = {row: self._materials[row] - known for row in self._below[key]}
        return {row: some for row, some in found.items() if some}

    def work(self, row: int) -> int:
        """Return what a cut is of, whether directly or not; of all else, itself."""
        found = self.same[row]
        while found in self._cuts and found in self._above:
            found = self._above[found]
        return found

    def line(self, row: int, up_to: int) -> list[int]:
        """Return what is part of `up_to` and a row is, or is part of, from below."""
        found = [self.same[row]]
        while found[-1] in self._above and self._above[found[-1]] != self.same[up_to]:
            found.append(self._above[found[-1]])
        return found

    def holds(self, part: int, row: int, up_to: int) -> bool:
        """Return whether who licenses a row licenses a part of `up_to`."""
        if self._materials:
            return row in self._materials[part]
        return self.work(row) in self.line(part, up_to)
