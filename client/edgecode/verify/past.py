"""What a file was made from: whether that was sound, and whose grants a work answers for.

The manifests inside that are vouched for tell it: files that were delivered under a grant, and
works, which were made from others in turn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from edgecode.verify.codes import as_map, as_maps, broken_past
from edgecode.verify.found import DATASET, GRANT, OUTPUT, Found
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.verdict import Check, Outcome

type Uncovered = tuple[Mapping[str, Any], bool]

# Of a file whose credential states other than what was signed: nobody knows of which grant it is.
UNTOLD: Final[Mapping[str, Any]] = {}


def past_of(found: Found) -> Iterator[Check]:
    """Yield a check that names what of this it was made from did not match its own credential."""
    if names := broken_past(found.report, found.manifest_id):
        shown = ", ".join(names)[:SHOWN_MAX]
        yield Check("past", Outcome.WARNING, "past.broken", {"names": shown})


@dataclass(frozen=True)
class Work:
    """A work, by the manifest that declares it: `found` is asked about that, `said` is what it
    declares. `beside`: that manifest where it stands beside a file, and `found` is asked about what
    the file carries."""

    found: Found
    said: Mapping[str, Any]
    beside: Found | None = None

    def uncovered(self, grants: list[Mapping[str, Any]]) -> Iterator[Uncovered]:
        """Yield which of these, of files that it was made from, none covers that it names, and
        whether one of those may have taken the place of that: one of its maker's own is covered,
        too, where it is in one of them, as in the amended licence that took the place of its own.
        Of a data set nobody can tell which files are in it, nor what UNTOLD is of."""
        maker, named = as_map(self.said.get("maker")).get("code"), grants_of(self.said)
        declared = self.beside or self.found
        more = [] if self.beside is None else Past(declared).inner(declared.manifest_id)[0]
        has_sets = bool(declared.stated(DATASET))
        told = [*grants, *more]
        held = [_Part.of(grant) for grant in told if str(grant.get("grant")) in named]
        for grant in grants:
            if str(grant.get("grant")) in named:
                continue
            is_own = as_map(grant.get("licensee")).get("code") == maker
            if not (is_own and any(_Part.of(grant).is_within(each) for each in held)):
                yield grant, grant is UNTOLD or (is_own and has_sets)


class _Part(NamedTuple):
    """What a grant says that it is of: a file, or a range of one."""

    file: object
    range: object

    @classmethod
    def of(cls, grant: Mapping[str, Any]) -> Self:
        asset = as_map(grant.get("asset"))
        return cls(asset.get("code"), asset.get("range"))

    def is_within(self, other: Self) -> bool:
        """Return whether another is of all that this is of."""
        if self.file is None or self.file != other.file:
            return False
        match self.range, other.range:
            case _, None:
                return True
            case (
                {"from_ms": int(start), "to_ms": int(end)},
                {"from_ms": int(first), "to_ms": int(last)},
            ):
                return first <= start and end <= last
        return False


@dataclass(frozen=True)
class Past:
    """What a work was made from, by the manifests inside that are vouched for: files that were
    delivered, and other works."""

    found: Found
    known: dict[str, tuple[Mapping[str, Any] | None, Work | None]] = field(default_factory=dict)

    def uncovered(self, work: Work) -> Iterator[Uncovered]:
        """Yield the grants of files that a work was made from and that nothing covers that it
        names, and whether one of those may have taken the place of that. The works among what it
        was made from answer by their own grants alone; what a delivered file was made from is for
        who licensed it to answer."""
        ahead, met = [work], {work.found.manifest_id}
        while ahead:
            work = ahead.pop()
            grants, works = self.inner(work.found.manifest_id)
            yield from work.uncovered(grants)
            new = [each for each in works if each.found.manifest_id not in met]
            met.update(each.found.manifest_id for each in new)
            ahead += new

    def inner(self, name: str) -> tuple[list[Mapping[str, Any]], list[Work]]:
        """Return the grants of the delivered files that a manifest was made from, and the works, by
        whatever others between; not what these were made from in turn."""
        manifests = as_map(self.found.report.get("manifests"))
        grants, works = list[Mapping[str, Any]](), list[Work]()
        ahead, met = [name], {name}
        while ahead:
            for each in as_maps(as_map(manifests.get(ahead.pop())).get("ingredients")):
                inner = str(each.get("active_manifest") or "")
                if inner in met:
                    continue
                met.add(inner)
                grant, made = self.said(inner, each)
                if grant is not None:
                    grants.append(grant)
                elif made is not None:
                    works.append(made)
                else:
                    ahead.append(inner)
        return grants, works

    def said(
        self, name: str, ingredient: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any] | None, Work | None]:
        """Return what a manifest says of a grant, or the work that it declares: of one that is not
        vouched for neither."""
        if name in self.found.altered:
            return UNTOLD, None
        if name not in self.known:
            file = self.found.within(ingredient)
            said = file.said if file.is_within else None
            grant = said.only(GRANT) if said is not None else None
            made = said.only(OUTPUT) if said is not None else None
            work = Work(said, made) if said is not None and made is not None else None
            self.known[name] = (grant, work)
        return self.known[name]


def grants_of(made: Mapping[str, Any]) -> set[str]:
    return {str(source.get("grant")) for source in as_maps(made.get("sources"))}
