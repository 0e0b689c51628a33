"""What may be believed of a licensee's output: who declared it, made with what, as the log has it.

Pure. A declaration promises nothing that could run out by itself: what was made under a licence
stays made under it. That a licence or a consent has ended since is told, and is less than none.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from edgecode.log.leaf import Leaf, split_ref
from edgecode.log.policy import Policy
from edgecode.verify.codes import as_map, as_maps
from edgecode.verify.judging import (
    CONSENT,
    CONSENT_ENDED,
    GRANT,
    Check,
    Found,
    Name,
    Outcome,
    Verdict,
    consent_term,
    grant_term,
    identity,
    listed,
    logged,
    struck_consents,
)

OUTPUT: Final = "com.edgecode.output"
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
        one of them rests on a consent. Of those that stand in it as a data set nothing."""
        named = {str(source.get("grant")) for source in self.sources}
        said: dict[str, tuple[Mapping[str, Any], bool]] = {}
        for each in as_maps(self.found.manifest.get("ingredients")):
            file = replace(self.found, named=str(each.get("active_manifest") or "-"))
            for grant in file.said.stated(GRANT):
                code = str(grant.get("grant"))
                _, before = said.get(code, (grant, False))
                said[code] = (grant, before or file.on_consent)
        return [each for code, each in said.items() if code in named]


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
    checks.append(_grants(declared, at))
    checks += [_less(state)] if state is not None else []
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
    if {("log", Outcome.UNKNOWN), ("status", Outcome.UNKNOWN)} & found:
        return Name.UNPROVEN
    doubts = {(name, Outcome.WARNING) for name in ("grants", "consent", "status")}
    return Name.MADE_IN_DOUBT if doubts & found else Name.MADE


def _signed_by_maker(declared: Declared) -> Check:
    check = identity(declared.found, OUTPUT, declared.maker)
    if check.said == "identity.unknown":
        return check
    return replace(check, said=check.said.replace("identity.", "maker."))


def _less(check: Check) -> Check:
    """An end takes nothing from what was made before: it is a reason to ask."""
    is_end = check.outcome == Outcome.FAILED or check.said == CONSENT_ENDED
    return replace(check, outcome=Outcome.WARNING) if is_end else check


def _declaration(declared: Declared) -> Check:
    said = declared.said
    values = {
        "output": str(said.get("output"))[:40],
        "kind": str(said.get("kind"))[:40],
        "maker": str(declared.maker.get("name") or "-")[:_SHOWN_MAX],
        "use": str(said.get("use"))[:60],
        "made": str(said.get("made_at"))[:40],
    }
    return Check("output", Outcome.OK, "output.declared", values)


def _grants(declared: Declared, at: datetime) -> Check:
    if not declared.sources:
        return Check("grants", Outcome.OK, "grants.none")
    told = [f"{each.get('grant')} ({each.get('files')})" for each in declared.sources]
    values = {"grants": listed(told)}
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
