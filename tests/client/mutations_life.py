"""Logs that each break one rule about what is said of works, or about the life of a consent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from edgecode.log.leaf import Leaf
from tests.client.forgery import Log, change, copy, find, find_last, fit, insert, of, without
from tests.client.mutations import Mutation, again, says

OVER = {"consent.replaced", "consent.withdrawn"}


def where(log: Log, kind: str, test: Callable[[Leaf], bool]) -> Leaf:
    """Return the first such entry."""
    return log[find(log, kind, test)]


def founded(log: Log, stream: str) -> Leaf:
    """Return the entry that a stream begins with."""
    return next(leaf for leaf in log if leaf.stream == stream)


def merged(into: Callable[[Log, int], str]) -> Mutation:
    """The first merger is into what `into` says."""

    def mutate(log: Log) -> Log:
        at = find(log, "title.merged")
        return fit(change(log[: at + 1], at, refs={"into": f"{into(log, at)}@1"}))

    return mutate


def of_another_kind(log: Log, at: int) -> str:
    """Return a title of the same studio that is of another kind."""
    data = founded(log, log[at].stream).data
    return where(
        log[:at],
        "title.registered",
        lambda leaf: leaf.actor == log[at].actor and leaf.data != data,
    ).stream


def merged_back(log: Log) -> Log:
    """The title that speaks for another is merged into that one: a circle."""
    at = find(log, "title.merged")
    into = of(log[at], "into")
    back = replace(log[at], stream=into, refs={"into": f"{log[at].stream}@1"})
    return insert(log[: at + 1], at + 1, back)


def merged_into_a_duplicate(log: Log) -> Log:
    """A title that another speaks for is named as one that speaks for a third."""
    for at, leaf in enumerate(log):
        if leaf.kind == "title.merged":
            first = founded(log, leaf.stream)
            known = {leaf.stream, of(leaf, "into")}
            for third in log[:at]:
                alike = (third.kind, third.actor) == (first.kind, first.actor)
                if alike and third.data == first.data and third.stream not in known:
                    into = {"into": f"{leaf.stream}@1"}
                    more = replace(leaf, stream=third.stream, refs=into)
                    return insert(log[: at + 1], at + 1, more)
    raise AssertionError("no studio has three titles of a kind")


def split_from_another(log: Log) -> Log:
    at = find(log, "title.split")
    known = {log[at].stream, of(log[at], "from")}
    other = where(
        log[:at],
        "title.registered",
        lambda leaf: leaf.actor == log[at].actor and leaf.stream not in known,
    )
    return fit(change(log, at, refs={"from": f"{other.stream}@1"}))


def never_merged(log: Log) -> Log:
    stream = log[find(log, "title.split")].stream
    return without(log, [find(log, "title.merged", lambda leaf: leaf.stream == stream)])


def never_credited(log: Log) -> Log:
    at = find(log, "title.uncredited")
    same = (log[at].stream, of(log[at], "party"), log[at].data)
    given = [
        place
        for place, leaf in enumerate(log[:at])
        if leaf.kind == "title.credited" and (leaf.stream, of(leaf, "party"), leaf.data) == same
    ]
    return without(log[: at + 1], given)


def other_authority(log: Log, at: int) -> str:
    """Return an authority for another performer than the form of this entry is about."""
    likeness = of(founded(log, log[at].stream), "likeness")
    performer = of(founded(log, likeness), "performer")
    found = where(log[:at], "authority.recorded", lambda leaf: of(leaf, "performer") != performer)
    return found.stream


def ended_for_another(log: Log) -> Log:
    at = find(log, "authority.ended")
    performer = of(log[at], "performer")
    mine = where(
        log[:at],
        "performer.registered",
        lambda leaf: leaf.actor == log[at].actor and leaf.stream != performer,
    )
    return fit(change(log, at, refs={"performer": f"{mine.stream}@1"}))


def answered_by_another(kind: str) -> Mutation:
    """Somebody who speaks for another performer answers."""

    def mutate(log: Log) -> Log:
        at = find_last(log, kind)
        return fit(change(log, at, refs={"authority": f"{other_authority(log, at)}@1"}))

    return mutate


def offered_to_another(log: Log) -> Log:
    at = find_last(log, "consent.offered")
    return fit(change(log, at, refs={"authorities": [f"{other_authority(log, at)}@1"]}))


def offered_to_nobody(log: Log) -> Log:
    return change(log, find(log, "consent.offered"), refs={"authorities": []})


def signed_after_it_ended(log: Log) -> Log:
    at = find(log, "consent.signed")
    recorded = founded(log, of(log[at], "authority"))
    gone = replace(recorded, kind="authority.ended", data={}, commitments={})
    return insert(log[: at + 1], at, gone)


def unsigned(log: Log) -> Log:
    """A consent comes into force that nobody signed."""
    stream = log[find(log, "consent.completed")].stream
    signatures = [
        at for at, leaf in enumerate(log) if (leaf.kind, leaf.stream) == ("consent.signed", stream)
    ]
    return without(log, signatures)


def recorded_once_closed(log: Log) -> Log:
    """A consent comes into force whose form was closed after somebody had signed it."""
    done = find(log, "consent.completed")
    at = find_last(log[:done], "consent.signed", lambda leaf: leaf.stream == log[done].stream)
    back = replace(log[done], kind="consent.taken_back", refs={}, commitments={})
    return insert(log, at + 1, back)


def offered_once_closed(log: Log) -> Log:
    at = find(log, "consent.signed")
    offered = founded(log, log[at].stream)
    back = replace(offered, kind="consent.taken_back", refs={}, commitments={})
    return insert(log[: at + 1], at + 1, back, offered)


def signed_once_taken_back(log: Log) -> Log:
    """Somebody signs what was taken back, before it is offered again."""
    at = find(log, "consent.taken_back")
    offered = find_last(log[:at], "consent.offered", lambda leaf: leaf.stream == log[at].stream)
    authority = str(log[offered].refs["authorities"][0])
    signature = log[find(log, "consent.signed")]
    signed = replace(signature, stream=log[at].stream, refs={"authority": authority})
    return insert(log[: at + 1], at + 1, signed)


def offered_on_paper_first(log: Log) -> Log:
    """A consent that was recorded as signed on paper is offered to be signed."""
    at = find_last(log, "consent.offered")
    likeness = of(log[at], "likeness")
    paper = where(log, "consent.recorded", lambda leaf: of(leaf, "likeness") == likeness)
    return insert(log, at + 1, copy(log[at], paper.stream.replace("consent:", "consent_form:")))


def became_another(log: Log) -> Log:
    at = find(log, "consent.completed")
    other = where(
        log[:at],
        "consent.recorded",
        lambda leaf: leaf.actor == log[at].actor and leaf.stream != of(log[at], "consent"),
    )
    return fit(change(log, at, refs={"consent": f"{other.stream}@1"}))


def offered_for_another(log: Log) -> Log:
    """A consent is recorded to another likeness than the one it was offered for."""
    completed = log[find(log, "consent.completed")]
    at = find(log, "consent.recorded", lambda leaf: leaf.stream == of(completed, "consent"))
    return to_another_likeness(log[: at + 1], at)


def to_another_likeness(log: Log, at: int) -> Log:
    """Let an entry name another likeness of the same organisation."""
    likeness = of(log[at], "likeness")
    other = where(
        log[:at],
        "likeness.registered",
        lambda leaf: leaf.actor == log[at].actor and leaf.stream != likeness,
    )
    return fit(change(log, at, refs={"likeness": f"{other.stream}@1"}))


def withdrawn(log: Log, at: int) -> Leaf:
    """Return that the consent of this entry, or that it names, was withdrawn."""
    named = of(log[at], "consent") if "consent" in log[at].refs else log[at].stream
    return replace(founded(log, named), kind="consent.withdrawn", commitments={})


def suspended(log: Log, at: int) -> Leaf:
    ended = withdrawn(log, at)
    rest = log[find(log, "consent.suspended")]
    return replace(rest, stream=ended.stream, actor=ended.actor)


def suspended_once_withdrawn(log: Log) -> Log:
    at = find(log, "consent.suspended")
    return insert(log[: at + 1], at, withdrawn(log, at))


def never_suspended(log: Log) -> Log:
    stream = log[find(log, "consent.resumed")].stream
    at = find(log, "consent.suspended", lambda leaf: leaf.stream == stream)
    return without(log, [at])


def replaced_by_another_likeness(log: Log) -> Log:
    """What replaces a consent was signed here, later, and is to another likeness."""
    at = find_last(log, "consent.replaced")
    old = founded(log, log[at].stream)
    used = {of(leaf, "by") for leaf in log if leaf.kind == "consent.replaced"}
    signed = {of(leaf, "consent") for leaf in log[:at] if leaf.kind == "consent.completed"}
    other = where(
        log[log.index(old) : at],
        "consent.recorded",
        lambda leaf: of(leaf, "likeness") != of(old, "likeness") and leaf.stream in signed - used,
    )
    return fit(change(log[: at + 1], at, refs={"by": f"{other.stream}@1"}))


def replaced_by_itself(log: Log) -> Log:
    at = find(log, "consent.replaced")
    return fit(change(log[: at + 1], at, refs={"by": f"{log[at].stream}@1"}))


def replaced_two(log: Log) -> Log:
    """A new version ends one more consent than it replaces."""
    over = {leaf.stream for leaf in log if leaf.kind in OVER}
    for at, leaf in enumerate(log):
        if leaf.kind == "consent.replaced":
            likeness = of(founded(log, leaf.stream), "likeness")
            for other in log[: log.index(founded(log, of(leaf, "by")))]:
                is_to_it = other.kind == "consent.recorded" and of(other, "likeness") == likeness
                if is_to_it and other.stream not in over:
                    return insert(log[: at + 1], at + 1, replace(leaf, stream=other.stream))
    raise AssertionError("no likeness has a third consent")


def replaced_by_paper(log: Log) -> Log:
    """What replaces a consent was signed on paper."""
    at = find(log, "consent.replaced")
    form = f"consent_form:{of(log[at], 'by').partition(':')[2]}"
    return without(log[: at + 1], [place for place, leaf in enumerate(log) if leaf.stream == form])


def withdrawn_once_replaced(log: Log) -> Log:
    at = find(log, "consent.replaced")
    return insert(log[: at + 1], at + 1, withdrawn(log, at))


def on_what_rests(kind: str, stream: str) -> Mutation:
    """One more entry of this kind, on a consent that was suspended just now."""

    def mutate(log: Log) -> Log:
        at = find(log, kind)
        return insert(log[: at + 1], at + 1, suspended(log, at), copy(log[at], stream))

    return mutate


def on_what_was_withdrawn(kind: str, stream: str) -> Mutation:
    def mutate(log: Log) -> Log:
        at = find(log, kind)
        return insert(log[: at + 1], at + 1, withdrawn(log, at), copy(log[at], stream))

    return mutate


def decided_by_the_house(log: Log) -> Log:
    """The house answers for a performer as if it had been asked."""
    at = find(log, "approval.decided", lambda leaf: leaf.data["by_silence"] is False)
    return change(log, at, actor="system:worker")


def decided_of_another(log: Log) -> Log:
    at = find(log, "approval.decided")
    owner = founded(log, of(log[at], "consent")).actor
    other = where(
        log[:at],
        "consent.recorded",
        lambda leaf: leaf.actor == owner and leaf.stream != of(log[at], "consent"),
    )
    return fit(change(log, at, refs={"consent": f"{other.stream}@1"}))


def approved_use(log: Log) -> int:
    """Return the first use that rests on an approval."""
    return find(log, "consent.used", lambda leaf: "approval" in leaf.refs)


def decision(log: Log) -> int:
    """Return the decision that it rests on."""
    stream = of(log[approved_use(log)], "approval")
    return find(log, "approval.decided", lambda leaf: leaf.stream == stream)


def asked_by_another(log: Log) -> Log:
    """A lab makes use of an approval that another asked for."""
    at = approved_use(log)
    lab = where(
        log,
        "organisation.registered",
        lambda leaf: leaf.data["organisation_kind"] == "lab" and leaf.stream != log[at].actor,
    )
    return change(log, at, actor=lab.stream)


def approved_of_another(log: Log) -> Log:
    at = approved_use(log)
    gone = {leaf.stream for leaf in log if leaf.kind in OVER | {"consent.suspended"}}
    other = where(
        log[:at],
        "consent.recorded",
        lambda leaf: leaf.stream != of(log[at], "consent") and leaf.stream not in gone,
    )
    return fit(change(log, at, refs={"consent": f"{other.stream}@1"}))


def given_once_withdrawn(log: Log) -> Log:
    at = find(log, "consent.notice_given")
    return insert(log[: at + 1], at, withdrawn(log, at))


def says_until(after: timedelta) -> Mutation:
    """The first notice names an end so long after it."""

    def mutate(log: Log) -> Log:
        at = find(log, "consent.notice_given")
        return change(log[: at + 1], at, data={"effective_at": (log[at].at + after).isoformat()})

    return mutate


def noticed_for_another(log: Log) -> Log:
    return to_another_likeness(log, find(log, "consent.notice_given"))


def after_notice(kind: str) -> Mutation:
    """Notice was given of all consents that an entry rests on, and ran out 11 minutes before."""

    def mutate(log: Log) -> Log:
        at = find(log, kind, lambda leaf: bool(consents_of(log, leaf)))
        notice = log[find(log, "consent.notice_given")]
        gone = {leaf.stream for leaf in log[:at] if leaf.kind == notice.kind}
        forged, until = log[: at + 1], log[at].at - timedelta(minutes=11)
        for stream in sorted(consents_of(log, log[at]) - gone):
            recorded = forged.index(founded(forged, stream))
            given = replace(
                notice,
                stream=stream,
                actor=forged[recorded].actor,
                refs={"likeness": forged[recorded].refs["likeness"]},
                data={"ground": "terms", "effective_at": until.isoformat()},
            )
            forged = insert(forged, recorded + 1, given)
        return forged

    return mutate


def consents_of(log: Log, leaf: Leaf) -> set[str]:
    """Return the consents that a use, a grant of a file or a delivery names, directly or not."""
    if leaf.kind == "delivery.authorised":
        signed = founded(log, of(leaf, "credential"))
        file = of(signed, "grant"), of(signed, "asset")
        granted = [
            each
            for each in log
            if each.kind == "asset.granted.v2" and (each.stream, of(each, "asset")) == file
        ]
        if not granted:  # as the house wrote it at first
            return set()
        (leaf,) = granted
    named = leaf.refs.get("consents") or [leaf.refs.get("consent", "")]
    return {str(each).partition("@")[0] for each in named} - {""}


delivered_after_notice = after_notice("delivery.authorised")

# fmt: off
LIFE: dict[str, list[Mutation]] = {
    "R29": [after_notice("asset.granted.v2")],
    "R54": [delivered_after_notice],
    "R63": [again("title.merged"), again("title.split"), never_merged, merged_back,
            merged_into_a_duplicate, split_from_another, merged(of_another_kind),
            merged(lambda log, at: log[at].stream), again("party.merged"), again("party.split")],
    "R64": [again("title.uncredited"), never_credited],
    "R65": [says("title.changed", fields=[]), says("title.changed", fields=["year", "year"]),
            says("performer.changed", fields=[]), says("party.changed", fields=[])],
    "R66": [again("authority.ended"), ended_for_another],
    "R67": [again("consent.offered"), again("consent.completed"), unsigned, recorded_once_closed,
            offered_once_closed, signed_once_taken_back, offered_on_paper_first, became_another,
            offered_for_another],
    "R68": [again("consent.signed"), answered_by_another("consent.signed"),
            answered_by_another("consent.declined"), offered_to_another, offered_to_nobody,
            signed_after_it_ended, again("consent.signed_on_paper"),
            answered_by_another("consent.signed_on_paper")],
    "R69": [again("consent.suspended"), again("consent.resumed"), never_suspended,
            suspended_once_withdrawn],
    "R70": [again("consent.replaced"), withdrawn_once_replaced, replaced_by_itself, replaced_two,
            replaced_by_paper, replaced_by_another_likeness],
    "R71": [again("approval.decided"), decided_by_the_house, decided_of_another,
            on_what_rests("approval.asked", "approval:00000000"),
            on_what_was_withdrawn("approval.asked", "approval:00000000")],
    "R72": [lambda log: without(log, [decision(log)]),
            lambda log: change(log, decision(log), data={"decision": "refused"}),
            asked_by_another, approved_of_another, after_notice("consent.used"),
            on_what_rests("consent.used", "consent_use:00000000"),
            on_what_was_withdrawn("consent.used", "consent_use:00000000")],
    "R74": [again("consent.notice_given"), given_once_withdrawn, says_until(timedelta(days=-1)),
            says("consent.notice_given", effective_at="soon"),
            says("consent.notice_given", effective_at="2027-01-01"), noticed_for_another],
}
# fmt: on

# What cannot but follow: the file was granted after the notice had run out, too.
CONSEQUENCES_OF_LIFE: dict[Mutation, set[str]] = {delivered_after_notice: {"R29"}}
