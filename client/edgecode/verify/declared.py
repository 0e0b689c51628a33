"""What a file says of itself as a licensee's output: who made it, with what, under which grants."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edgecode.log.leaf import Leaf, split_ref
from edgecode.verify.codes import as_map, as_maps, ingredient_holds
from edgecode.verify.found import CONSENT, GRANT, OUTPUT, Found
from edgecode.verify.past import Past, Uncovered, Work, grants_of
from edgecode.verify.status import Entry

_DECLARED: Final = "output.declared"


@dataclass(frozen=True)
class Declared:
    """What a file says of itself as an output: in `found`, its newest manifest or the one that the
    newest strikes consents out of; `struck` says how many."""

    found: Found
    said: Mapping[str, Any]
    consents: tuple[Mapping[str, Any], ...]
    struck: int

    @property
    def maker(self) -> Mapping[str, Any]:
        return as_map(self.said.get("maker"))

    @property
    def sources(self) -> list[Mapping[str, Any]]:
        return as_maps(self.said.get("sources"))

    @property
    def grants(self) -> list[Mapping[str, Any]]:
        """What is said of each grant of `granted`."""
        return [said for said, _on_consent in self.granted]

    @property
    def granted(self) -> list[tuple[Mapping[str, Any], bool]]:
        """What the credentials of the files that it was made with say of their grants, and whether
        one of them rests on a consent. Of those that stand in it as a data set nothing, and nothing
        of a grant of which two of them say different things: of a file that its maker brought
        anybody may have said anything, who is not trusted."""
        said: dict[str, list[tuple[Mapping[str, Any], bool]]]
        said = {code: [] for code in grants_of(self.said)}
        for each in as_maps(self.found.manifest.get("ingredients")):
            file = self.found.within(each)
            if not file.is_within or not ingredient_holds(each):
                continue
            for grant in file.said.stated(GRANT):
                said.get(str(grant.get("grant")), []).append((grant, file.on_consent))
        return [
            (told[0][0], any(on_consent for _grant, on_consent in told))
            for told in said.values()
            if told and len({_stands_by(grant) for grant, _on_consent in told}) == 1
        ]

    @property
    def uncovered(self) -> list[tuple[str, bool]]:
        """The grants, by code, of delivered files that it was made from, and that none covers which
        it names, "" where nobody can tell which; and whether one of these may be or have taken the
        place of that: of files that stand in it as a data set nobody can tell which they are."""
        found = [*Past(self.found).uncovered(Work(self.found, self.said)), *self._carried()]
        return [(str(grant.get("grant", ""))[:40], may_go_on) for grant, may_go_on in found]

    def _carried(self) -> Iterator[Uncovered]:
        """Yield the same of what the file carries itself, which was declared by its SHA-256 alone:
        it may be a delivered file, or another work, and changed since."""
        own = self.found.own
        if own is None or not self.found.carries_another:
            return
        past, work = Past(own), Work(own, self.said, self.found)
        grant, made = past.said(own.manifest_id, {"active_manifest": own.manifest_id})
        if grant is None:
            yield from past.uncovered(made or work)
        else:
            yield from work.uncovered([grant])

    @property
    def entries(self) -> list[Entry]:
        """Where the state of each of its grants stands, and whether files of it rest on consents:
        as is said of the grant in it, or in what it was made with, None where neither says so."""
        told = {str(said.get("grant")): (said, rests) for said, rests in self.granted}
        found = dict[str, Entry]()
        for source in self.sources:
            code = str(source.get("grant"))
            said, rests = told.get(code, (source, False))
            place = source.get("status_list") or said.get("status_list")
            found[code] = Entry(place, rests or source.get("on_consent") is True)
        return list(found.values())


def declared_in(found: Found) -> Declared | None:
    """Return what the file says of itself as an output; None where it says nothing of that, or
    more than one thing."""
    first = found.said
    said = first.only(OUTPUT)
    if said is None or first.stated(GRANT):
        return None
    return Declared(first, said, tuple(first.stated(CONSENT)), found.struck)


def check_entry(declared: Declared, leaf: Leaf) -> None:
    """Raise ValueError unless an entry of the log is the declaration of this output: by its maker,
    under these grants and so many consents, of this kind and number of files."""
    said = declared.said
    if leaf.kind != _DECLARED or leaf.stream != f"output:{said.get('output')}":
        raise ValueError("the entry is about something else")
    if leaf.actor != f"organisation:{declared.maker.get('code')}":
        raise ValueError("the entry is of another maker")
    under = leaf.refs.get("under", ())
    streams = [split_ref(ref)[:2] for ref in ([under] if isinstance(under, str) else under)]
    grants = Counter(code for subject, code in streams if subject == "grant")
    consents = sum(subject == "consent_use" for subject, _code in streams)
    if grants != Counter(str(source.get("grant")) for source in declared.sources):
        raise ValueError("the entry names other grants")
    if consents != len(declared.consents) + declared.struck:
        raise ValueError("the entry names another number of consents")
    files = [source.get("files") for source in declared.sources]
    if leaf.data != {"output_kind": said.get("kind"), "members": _total(files)}:
        raise ValueError("the entry is of another kind or number of files")


def _total(files: list[Any]) -> int:
    if not all(type(each) is int for each in files):
        raise ValueError("a number of files is none")
    return sum(files)


def _stands_by(grant: Mapping[str, Any]) -> str:
    """Return by what is told whether a grant stands, to compare."""
    names = ("start", "end", "status_list")
    return json.dumps([grant.get(name) for name in names], sort_keys=True)
