"""Logs in which a rule about outputs is broken."""

from edgecode.log.leaf import Leaf
from tests.client.forgery import Log, change, copy, find, fit, insert, of
from tests.client.mutations import Mutation, again, another


def under(leaf: Leaf) -> list[str]:
    named = leaf.refs["under"]
    assert not isinstance(named, str)
    return list(named)


def by_another_lab(log: Log) -> Log:
    """A lab declares what it made under the grant of another; nothing follows it."""
    followed = {leaf.stream for leaf in log if leaf.kind == "output.updated"}
    at = find(log, "output.declared", lambda leaf: leaf.stream not in followed)
    other = another(log, "organisation.registered", log[at].actor, organisation_kind="lab")
    return change(log, at, actor=other)


def under_what_was_revoked(log: Log) -> Log:
    """Something is declared under a grant that is revoked already."""
    revoked = find(log, "grant.revoked")
    return _declare(log, revoked + 1, [log[revoked].stream], log[revoked].stream)


def under_what_was_replaced(log: Log) -> Log:
    """Something is declared under a grant whose place another took."""
    replaced = find(log, "grant.superseded")
    return _declare(log, replaced + 1, [log[replaced].stream], log[replaced].stream)


def of_the_same_use(log: Log) -> Log:
    """Two outputs are made with one output of a consent."""
    at = find(log, "output.declared", lambda leaf: len(under(leaf)) > 1)
    twin = copy(log[at], stream="output:00000000")
    return insert(log, at + 1, twin)


def struck_out_unnamed(log: Log) -> Log:
    """A consent is struck out that the output was not made under."""
    at = find(log, "output.updated")
    named = log[at].refs["consents"][0].partition("@")[0]
    other = another(log[:at], "consent.recorded", named)
    return fit(change(log, at, refs={"consents": [f"{other}@1"]}))


def disputed_by_a_stranger(log: Log) -> Log:
    """A studio disputes what was made with nothing of its own."""
    over = {leaf.stream for leaf in log if leaf.kind == "output.dispute_withdrawn"}
    at = find(log, "output.disputed", lambda leaf: leaf.stream not in over)
    maker = next(leaf for leaf in log if leaf.stream == log[at].actor)
    kind = maker.data["organisation_kind"]
    other = another(log, "organisation.registered", maker.stream, organisation_kind=kind)
    return change(log, at, actor=other)


def _declare(log: Log, at: int, named: list[str], grant: str) -> Log:
    """Insert an output of the licensee of this grant."""
    some = find(log, "output.declared")
    request = of(next(leaf for leaf in log if leaf.stream == grant), "request")
    lab = next(leaf.actor for leaf in log if leaf.stream == request)
    made = insert(log, at, copy(log[some], stream="output:00000000"))
    return fit(change(made, at, actor=lab, refs={"under": [f"{each}@1" for each in named]}))


OUTPUTS: dict[str, list[Mutation]] = {
    "R91": [by_another_lab, under_what_was_revoked, under_what_was_replaced, of_the_same_use],
    "R92": [again("output.signed"), again("output.updated"), struck_out_unnamed],
    "R93": [again("output.disputed"), again("output.dispute_withdrawn"), disputed_by_a_stranger],
}
