"""What may be believed of a licensee's output: who declared it, made with what, as the log has it.

Pure. A declaration promises nothing that could run out by itself: what was made under a licence
stays made under it. That a licence or a consent has ended since is told, and is less than none.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from edgecode.log.policy import Policy
from edgecode.verify.codes import as_maps
from edgecode.verify.consents import consent_term, struck_consents
from edgecode.verify.declared import Declared, check_entry
from edgecode.verify.found import OUTPUT
from edgecode.verify.grant import grant_term
from edgecode.verify.identity import identity_of
from edgecode.verify.receipt import logged
from edgecode.verify.shown import SHOWN_MAX, listed, shortened, territory
from edgecode.verify.status import CONSENT_ENDED, ENDED_BY
from edgecode.verify.term import instant
from edgecode.verify.verdict import Check, Name, Outcome, Verdict

_DUTIES_MAX: Final = 4_000  # letters: some times as many as all laws take that are named today


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
    check = identity_of(declared.found, OUTPUT, declared.maker)
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
        "maker": str(declared.maker.get("name") or "-")[:SHOWN_MAX],
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
        others = [code for code, _may_go_on in uncovered if code]
        values["others"] = listed(others)
        if all(may_go_on for _code, may_go_on in uncovered):
            said = "grants.before" if others else "grants.untold"
            return Check("grants", Outcome.UNKNOWN, said, values)
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
    values = {"duties": shortened("; ".join(told), _DUTIES_MAX)}
    return Check("labels", Outcome.UNKNOWN, "labels.owed", values)
