"""Logs that each break one rule about amendments."""

from dataclasses import replace
from datetime import timedelta

from edgecode.log.leaf import Leaf
from tests.client.forgery import Log, change, copy, find, fit, insert, of, without
from tests.client.mutations import Mutation, again, another

PROPOSED = "amendment.proposed"


def grant_of(log: Log, at: int) -> Leaf:
    """Return the entry by which the grant was issued that this one amends."""
    return log[find(log, "grant.issued", lambda leaf: leaf.stream == of(log[at], "grant"))]


def licensor_of(log: Log, grant: Leaf) -> str:
    deal = "deal:" + of(grant, "agreement").partition(":")[2]
    return of(log[find(log, "deal.opened", lambda leaf: leaf.stream == deal)], "licensor")


def revoked(log: Log, grant: Leaf) -> Leaf:
    """Return an entry that revokes a grant, to be put in."""
    entry = log[find(log, "grant.revoked")]
    return replace(entry, stream=grant.stream, actor=licensor_of(log, grant))


def for_another_lab(log: Log) -> Log:
    """A lab that does not hold the grant is said to ask."""
    at = find(log, PROPOSED)
    lab = of(log[at], "organisation")
    other = another(log, "organisation.registered", lab, organisation_kind="lab")
    return fit(change(log[: at + 1], at, refs={"organisation": other}))


def by_a_stranger(log: Log) -> Log:
    """A lab that has no part in the grant proposes to amend it."""
    at = find(log, PROPOSED)
    lab = of(log[at], "organisation")
    other = another(log, "organisation.registered", lab, organisation_kind="lab")
    return change(log[: at + 1], at, actor=other)


def two_under_way(log: Log) -> Log:
    """While one is under way another is proposed."""
    at = find(log, PROPOSED)
    return insert(log, at + 1, copy(log[at], "request:00000000"))


def of_what_was_revoked(log: Log) -> Log:
    """The grant is revoked before somebody asks to amend it."""
    at = find(log, PROPOSED)
    return insert(log[: at + 1], at, revoked(log, grant_of(log, at)))


def approved(log: Log, at: int) -> int:
    """Return where an amendment is approved that was proposed there."""
    request = log[at].stream
    return find(
        log,
        "deal.approved",
        lambda leaf: of(leaf, "request") == request,
    )


def is_approved(log: Log, leaf: Leaf) -> bool:
    return any(each.kind == "deal.approved" and of(each, "request") == leaf.stream for each in log)


def approved_after_the_end(log: Log) -> Log:
    """The grant is revoked before its amendment is approved."""
    proposed = find(log, PROPOSED, lambda leaf: is_approved(log, leaf))
    at = approved(log, proposed)
    return insert(log[: at + 1], at, revoked(log, grant_of(log, proposed)))


def with_another_licensor(log: Log) -> Log:
    """The deal of an amendment is opened with somebody who has not granted anything."""
    proposed = find(log, PROPOSED, lambda leaf: leaf.actor == of(leaf, "organisation"))
    at = find(log, "deal.opened", lambda leaf: of(leaf, "request") == log[proposed].stream)
    licensor = of(log[at], "licensor")
    other = another(log, "organisation.registered", licensor, organisation_kind="studio")
    return fit(change(log[: at + 1], at, refs={"licensor": other}))


def approved_unasked(log: Log) -> Log:
    """What a licensor proposed, and the lab refused, is approved."""
    proposed = find(
        log,
        PROPOSED,
        lambda leaf: leaf.actor != of(leaf, "organisation") and is_approved(log, leaf),
    )
    at = approved(log, proposed)
    refused = log[: at + 1]
    for place, leaf in enumerate(refused):
        if leaf.stream == log[at].stream and leaf.data.get("answer") == "accepted":
            refused = change(refused, place, data={"answer": "refused"})
    return refused


def in_full(log: Log) -> int:
    """Return where the place of a grant is taken by one that takes nothing from it."""
    owed = {
        of(leaf, "grant") for leaf in log if leaf.kind == "duty.imposed" and "grant" in leaf.refs
    }
    return find(log, "grant.superseded", lambda leaf: leaf.stream not in owed)


def stays_beside(log: Log) -> Log:
    """The grant of an amendment takes no place."""
    return without(log, [in_full(log)])


def taken_by_another(log: Log) -> Log:
    """A grant that amends nothing takes the place."""
    at = in_full(log)
    others = {log[at].stream, of(log[at], "by")}
    other = log[find(log, "grant.issued", lambda leaf: leaf.stream not in others)].stream
    return fit(change(log, at, refs={"by": other}))


def taken_late(log: Log) -> Log:
    """The place is taken an hour after the grant was issued."""
    at = in_full(log)
    after = next(
        place for place, leaf in enumerate(log) if leaf.at - log[at].at > timedelta(minutes=2)
    )
    return insert(without(log, [at]), after - 1, log[at])


def taken_from_what_was_revoked(log: Log) -> Log:
    """The grant is revoked before the one that amends it is issued."""
    at = find(log, "grant.superseded")
    issued = find(log, "grant.issued", lambda leaf: leaf.stream == of(log[at], "by"))
    grant = log[find(log, "grant.issued", lambda leaf: leaf.stream == log[at].stream)]
    return insert(log, issued, revoked(log, grant))


def delivered_afterwards(log: Log) -> Log:
    """A file is delivered under a grant whose place was taken."""
    delivered = {of(leaf, "grant"): leaf for leaf in log if leaf.kind == "delivery.authorised"}
    at = find(log, "grant.superseded", lambda leaf: leaf.stream in delivered)
    return insert(log, at + 1, copy(delivered[log[at].stream], "delivery:00000000"))


def revoked_afterwards(log: Log) -> Log:
    """A grant is revoked whose place was taken."""
    at = find(log, "grant.superseded")
    grant = log[find(log, "grant.issued", lambda leaf: leaf.stream == log[at].stream)]
    return insert(log, at + 1, revoked(log, grant))


def ended_afterwards(log: Log) -> Log:
    """The term of a grant is said to be over whose place was taken."""
    at = find(log, "grant.superseded")
    ended = log[find(log, "grant.ended")]
    return insert(log, at + 1, replace(ended, stream=log[at].stream))


def one_file_more(log: Log) -> Log:
    """A file that an amendment covers was not in the grant before."""
    files: dict[str, list[int]] = {}
    for place, leaf in enumerate(log):
        if leaf.kind.startswith("asset.granted"):
            files.setdefault(leaf.stream, []).append(place)
    at = find(
        log,
        "grant.superseded",
        lambda leaf: len(files[leaf.stream]) > 1,
    )
    asset = of(log[files[of(log[at], "by")][0]], "asset")
    old = log[at].stream
    signed_or_seen = {
        leaf.stream
        for leaf in log
        if {"grant", "asset"} <= leaf.refs.keys()
        and (of(leaf, "grant"), of(leaf, "asset")) == (old, asset)
    }
    return without(
        log,
        [
            place
            for place, leaf in enumerate(log)
            if leaf.stream in signed_or_seen
            or (leaf.stream == old and "asset" in leaf.refs and of(leaf, "asset") == asset)
            or ("credential" in leaf.refs and of(leaf, "credential") in signed_or_seen)
        ],
    )


def files_of(log: Log, grant: str) -> set[str]:
    return {
        of(leaf, "asset")
        for leaf in log
        if leaf.kind.startswith("asset.granted") and leaf.stream == grant
    }


def stop_of_files_left_out(log: Log) -> int:
    """Return where it is owed to stop the use of files that an amendment left out."""
    left_out = {
        leaf.stream
        for leaf in log
        if leaf.kind == "grant.superseded"
        and files_of(log, leaf.stream) - files_of(log, of(leaf, "by"))
    }
    return find(
        log,
        "duty.imposed",
        lambda leaf: (
            leaf.data["duty"] == "stop"
            and leaf.refs.get("grant") is not None
            and of(leaf, "grant") in left_out
        ),
    )


def owed_under(log: Log, grant: str) -> list[int]:
    """Return the places of what lets a lab owe something under a grant, and of what became of
    that."""
    duties = {
        leaf.stream
        for leaf in log
        if leaf.kind == "duty.imposed" and "grant" in leaf.refs and of(leaf, "grant") == grant
    }
    return [place for place, leaf in enumerate(log) if leaf.stream in duties]


def left_out_and_kept(log: Log) -> Log:
    """Of files that an amendment leaves out nobody owes anything."""
    return without(log, owed_under(log, of(log[stop_of_files_left_out(log)], "grant")))


def left_out_and_stopped_late(log: Log) -> Log:
    """To stop their use is owed an hour later only."""
    at = stop_of_files_left_out(log)
    after = next(
        place for place, leaf in enumerate(log) if leaf.at - log[at].at > timedelta(minutes=2)
    )
    gone = owed_under(log, of(log[at], "grant"))
    late = replace(log[at], at=log[after].at)
    return insert(without(log, gone), after - len([each for each in gone if each < after]), late)


AMENDMENTS: dict[str, list[Mutation]] = {
    "R80": [
        for_another_lab,
        by_a_stranger,
        two_under_way,
        of_what_was_revoked,
        approved_after_the_end,
    ],
    "R81": [with_another_licensor, approved_unasked],
    "R82": [
        stays_beside,
        taken_by_another,
        taken_late,
        taken_from_what_was_revoked,
        again("grant.superseded"),
    ],
    "R83": [delivered_afterwards, revoked_afterwards, ended_afterwards],
    "R84": [one_file_more],
    "R86": [left_out_and_kept, left_out_and_stopped_late],
}
