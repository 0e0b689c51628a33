"""Rules about auditors' cases: who is shown what lies behind commitments."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import Case, Deal, Organisation, Thing

CASE = Rule(
    "R38",
    "A case is given to an auditor by a party to its deals, one at least, and closed once; openings"
    " are shown only while it is open.",
    ("case.opened", "case.closed", "openings.shown"),
)
RULES = (CASE,)


def case_opened(step: Step) -> Thing:
    auditor = step.need("auditor", Organisation)
    if auditor is not None and auditor.kind != "auditor":
        step.report(CASE, f"{step.leaf.refs['auditor']} is no auditor", auditor)
    if "subjects" not in step.lists:
        step.report(CASE, "shows no deal")
    for subject in step.need_list("subjects", Deal):
        if step.actor not in {subject.licensor, subject.lab, None}:
            step.report(CASE, f"{step.leaf.actor} has no part in a deal it shows", subject)
    return Case(step.actor, auditor)


def case_closed(step: Step, case: Case) -> None:
    check_owner(step, case.opener)
    if case.is_closed:
        step.report(CASE, "it was closed before", case)
    case.is_closed = True


def openings_shown(step: Step, case: Case) -> None:
    if step.actor not in {None, case.auditor} and case.auditor is not None:
        step.report(CASE, f"{step.leaf.actor} is not the case's auditor", case)
    if case.is_closed:
        step.report(CASE, "openings were shown after it was closed", case)
    count = step.data.get("openings")
    if isinstance(count, int) and count < 0:
        step.report(CASE, f"{count} openings were shown", case)


FOUNDING: Mapping[str, Founding] = {"case.opened": case_opened}
FOLLOWING: Mapping[str, Following] = {
    "case.closed": (Case, case_closed),
    "openings.shown": (Case, openings_shown),
}
