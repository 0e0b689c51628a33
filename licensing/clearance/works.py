"""The works of a case: a forest whose leaves are the parts that are decided one by one."""

import re
from dataclasses import dataclass, field

from catalog.scope.errors import CaseError
from catalog.scope.reader import JSON, Reader

WHOLE = "*"
"""The only part of a case that names no work."""


@dataclass
class Works:
    """Listed works. An id that is not listed is a part of its own."""

    listed: bool = False
    names: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    runtimes: dict[str, int] = field(default_factory=dict)
    """Known running time of a work in milliseconds."""

    def resolve(self, name: str) -> str:
        """The id of the work that goes by this id or alias."""
        return self.names.get(name, name)

    def parts(self, work: str) -> frozenset[str]:
        """The parts at and below a work (by its id)."""
        found, queue = set(), [work]
        while queue:
            each = queue.pop()
            below = self.children.get(each)
            queue.extend(below or ())
            if not below:
                found.add(each)
        return frozenset(found)

    def top(self, work: str) -> str:
        """The work at the top of the tree that holds this one."""
        while work in self.parents:
            work = self.parents[work]
        return work


def read_works(value: JSON, path: str) -> Works:
    """The forest from the `works` list of a case."""
    works = Works(listed=True)
    if not isinstance(value, list):
        raise CaseError(path, "must be a list")
    parents: list[tuple[str, str, str]] = []
    for i, each in enumerate(value):
        fields = Reader(each, f"{path}[{i}]")
        work = fields.text("id")
        names = [(work, fields.at("id"))]
        aliases = fields.texts("aliases", [])
        names += [(name, f"{fields.at('aliases')}[{j}]") for j, name in enumerate(aliases)]
        for name, where in names:
            if name in works.names:
                raise CaseError(where, f"{name!r} names two works")
            works.names[name] = work
        if fields.has("parent"):
            parents.append((work, fields.text("parent"), fields.at("parent")))
        if fields.has("runtime"):
            works.runtimes[work] = milliseconds(fields.raw("runtime"), fields.at("runtime"))
        fields.maybe_text("title")
        fields.done()
    _join(works, parents)
    return works


def milliseconds(text: JSON, path: str, *, fraction: bool = False) -> int:
    """Milliseconds from `HH:MM:SS`, with `.mmm` where a fraction may stand."""
    pattern = r"([0-9]{2,}):([0-5][0-9]):([0-5][0-9])" + (
        r"(?:\.([0-9]{3}))?" if fraction else "()?"
    )
    match = re.fullmatch(pattern, text) if isinstance(text, str) and len(text) <= 20 else None
    if match is None:
        raise CaseError(path, f"must be HH:MM:SS{'[.mmm]' if fraction else ''}")
    hours, minutes, seconds, rest = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _join(works: Works, parents: list[tuple[str, str, str]]) -> None:
    for work, parent, where in parents:
        if parent not in works.names:
            raise CaseError(where, f"{parent!r} is not in the case")
        above = works.resolve(parent)
        works.parents[work] = above
        works.children.setdefault(above, []).append(work)
        while above in works.parents and above != work:
            above = works.parents[above]
        if above == work:
            raise CaseError(where, "a work cannot be above itself")
