"""Rules about kinds of entries, and the documents that the log names: its kinds and its policy."""

import hashlib
from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import Document, Thing
from edgecode.log.schema import BadKinds, base_of, load, name_of

SCHEMA = Rule("R1", "An entry is of a published kind and carries what that kind declares.")
KINDS = Rule(
    "R9",
    "A kinds document has the hash that the log names and changes no earlier declaration,"
    " but that more texts may be allowed.",
    ("kinds.published",),
)
NEWER = Rule(
    "R62",
    "A kind of which the log has declared or written a newer version is written in that one, from"
    " 10 minutes later on.",
)
RULES = (SCHEMA, KINDS, NEWER)


def document_published(step: Step) -> Thing:
    document = Document()
    document_replaced(step, document)
    return document


def document_replaced(step: Step, _document: Document) -> None:
    if step.leaf.kind.startswith("kinds."):
        _learn(step)


def _learn(step: Step) -> None:
    """Take up the declarations of the kinds document that the entry names, if it is given."""
    world = step.world
    sha256 = str(step.data.get("sha256"))
    if world.learned.get(sha256) == step.data.get("kinds"):
        return  # named again
    text = world.documents.get(sha256)
    if text is None:
        world.unknown[f"the kinds document {sha256:.64}, which was not to be had"] = None
        return
    if hashlib.sha256(text).hexdigest() != sha256:
        step.report(KINDS, f"the document {sha256} has another hash")
        return
    try:
        published = load(text)
    except BadKinds as error:
        step.report(KINDS, str(error))
        return
    if step.data.get("kinds") != len(published):
        step.report(KINDS, f"the document declares {len(published)} kinds")
    world.learned[sha256] = len(published)
    for name, kind in published.items():
        known = world.kinds.setdefault(name, kind)
        if known.includes(kind) or kind.includes(known):
            world.kinds[name] = known if known.includes(kind) else kind
        else:
            step.report(KINDS, f"{name} is declared anew, differently")
    for name in published:
        _check_version(step, name)
        world.note_version(world.kinds[name], step.at)
    world.kinds_changed()


def _check_version(step: Step, name: str) -> None:
    kind = step.world.kinds[name]
    if kind.version == 1:
        return
    before = step.world.kinds.get(name_of(base_of(name), kind.version - 1))
    if before is None:
        step.report(KINDS, f"{name} is a version of what is not declared")
    elif not kind.carries(before):
        step.report(KINDS, f"{name} leaves out or changes what {before.name} carries")


FOUNDING: Mapping[str, Founding] = {
    "kinds.published": document_published,
    "policy.published": document_published,
}
FOLLOWING: Mapping[str, Following] = {
    "kinds.published": (Document, document_replaced),
    "policy.published": (Document, document_replaced),
}
