"""What may be believed of a licensee's output: who declared it, made with what, as the log has it.

Pure. A declaration promises nothing that could run out by itself: what was made under a licence
stays made under it. That a licence or a consent has ended since is told, and is less than none.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from edgecode.log.leaf import Leaf, split_ref
from edgecode.log.policy import Policy
from edgecode.verify.codes import as_map, as_maps, is_ingredient_trusted
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
            if not is_ingredient_trusted(self.found.report, each):
                continue
            file = self.found.within(each)
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
        past = _Past(self.found, {self.found.manifest_id})
        has_sets = bool(self.found.stated(DATASET))
        of = past.uncovered(self.found.manifest_id, _Held(None).of(self.said))
        return [(str(grant.get("grant"))[:40], is_own and has_sets) for grant, is_own in of]

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
class _Held:
    """What the maker of a work, by code, names of grants, and the files of these that it used."""

    maker: object
    grants: frozenset[str] = frozenset()
    files: frozenset[object] = frozenset()

    def of(self, made: Mapping[str, Any]) -> "_Held":
        """Return the same of another work that went into it."""
        maker = as_map(made.get("maker")).get("code")
        return replace(self, maker=maker, grants=self.grants | _grants_of(made))

    def with_files(self, said: Iterable[Mapping[str, Any]]) -> "_Held":
        """Return the same with the files of which this is said of their grants."""
        held = {_file_of(grant) for grant in said if grant.get("grant") in self.grants} - {None}
        return replace(self, files=self.files | held)

    def covers(self, grant: Mapping[str, Any], *, is_own: bool) -> bool:
        """Return whether a file is of one of the grants; or one of its maker's own that is in one
        of them, as in the amended licence that took the place of its own."""
        return grant.get("grant") in self.grants or (is_own and _file_of(grant) in self.files)


@dataclass(frozen=True)
class _Past:
    """What a work was made from, by the manifests inside that are vouched for: files that were
    delivered, and other works."""

    found: Found
    seen: set[str] = field(default_factory=set)

    def uncovered(self, name: str, held: "_Held") -> Iterator[tuple[Mapping[str, Any], bool]]:
        """Yield the grants of files that a manifest was made from and that nothing covers that was
        held for it, and whether they are its maker's own. What a delivered file was made from is
        for who licensed it to answer."""
        ahead = [(name, held)]
        while ahead:
            name, held = ahead.pop()
            files = list(self._inner(name))
            said = [(file, file.said.only(GRANT) if file.is_within else None) for file in files]
            held = held.with_files(grant for _file, grant in said if grant is not None)
            for file, grant in said:
                if grant is None:
                    ahead.append(self._further(file, held))
                    continue
                is_own = as_map(grant.get("licensee")).get("code") == held.maker
                if not held.covers(grant, is_own=is_own):
                    yield grant, is_own

    def _further(self, file: Found, held: _Held) -> tuple[str, _Held]:
        """Return what is to be asked of a manifest that is no delivered file's: another work has
        grants of its own."""
        made = file.said.only(OUTPUT) if file.is_within else None
        if made is None:
            return file.manifest_id, held
        return file.said.manifest_id, held.of(made)

    def _inner(self, name: str) -> Iterator[Found]:
        """Yield what a manifest was made from, each manifest once."""
        manifest = as_map(as_map(self.found.report.get("manifests")).get(name))
        for each in as_maps(manifest.get("ingredients")):
            inner = str(each.get("active_manifest") or "")
            if inner and inner not in self.seen:
                self.seen.add(inner)
                yield self.found.within(each)


def _file_of(grant: Mapping[str, Any]) -> object:
    return as_map(grant.get("asset")).get("code")


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
