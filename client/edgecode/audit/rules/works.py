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
    Thing,
    Title,
    Work,
)

SAME = Rule(
    "R63",
    "A title is merged into another of its kind while each of them speaks for itself, and is split"
    " only from the one that speaks for it.",
    ("title.registered", "title.changed", "title.merged", "title.split"),
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
        move_rights(title, "")


def move_rights(title: Title, kind: str) -> None:
    """Take up that the title is of another kind ("" for one that the log does not say)."""
    if title.owner is not None and title.standing:
        rights = title.owner.rights
        rights[title.kind] -= title.standing
        rights[kind] = rights.get(kind, 0) + title.standing
    title.kind = kind


def performer_changed(step: Step, performer: Performer) -> None:
    check_owner(step, performer.owner)
    _fields(step)


def _fields(step: Step) -> list[str]:
    """Return what a correction says that it corrects."""
    found = step.leaf.data.get("fields")
    fields = [str(each) for each in found] if isinstance(found, list) else []
    if not fields or len(set(fields)) != len(fields):
        step.report(CORRECTED, f"corrects {', '.join(fields) or 'nothing'}")
    return fields


def title_described(step: Step, title: Title) -> None:
    """A name or number of the work was recorded, or taken back."""
    check_owner(step, title.owner)


def title_merged(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    into = step.need("into", Title)
    if into is None:
        return
    check_owner(step, into.owner)
    if title.kind and into.kind and title.kind != into.kind:
        step.report(SAME, f"a {title.kind} was merged into a {into.kind}", into)
    if into is title:
        step.report(SAME, "it was merged into itself", title)
    elif title.canonical is not title:
        step.report(SAME, "it is a duplicate already", title)
    elif into.canonical is not into:
        step.report(SAME, f"{step.leaf.refs['into']} is itself a duplicate", into)
    else:
        into.work = (into.work or Work(into)).newest()
        into.work.take(title)


def title_split(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    kept, speaks = step.need("from", Title), title.canonical
    if speaks is title:
        step.report(SAME, "it is no duplicate of another", title)
        return
    if kept is not speaks and kept is not None:
        step.report(SAME, f"{step.leaf.refs['from']} does not speak for it", kept)
    if title.work is not None:
        title.work.newest().leave(title)


def title_credited(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    party = step.need("party", Party)
    if party is not None:
        check_owner(step, party.owner)
        if title.credits is None:
            title.credits = set()
        title.credits.add((party, str(step.leaf.data.get("role"))))


def title_uncredited(step: Step, title: Title) -> None:
    check_owner(step, title.owner)
    party = step.need("party", Party)
    if party is None:
        return
    credit = party, str(step.leaf.data.get("role"))
    if title.credits is None or credit not in title.credits:
        step.report(CREDIT, f"{step.leaf.refs['party']} has no such credit", party)
    else:  # all of that part at once, whatever characters they name
        title.credits.remove(credit)


def party_registered(step: Step) -> Thing:
    return Party(_registrant(step))


def party_changed(step: Step, party: Party) -> None:
    check_owner(step, party.owner)
    _fields(step)


def party_related(step: Step, party: Party) -> None:
    """Two parties were found to be one, or two after all: both are of who says so."""
    check_owner(step, party.owner)
    for role in ("into", "from"):
        if role in step.leaf.refs and (other := step.need(role, Party)) is not None:
            check_owner(step, other.owner)


def evidence_recorded(step: Step) -> Thing:
    _registrant(step)
    return Evidence()


def _registrant(step: Step) -> Organisation | None:
    owner = step.need("organisation", Organisation)
    check_owner(step, owner)
    return owner


FOUNDING: Mapping[str, Founding] = {
    "party.registered": party_registered,
    "evidence.recorded": evidence_recorded,
}
FOLLOWING: Mapping[str, Following] = {
    "title.changed": (Title, title_changed),
    "title.named": (Title, title_described),
    "title.unnamed": (Title, title_described),
    "title.identified": (Title, title_described),
    "title.unidentified": (Title, title_described),
    "title.merged": (Title, title_merged),
    "title.split": (Title, title_split),
    "title.credited": (Title, title_credited),
    "title.uncredited": (Title, title_uncredited),
    "performer.changed": (Performer, performer_changed),
    "party.changed": (Party, party_changed),
    "party.merged": (Party, party_related),
    "party.split": (Party, party_related),
}
