"""What may be believed of a licensee's output: who declared it, made with what, as the log has it.

Pure. A declaration promises nothing that could run out by itself: what was made under a licence
stays made under it. That a licence or a consent has ended since is told, and is less than none.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from edgecode.log.leaf import Leaf, split_ref
from edgecode.log.policy import Policy
from edgecode.verify.codes import as_map, as_maps, ingredient_holds
from edgecode.verify.judging import (
    CONSENT,
    CONSENT_ENDED,
    ENDED_BY,
    GRANT,
    Check,
    Found,
    Name,
    Outcome,
    Verdict,
    consent_term,
    grant_term,
    identity,
    instant,
    listed,
    logged,
    struck_consents,
    territory,
)

OUTPUT: Final = "com.edgecode.output"
DATASET: Final = "com.edgecode.dataset"
_DECLARED: Final = "output.declared"
_SHOWN_MAX: Final = 200

type _Uncovered = tuple[Mapping[str, Any], bool]


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
        said = {code: [] for code in _grants_of(self.said)}
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
        it names; and whether one of these may have taken the place of that: of files that stand in
        it as a data set nobody can tell which they are."""
        found = [*_Past(self.found).uncovered(_Work(self.found, self.said)), *self._carried()]
        return [(str(grant.get("grant"))[:40], may_go_on) for grant, may_go_on in found]

    def _carried(self) -> Iterator[_Uncovered]:
        """Yield the same of what the file carries itself, which was declared by its SHA-256 alone:
        it may be a delivered file, or another work, and changed since."""
        own = self.found.own
        if own is None or not self.found.carries_another:
            return
        past, work = _Past(own), _Work(own, self.said, self.found)
        grant, made = past.said(own.manifest_id, {"active_manifest": own.manifest_id})
        if grant is None:
            yield from past.uncovered(made or work)
        else:
            yield from work.uncovered([grant])

    @property
    def entries(self) -> list[tuple[object, bool]]:
        """Where the state of each of its grants stands, and whether files of it rest on consents:
        as is said of the grant in it, or in what it was made with, None where neither says so."""
        told = {str(said.get("grant")): (said, rests) for said, rests in self.granted}
        found = dict[str, tuple[object, bool]]()
        for source in self.sources:
            code = str(source.get("grant"))
            said, rests = told.get(code, (source, False))
            place = source.get("status_list") or said.get("status_list")
            found[code] = (place, rests or source.get("on_consent") is True)
        return list(found.values())


@dataclass(frozen=True)
class _Work:
    """A work, by the manifest that declares it: `found` is asked about that, `said` is what it
    declares. `beside`: that manifest where it stands beside a file, and `found` is asked about what
    the file carries."""

    found: Found
    said: Mapping[str, Any]
    beside: Found | None = None

    def uncovered(self, grants: list[Mapping[str, Any]]) -> Iterator[_Uncovered]:
        """Yield which of these, of files that it was made from, none covers that it names, and
        whether one of those may have taken the place of that: one of its maker's own is covered,
        too, where it is in one of them, as in the amended licence that took the place of its own.
        Of a data set nobody can tell which files are in it."""
        maker, named = as_map(self.said.get("maker")).get("code"), _grants_of(self.said)
        declared = self.beside or self.found
        more = [] if self.beside is None else _Past(declared).inner(declared.manifest_id)[0]
        has_sets = bool(declared.stated(DATASET))
        told = [*grants, *more]
        held = [_Part.of(grant) for grant in told if str(grant.get("grant")) in named]
        for grant in grants:
            if str(grant.get("grant")) in named:
                continue
            is_own = as_map(grant.get("licensee")).get("code") == maker
            if not (is_own and any(_Part.of(grant).is_within(each) for each in held)):
                yield grant, is_own and has_sets


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
class _Past:
    """What a work was made from, by the manifests inside that are vouched for: files that were
    delivered, and other works."""

    found: Found
    known: dict[str, tuple[Mapping[str, Any] | None, _Work | None]] = field(default_factory=dict)

    def uncovered(self, work: _Work) -> Iterator[_Uncovered]:
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

    def inner(self, name: str) -> tuple[list[Mapping[str, Any]], list[_Work]]:
        """Return the grants of the delivered files that a manifest was made from, and the works, by
        whatever others between; not what these were made from in turn."""
        manifests = as_map(self.found.report.get("manifests"))
        grants, works = list[Mapping[str, Any]](), list[_Work]()
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
    ) -> tuple[Mapping[str, Any] | None, _Work | None]:
        """Return what a manifest says of a grant, or the work that it declares: of one that is not
        vouched for neither."""
        if name not in self.known:
            file = self.found.within(ingredient)
            said = file.said if file.is_within else None
            grant = said.only(GRANT) if said is not None else None
            made = said.only(OUTPUT) if said is not None else None
            work = _Work(said, made) if said is not None and made is not None else None
            self.known[name] = (grant, work)
        return self.known[name]


def _grants_of(made: Mapping[str, Any]) -> set[str]:
    return {str(source.get("grant")) for source in as_maps(made.get("sources"))}


def _stands_by(grant: Mapping[str, Any]) -> str:
    """Return by what is told whether a grant stands, to compare."""
    names = ("start", "end", "status_list")
    return json.dumps([grant.get(name) for name in names], sort_keys=True)


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


def judged_output(
    verdict: Verdict, declared: Declared, logs: Policy, at: datetime, state: Check | None = None
) -> Verdict:
    """Return the verdict on a file of a trusted signer that names no licence, and says what a
    licensee made. `state` is what a status list says of the grants it was made with."""
    checks = [each for each in verdict.checks if each.id not in {"grant", "identity"}]
    if declared.found.has_identity:
        checks.append(_signed_by_maker(declared))
    checks += [
        _declaration(declared),
        logged(declared.said, logs, lambda leaf: check_entry(declared, leaf)),
    ]
    checks.append(_made(declared, at) or _grants(declared, at))
    checks += [_of_grants(state)] if state is not None else []
    checks += [_less(consent_term(each, at)) for each in declared.consents]
    checks += struck_consents(declared.struck)
    checks.append(_labels(declared))
    return replace(
        verdict,
        name=_sum(checks),
        checks=tuple(checks),
        output=declared.said,
        consents=declared.consents,
    )


def _sum(checks: list[Check]) -> Name:
    found = {(check.id, check.outcome) for check in checks}
    if any(outcome == Outcome.FAILED for _id, outcome in found):
        return Name.DISPUTED
    if {(name, Outcome.UNKNOWN) for name in ("log", "status", "grants")} & found:
        return Name.UNPROVEN
    doubts = {(name, Outcome.WARNING) for name in ("grants", "consent", "status")}
    return Name.MADE_IN_DOUBT if doubts & found else Name.MADE


def _signed_by_maker(declared: Declared) -> Check:
    check = identity(declared.found, OUTPUT, declared.maker)
    if check.said in {"identity.unknown", "identity.over"}:
        return check
    return replace(check, said=check.said.replace("identity.", "maker."))


def _of_grants(state: Check) -> Check:
    """What a list says of a grant that has ended it says, too, where an amended one took its
    place."""
    is_end = state.outcome == Outcome.FAILED and state.said == "status.invalid"
    return _less(replace(state, said="status.ended") if is_end else state)


def _less(check: Check) -> Check:
    """An end takes nothing from what was made before: it is a reason to ask."""
    is_end = check.outcome == Outcome.FAILED or check.said in {CONSENT_ENDED, ENDED_BY}
    return replace(check, outcome=Outcome.WARNING) if is_end else check


def _declaration(declared: Declared) -> Check:
    said = declared.said
    values = {
        "output": str(said.get("output"))[:40],
        "kind": str(said.get("kind"))[:40],
        "maker": str(declared.maker.get("name") or "-")[:_SHOWN_MAX],
        "use": str(said.get("use"))[:60],
        "territory": territory(said.get("territory")),
        "made": str(said.get("made_at"))[:40],
    }
    return Check("output", Outcome.OK, "output.declared", values)


def _made(declared: Declared, at: datetime) -> Check | None:
    """Return that at a time it had not been made, so that nothing it was made under told of it."""
    made = declared.said.get("made_at")
    try:
        is_early = at < instant(made)
    except (ValueError, OverflowError):
        return Check("grants", Outcome.WARNING, "made.malformed")
    return (
        Check("grants", Outcome.WARNING, "made.later", {"made": str(made)[:40]})
        if is_early
        else None
    )


def _grants(declared: Declared, at: datetime) -> Check:
    told = [f"{each.get('grant')} ({each.get('files')})" for each in declared.sources]
    values = {"grants": listed(told)}
    if uncovered := declared.uncovered:
        values["others"] = listed([code for code, _may_go_on in uncovered])
        if all(may_go_on for _code, may_go_on in uncovered):
            return Check("grants", Outcome.UNKNOWN, "grants.before", values)
        return Check("grants", Outcome.WARNING, "grants.unnamed", values)
    if not declared.sources:
        return Check("grants", Outcome.OK, "grants.none")
    over = [
        str(each.get("grant"))
        for each in declared.grants
        if grant_term(each, at).said == "term.over"
    ]
    if over:
        values["over"] = listed(over)
        return Check("grants", Outcome.WARNING, "grants.over", values)
    return Check("grants", Outcome.OK, "grants.named", values)


def _labels(declared: Declared) -> Check:
    duties = as_maps(declared.said.get("label_duties"))
    if not duties:
        return Check("labels", Outcome.OK, "labels.none")
    told = [f"{each.get('jurisdiction')}: {each.get('duty')}, {each.get('law')}" for each in duties]
    return Check("labels", Outcome.UNKNOWN, "labels.owed", {"duties": "; ".join(told)[:800]})
