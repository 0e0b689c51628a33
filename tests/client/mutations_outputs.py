"""Logs in which a rule about outputs is broken."""

from dataclasses import replace

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


def seen(log: Log, at: int, output: str, grant: str, **said: str) -> Log:
    """Insert that a work, made under that grant, was seen and is authorised."""
    some = find(log, "sighting.reported")
    data = {"matched": "made", "outcome": "authorised", **said}
    leaf = copy(log[some], "sighting:7K3F2Q9P", **data)
    refs = {"output": f"{output}@1", "grant": f"{grant}@1"}
    kept = {name: each for name, each in leaf.data.items() if name != "term" or "term" in said}
    return insert(log, at, replace(leaf, refs=refs, data=kept, actor="system:worker"))


def grant_of(log: Log, output: str) -> str:
    declared = log[find(log, "output.declared", lambda leaf: leaf.stream == output)]
    return next(each for each in under(declared) if each.startswith("grant:")).partition("@")[0]


def seen_unsigned(log: Log) -> Log:
    """A work is authorised that is not signed yet."""
    at = find(log, "output.declared", lambda leaf: len(under(leaf)) == 1)
    return seen(log, at + 1, log[at].stream, grant_of(log, log[at].stream))


def seen_disputed(log: Log) -> Log:
    """A work is authorised while its licensor disputes it."""
    signed = {leaf.stream for leaf in log if leaf.kind == "output.signed"}
    alone = _without_consent(log)
    at = find(log, "output.disputed", lambda leaf: leaf.stream in signed & alone)
    return seen(log, at + 1, log[at].stream, grant_of(log, log[at].stream))


def seen_under_another(log: Log) -> Log:
    """A work is authorised by a grant that it was not made under."""
    at = find(log, "output.signed", lambda leaf: leaf.stream in _without_consent(log))
    own = grant_of(log, log[at].stream)
    other = log[find(log, "grant.issued", lambda leaf: leaf.stream != own)].stream
    return seen(log, at + 1, log[at].stream, other)


def seen_under_another_consent(log: Log) -> Log:
    """A work is authorised by a consent that it was not made under."""
    at = find(log, "output.signed", lambda leaf: leaf.stream in _without_consent(log))
    output = log[at].stream
    other = log[find(log, "consent.recorded")].stream
    forged = seen(log[: at + 1], at + 1, output, grant_of(log, output))
    refs = {"output": f"{output}@1", "consent": f"{other}@1"}
    return fit([*forged[:-1], replace(forged[-1], refs=refs)])


def seen_without_its_consent(log: Log) -> Log:
    """A work is authorised though a consent that it was made under had been withdrawn."""
    at = find(log, "output.signed", lambda leaf: leaf.stream not in _without_consent(log))
    output = log[at].stream
    declared = log[find(log, "output.declared", lambda leaf: leaf.stream == output)]
    use = next(each for each in under(declared) if each.startswith("consent_use:"))
    used = log[find(log, "consent.used", lambda leaf: leaf.stream == use.partition("@")[0])]
    consent = of(used, "consent")
    recorded = log[find(log, "consent.recorded", lambda leaf: leaf.stream == consent)]
    over = replace(recorded, kind="consent.withdrawn", commitments={})
    late = {"seen_at": "2099-01-01T00:00:00+00:00"}
    return seen(insert(log[: at + 1], at + 1, over), at + 2, output, grant_of(log, output), **late)


def seen_after_revocation(log: Log) -> Log:
    """A work is authorised long after the grant that it was made under was revoked."""
    at = find(log, "output.signed", lambda leaf: leaf.stream in _without_consent(log))
    output = log[at].stream
    grant, late = grant_of(log, output), {"seen_at": "2099-01-01T00:00:00+00:00"}
    asset = of(log[find(log, "asset.granted", lambda leaf: leaf.stream == grant)], "asset")
    licensor = log[find(log, "asset.registered", lambda leaf: leaf.stream == asset)].actor
    over = replace(log[find(log, "grant.revoked")], stream=grant, actor=licensor)
    return seen(insert(log[: at + 1], at + 1, over), at + 2, output, grant, **late)


def seen_of_nothing(log: Log) -> Log:
    """A work is outside its licence, and nobody says whose."""
    at = find(log, "output.signed", lambda leaf: leaf.stream in _without_consent(log))
    output = log[at].stream
    said = {"outcome": "outside_scope", "term": "use"}
    forged = seen(log[: at + 1], at + 1, output, grant_of(log, output), **said)
    refs = {"output": f"{output}@1"}
    return fit([*forged[:-1], replace(forged[-1], refs=refs)])


def _without_consent(log: Log) -> set[str]:
    """Return the works that were made under grants alone."""
    return {leaf.stream for leaf in log if leaf.kind == "output.declared" and len(under(leaf)) == 1}


def _declare(log: Log, at: int, named: list[str], grant: str) -> Log:
    """Insert an output of the licensee of this grant."""
    some = find(log, "output.declared")
    request = of(next(leaf for leaf in log if leaf.stream == grant), "request")
    lab = next(leaf.actor for leaf in log if leaf.stream == request)
    made = insert(log, at, copy(log[some], stream="output:00000000"))
    return fit(change(made, at, actor=lab, refs={"under": [f"{each}@1" for each in named]}))


OUTPUTS: dict[str, list[Mutation]] = {
    "R89": [
        seen_unsigned,
        seen_disputed,
        seen_under_another,
        seen_under_another_consent,
        seen_without_its_consent,
        seen_after_revocation,
        seen_of_nothing,
    ],
    "R91": [by_another_lab, under_what_was_revoked, under_what_was_replaced, of_the_same_use],
    "R92": [again("output.signed"), again("output.updated"), struck_out_unnamed],
    "R93": [again("output.disputed"), again("output.dispute_withdrawn"), disputed_by_a_stranger],
}
