"""Rules about titles, their files, and the rights recorded over them."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Asset,
    Fact,
    Holding,
    Material,
    Organisation,
    Restriction,
    Right,
    Thing,
    Title,
)

FILES = Rule(
    "R15",
    "The files of a title or likeness are numbered 1, 2, 3 ... after its code.",
    ("asset.registered",),
)
RIGHTS = Rule(
    "R16",
    "A right, prohibition, other fact or opinion ends once, for the title or likeness that it was"
    " recorded for.",
    (
        "holding.recorded",
        "holding.superseded",
        "restriction.recorded",
        "restriction.superseded",
        "fact.recorded",
        "fact.superseded",
        "opinion.recorded",
        "opinion.superseded",
    ),
)
RULES = (FILES, RIGHTS)


def title_registered(step: Step) -> Thing:
    owner = step.need("organisation", Organisation)
    check_owner(step, owner)
    return Title(owner, str(step.data.get("title_kind")))


def asset_registered(step: Step) -> Thing:
    of = step.need("owner", Material)
    if of is not None:
        check_owner(step, of.owner)
        of.files += 1
        code = step.leaf.code_of("owner")
        if step.leaf.code != f"{code}+{of.files:03d}":
            step.report(FILES, f"the next file of {code} is {code}+{of.files:03d}", of)
    return Asset(of)


def holding_recorded(step: Step) -> Thing:
    title = _own_title(step)
    if title is not None:
        _count(title, 1)
    return Holding(title)


def _count(title: Title, more: int) -> None:
    """Take up that so many more rights over the title stand."""
    title.standing += more
    if title.same is not None:
        title.same.newest().standing += more
    if title.owner is not None:
        rights = title.owner.rights
        rights[title.kind] = rights.get(title.kind, 0) + more


def restriction_recorded(step: Step) -> Thing:
    return Restriction(_own_title(step))


def fact_recorded(step: Step) -> Thing:
    return Fact(_own_title(step))


def _own_title(step: Step) -> Title | None:
    title = step.need("title", Title)
    if title is not None:
        check_owner(step, title.owner)
    return title


def right_superseded(step: Step, right: Right) -> None:
    title = _own_title(step)
    if title is not right.title and title is not None:
        step.report(RIGHTS, f"is not about {step.leaf.refs['title']}", right)
    if right.is_superseded:
        step.report(RIGHTS, "it was superseded before", right)
    elif isinstance(right, Holding) and right.title is not None:
        _count(right.title, -1)
    right.is_superseded = True


FOUNDING: Mapping[str, Founding] = {
    "title.registered": title_registered,
    "asset.registered": asset_registered,
    "holding.recorded": holding_recorded,
    "restriction.recorded": restriction_recorded,
    "fact.recorded": fact_recorded,
}
FOLLOWING: Mapping[str, Following] = {
    "holding.superseded": (Holding, right_superseded),
    "restriction.superseded": (Restriction, right_superseded),
    "fact.superseded": (Fact, right_superseded),
}
