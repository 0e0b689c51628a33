"""Rules about outputs: what licensees make under grants and consents."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Consent,
    ConsentUse,
    Grant,
    Lost,
    Organisation,
    Output,
    Thing,
)

DECLARED = Rule(
    "R91",
    "An output is declared under grants that its maker holds and that were neither revoked nor"
    " replaced, and uses of consents that its maker recorded for it alone; under one at least.",
    ("output.declared", "grant.issued", "grant.revoked", "grant.superseded", "consent.used"),
)
SIGNED = Rule(
    "R92",
    "An output is signed once; after that its maker may have consents struck out that it was made"
    " under, each once; each manifest has its name alone.",
    ("output.signed", "output.updated", "output.declared", "credential.signed"),
)
DISPUTED = Rule(
    "R93",
    "Who licensed what an output was made with disputes it, and does so no longer, by turns.",
    ("output.disputed", "output.dispute_withdrawn", "output.declared"),
)
RULES = (DECLARED, SIGNED, DISPUTED)


def output_declared(step: Step) -> Thing:
    named = step.lists.get("under", [])
    grants = [each for each in named if isinstance(each, Grant)]
    uses = [each for each in named if isinstance(each, ConsentUse)]
    if not named or any(not isinstance(each, (Grant, ConsentUse, Lost)) for each in named):
        step.report(DECLARED, "it names what is neither a grant nor the use of a consent")
    output = Output(step.actor, grants, [each.consent for each in uses if each.consent])
    for grant in grants:
        if grant.licensee is not step.actor and None not in {grant.licensee, step.actor}:
            step.report(DECLARED, "another lab holds a grant that it names", grant)
        if grant.is_revoked or grant.is_superseded:
            step.report(DECLARED, "a grant that it names had ended early", grant)
    for use in uses:
        if use.maker is not step.actor and None not in {use.maker, step.actor}:
            step.report(DECLARED, "another organisation recorded the use of a consent", use)
        if use.output is not None:
            step.report(DECLARED, "the use of a consent was for another output", use)
        use.output = output
    return output


def output_signed(step: Step, output: Output) -> None:
    if output.is_signed:
        step.report(SIGNED, "it was signed before", output)
    output.is_signed = True
    _name(step)


def output_updated(step: Step, output: Output) -> None:
    check_owner(step, output.maker)
    if not output.is_signed:
        step.report(SIGNED, "it was not signed yet", output)
    for consent in step.need_list("consents", Consent):
        if consent in output.struck or consent not in output.consents:
            step.report(SIGNED, "it does not name a consent that is struck out", output, consent)
        output.struck.add(consent)
    _name(step)


def _name(step: Step) -> None:
    manifest = str(step.data.get("manifest"))
    name = hash(manifest)  # as the credentials' are remembered
    if name in step.world.manifests:
        step.report(SIGNED, f"another manifest is called {manifest}")
    step.world.manifests.add(name)


def output_disputed(step: Step, output: Output) -> None:
    if step.actor is None:
        return
    if step.actor not in _licensors(output):
        step.report(DISPUTED, f"{step.leaf.actor} licensed nothing for it", output)
    if step.actor in output.disputing:
        step.report(DISPUTED, f"{step.leaf.actor} disputes it already", output)
    output.disputing.add(step.actor)


def dispute_withdrawn(step: Step, output: Output) -> None:
    if step.actor is not None and step.actor not in output.disputing:
        step.report(DISPUTED, f"{step.leaf.actor} does not dispute it", output)
    output.disputing.discard(step.actor)


def _licensors(output: Output) -> set[Organisation | None]:
    return {each.licensor for each in output.grants} | {each.owner for each in output.consents}


FOUNDING: Mapping[str, Founding] = {"output.declared": output_declared}
FOLLOWING: Mapping[str, Following] = {
    "output.signed": (Output, output_signed),
    "output.updated": (Output, output_updated),
    "output.disputed": (Output, output_disputed),
    "output.dispute_withdrawn": (Output, dispute_withdrawn),
}
