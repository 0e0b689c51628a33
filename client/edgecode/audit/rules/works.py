"""Rules about what is said of works: which titles are one, who had a part in them."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Evidence,
    Organisation,
    Party,
    Performer,
    RuleRow,
    Same,
    Thing,
    Title,
)

SAME = Rule(
    "R63",
    "A title or party is merged into another of its kind while each of them speaks for itself, and"
    " is split only from the one that speaks for it.",
    (
        "title.registered",
        "title.changed",
        "title.merged",
        "title.split",
        "party.registered",
        "party.changed",
        "party.merged",
        "party.split",
    ),
)
CREDIT = Rule(
    "R64",
    "A credit is taken back only where it stands.",
    ("title.credited", "title.uncredited"),
)
CORRECTED = Rule(
    "R65",
    "A correction says what it corrects: one field or more, each once.",
    ("title.changed", "party.changed", "performer.changed"),
)
RULES = (SAME, CREDIT, CORRECTED)


def title_changed(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    if "kind" in _fields(step) and title.kind:
        if title.owner is not None and title.standing:
            rights = title.owner.rights
            rights[title.kind] -= title.standing
            rights[""] = rights.get("", 0) + title.standing
        title.kind = ""


def performer_changed(step: Step, performer: Performer) -> None:
    check_owner(step, performer.owner)
    _fields(step)


def _fields(step: Step) -> list[str]:
    """Return what a correction says that it corrects."""
    found = step.data.get("fields")
    fields = [str(each) for each in found] if isinstance(found, list) else []
    if not fields or len(set(fields)) != len(fields):
        step.report(CORRECTED, f"corrects {', '.join(fields) or 'nothing'}")
    return fields


def title_described(step: Step, title: Title) -> None:
    """A name or number of the work was recorded, or taken back."""
    check_owner(step, title.owner)


def _speaker(thing: Title | Party) -> Title | Party:
    """Return what speaks for all that are the same, mostly the thing itself."""
    return thing if thing.same is None else thing.same.newest().speaks


def merged(step: Step, thing: Title | Party) -> None:
    check_owner(step, thing.owner)
    into = step.need("into", type(thing))
    if into is None:
        return
    check_owner(step, into.owner)
    if thing.kind and into.kind and thing.kind != into.kind:
        step.report(SAME, f"a {thing.kind:.40} was merged into a {into.kind:.40}", into)
    if into is thing:
        step.report(SAME, "it was merged into itself", thing)
    elif _speaker(thing) is not thing:
        step.report(SAME, "it is a duplicate already", thing)
    elif _speaker(into) is not into:
        step.report(SAME, f"{step.leaf.refs['into']} is itself a duplicate", into)
    else:
        into.same = (into.same or Same(into)).newest()
        into.same.take(thing)


def split(step: Step, thing: Title | Party) -> None:
    check_owner(step, thing.owner)
    kept, speaks = step.need("from", type(thing)), _speaker(thing)
    if speaks is thing:
        step.report(SAME, "it is no duplicate of another", thing)
        return
    if kept is not speaks and kept is not None:
        step.report(SAME, f"{step.leaf.refs['from']} does not speak for it", kept)
    if thing.same is not None:
        thing.same.newest().leave(thing)


def title_credited(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    party = step.need("party", Party)
    if party is not None:
        check_owner(step, party.owner)
        if title.credits is None:
            title.credits = set()
        title.credits.add((party, str(step.data.get("role"))))


def title_uncredited(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    party = step.need("party", Party)
    if party is None:
        return
    credit = party, str(step.data.get("role"))
    if title.credits is None or credit not in title.credits:
        step.report(CREDIT, f"{step.leaf.refs['party']} has no such credit", party)
    else:  # all of that part at once, whatever characters they name
        title.credits.remove(credit)


def party_registered(step: Step) -> Thing:
    return Party(_registrant(step), str(step.data.get("party_kind")))


def party_changed(step: Step, party: Party) -> None:
    check_owner(step, party.owner)
    if "kind" in _fields(step):
        party.kind = ""


def evidence_recorded(step: Step) -> Thing:
    _registrant(step)
    return Evidence()


def rule_recorded(step: Step) -> Thing:
    owner = _registrant(step)
    if "supersedes" in step.refs or "supersedes" in step.lists:
        old = step.need("supersedes", RuleRow)
        if old is not None:
            check_owner(step, old.owner)
    return RuleRow(owner)


def _registrant(step: Step) -> Organisation | None:
    owner = step.need("organisation", Organisation)
    check_owner(step, owner)
    return owner


FOUNDING: Mapping[str, Founding] = {
    "party.registered": party_registered,
    "evidence.recorded": evidence_recorded,
    "rule.recorded": rule_recorded,
}
FOLLOWING: Mapping[str, Following] = {
    "title.changed": (Title, title_changed),
    "title.named": (Title, title_described),
    "title.unnamed": (Title, title_described),
    "title.identified": (Title, title_described),
    "title.unidentified": (Title, title_described),
    "title.merged": (Title, merged),
    "title.split": (Title, split),
    "title.credited": (Title, title_credited),
    "title.uncredited": (Title, title_uncredited),
    "party.changed": (Party, party_changed),
    "party.merged": (Party, merged),
    "party.split": (Party, split),
    "performer.changed": (Performer, performer_changed),
}
