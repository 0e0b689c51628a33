"""For every rule that reads public entries: logs that each break it once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edgecode.log.leaf import Leaf
from tests.client.forgery import (
    Log,
    change,
    copy,
    find,
    find_last,
    fit,
    insert,
    is_of,
    of,
    rename,
    without,
)

GRANTED = "asset.granted.v2"
AUDITED = datetime(2026, 11, 1, tzinfo=UTC)  # by the auditor's clock

type Mutation = Callable[[Log], Log]


def again(kind: str) -> Mutation:
    """The first entry of this kind a second time, directly after it."""

    def mutate(log: Log) -> Log:
        at = find(log, kind)
        return insert(log, at + 1, log[at])

    return mutate


def once_more(kind: str, stream: str) -> Mutation:
    """The first entry of this kind once more, in a stream of its own."""

    def mutate(log: Log) -> Log:
        at = find(log, kind)
        return insert(log, at + 1, copy(log[at], stream))

    return mutate


def says(kind: str, **data: object) -> Mutation:
    return lambda log: change(log, find(log, kind), data=data)


def by(kind: str, actor: str) -> Mutation:
    return lambda log: change(log, find(log, kind), actor=actor)


def another(log: Log, kind: str, than: str, **data: object) -> str:
    """Return another stream of this kind, as early as there is one."""
    return next(
        leaf.stream
        for leaf in log
        if leaf.kind == kind
        and leaf.stream != than
        and all(leaf.data.get(name) == value for name, value in data.items())
    )


def by_another(kind: str, of_kind: str) -> Mutation:
    """Another organisation of that kind does it."""

    def mutate(log: Log) -> Log:
        at = find(log, kind, lambda leaf: leaf.actor.startswith("organisation:"))
        other = another(log, "organisation.registered", log[at].actor, organisation_kind=of_kind)
        return change(log, at, actor=other)

    return mutate


def by_another_studio(kind: str) -> Mutation:
    return by_another(kind, "studio")


def by_another_agency(kind: str) -> Mutation:
    return by_another(kind, "talent")


OF_STUDIOS = (
    "title.changed",
    "title.named",
    "title.unnamed",
    "title.identified",
    "title.unidentified",
    "title.merged",
    "title.split",
    "title.credited",
    "title.uncredited",
    "party.registered",
    "party.changed",
    "party.merged",
    "party.split",
    "evidence.recorded",
    "rule.recorded",
    "fact.recorded",
    "fact.superseded",
)
OF_AGENCIES = (
    "performer.changed",
    "authority.recorded",
    "authority.ended",
    "consent.offered",
    "consent.taken_back",
    "consent.signed_on_paper",
    "consent.completed",
    "consent.suspended",
    "consent.resumed",
    "consent.notice_given",
    "consent.replaced",
    "approval.decided",
    "opinion.recorded",
    "opinion.superseded",
)


def with_consent(log: Log) -> int:
    """Return where a lab is told that a consent ended."""
    return find(log, "duty.imposed", lambda leaf: "consent" in leaf.refs)


def told_too_early(log: Log) -> Log:
    """The house says that a consent ended which stands."""
    at = with_consent(log)
    over = {"consent.withdrawn", "consent.replaced"}
    ended = {leaf.stream for leaf in log[:at] if leaf.kind in over}
    standing = next(
        leaf.stream
        for leaf in log[:at]
        if leaf.kind == "consent.recorded" and leaf.stream not in ended
    )
    return fit(change(log[: at + 1], at, refs={"consent": f"{standing}@1"}))


def owed_within_its_term(log: Log) -> Log:
    """The house lets a lab owe what follows the end of a term that is not over."""
    ended = {leaf.stream: place for place, leaf in enumerate(log) if leaf.kind == "grant.ended"}
    at, grant = next(
        (at, of(leaf, "grant"))
        for at, leaf in enumerate(log)
        if leaf.kind == "duty.imposed"
        and "grant" in leaf.refs
        and ended.get(of(leaf, "grant"), at) < at
    )
    return fit(without(log[: at + 1], [ended[grant]]))


def delivered_after_its_term(log: Log) -> Log:
    """A term is said to be over before the last delivery under its grant."""
    last = {
        of(leaf, "grant"): at for at, leaf in enumerate(log) if leaf.kind == "delivery.authorised"
    }
    ended = find(log, "grant.ended", lambda leaf: leaf.stream in last)
    moved = without(log, [ended])
    return insert(moved, last[log[ended].stream], log[ended])


def demanded_of_who_holds_it(log: Log) -> Log:
    """A licensor demands of a lab what follows the end of a grant that stands."""
    with_consents = {
        leaf.stream
        for leaf in log
        if leaf.kind == "asset.granted" or (leaf.kind == GRANTED and leaf.refs.get("consents"))
    }
    over = {leaf.stream for leaf in log if leaf.kind == "grant.revoked"} - with_consents
    at = find(
        log,
        "duty.imposed",
        lambda leaf: (
            not leaf.actor.startswith("system:")
            and "grant" in leaf.refs
            and of(leaf, "grant") in over
        ),
    )
    grant = of(log[at], "grant")
    revoked = find_last(log[:at], "grant.revoked", lambda leaf: leaf.stream == grant)
    return fit(without(log[: at + 1], [revoked]))


def owed_before_it_was_agreed(log: Log) -> Log:
    """A licensor owes the conditions of a deal that it has not approved."""
    at = find(log, "duty.imposed", lambda leaf: leaf.data["owed_by"] == "licensor")
    deal = of(log[at], "deal")
    opened = find(log, "deal.opened", lambda leaf: leaf.stream == deal)
    return insert(log[:at], opened + 1, log[at])


def met_by(side: str) -> Mutation:
    """The other side says that a duty was met."""

    def mutate(log: Log) -> Log:
        owed = {leaf.stream: leaf for leaf in log if leaf.kind == "duty.imposed"}
        at = find(log, "duty.met", lambda leaf: owed[leaf.stream].data["owed_by"] != side)
        deal = of(owed[log[at].stream], "deal")
        opened = log[find(log, "deal.opened", lambda leaf: leaf.stream == deal)]
        other = opened.actor if side == "licensee" else of(opened, "licensor")
        return change(log, at, actor=other)

    return mutate


def signed_by_the_agency(log: Log) -> Log:
    """Who represents a performer signs in their place."""
    at = find(log, "consent.signed")
    return change(log, at, actor=log[find(log, "consent.offered")].actor)


def refers(kind: str, role: str, found_by: str) -> Mutation:
    """The last entry of a kind names another object, which exists."""

    def mutate(log: Log) -> Log:
        at = find_last(log, kind)
        return fit(change(log, at, refs={role: f"{another(log, found_by, of(log[at], role))}@1"}))

    return mutate


def signed_for_another(log: Log) -> Log:
    """The last credential is signed for another grant, whose place no other has taken."""
    at = find_last(log, "credential.signed")
    over = {leaf.stream for leaf in log if leaf.kind == "grant.superseded"}
    grants = [leaf.stream for leaf in log if is_of(leaf, "grant.issued")]
    grant = next(each for each in grants if each not in over and each != of(log[at], "grant"))
    return fit(change(log, at, refs={"grant": f"{grant}@1"}))


def gap(log: Log) -> Log:
    ended = {leaf.stream for leaf in log if leaf.kind == "case.closed"}
    at = find(log, "openings.shown", lambda leaf: leaf.stream in ended)
    return log[:at] + log[at + 1 :]


def later(log: Log, at: datetime) -> Log:
    """The log with one entry more, of that time, about something else."""
    more = insert(log, len(log), log[find_last(log, "api_key.created")])
    return change(more, len(log), at=at)


def fork(log: Log) -> Log:
    at = find(log, "api_key.created")
    return [*log[: at + 1], log[at], *log[at + 1 :]]


def stale_ref(log: Log) -> Log:
    at = find(log, "deal.approved")
    return change(log, at, refs={"request": f"{of(log[at], 'request')}@2"})


def ref_to_nothing(log: Log) -> Log:
    return change(log, find(log, "delivery.authorised"), refs={"grant": "grant:00000000@1"})


def ref_to_the_future(log: Log) -> Log:
    at, later = find(log, "deal.opened"), find_last(log, "request.submitted")
    return change(log, at, refs={"request": f"{log[later].stream}@1"})


def backdated(log: Log) -> Log:
    at = find(log, "grant.revoked")
    return change(log, at, at=log[at].at - timedelta(hours=1))


def before_its_cause(log: Log) -> Log:
    at = find(log, "deal.opened")
    return change(log, at, at=log[at].at - timedelta(seconds=6))


def wrong_type(log: Log) -> Log:
    at = find(log, "agreement.made")
    deal = next(leaf for leaf in log if leaf.stream == of(log[at], "deal"))
    return fit(change(log, at, refs={"deal": f"{of(deal, 'request')}@1"}))


def not_a_list(log: Log) -> Log:
    """One verdict is named as such, where a list of them is to stand."""
    at = find(log, "deal.conditions_confirmed")
    return change(log, at, refs={"clearances": log[at].refs["clearances"][0]})


def lists_another_type(kind: str, role: str) -> Mutation:
    def mutate(log: Log) -> Log:
        at = find(log, kind)
        return fit(change(log, at, refs={role: [f"{log[at].actor}@1"]}))

    return mutate


def by_itself(kind: str) -> Mutation:
    """The entry says that what it is about did it: that is nobody who could."""
    return lambda log: change(log, find(log, kind), actor=log[find(log, kind)].stream)


def never_made(log: Log) -> Log:
    ended = log[find(log, "restriction.superseded")].stream
    return without(log, [find(log, "restriction.recorded", lambda leaf: leaf.stream == ended)])


def cut(log: Log) -> Log:
    """The log in two shards of one history, honestly."""
    at, first = len(log) // 2, log[0]
    origin, by, when = first.data["origin"], "system:ledger", log[len(log) // 2].at
    closing = {"origin": origin, "size": at + 1, "next_origin": f"{origin}/2027"}
    closed = Leaf("shard.closed", first.stream, 2, by, when, data=closing)
    opening = {"origin": f"{origin}/2027", "previous_origin": origin, "previous_size": at + 1}
    opening["previous_root"] = "00" * 32  # which the tree is held against, not the rules
    refs = {"previous": f"{first.stream}@2"}
    opened = Leaf("shard.opened", "log:2027", 1, by, when, refs=refs, data=opening)
    return [*log[:at], closed, opened, *log[at:]]


def of_shard(kind: str, **fields: Any) -> Mutation:
    """A history in two shards, and the entry of this kind says something else."""
    return lambda log: change(cut(log), find(cut(log), kind), **fields)


def never_opened(log: Log) -> Log:
    """The second shard goes on without saying from what."""
    shards = cut(log)
    return without(shards, [find(shards, "shard.opened")])


def gone_on_after_closing(log: Log) -> Log:
    shards, name = cut(log), "organisation:00000000"
    end = find(shards, "shard.closed")
    guest = copy(shards[find(shards, "organisation.registered")], name)
    guest = replace(guest, actor=name, at=shards[end].at)
    return [*shards[: end + 1], guest, *shards[end + 1 :]]


def opened_in_passing(log: Log) -> Log:
    """A shard is opened where none was closed."""
    shards = cut(log)
    return without(shards, [find(shards, "shard.closed")])


def continued_as_a_first_log(log: Log) -> Log:
    return change(log, 0, data={"previous_origin": "another.example/log"})


def renamed_shard(log: Log) -> Log:
    """Closed and opened under one name, which is no later year."""
    shards, name = cut(log), f"{log[0].data['origin']}/1999x"
    shards = change(shards, find(shards, "shard.closed"), data={"next_origin": name})
    return change(shards, find(shards, "shard.opened"), data={"origin": name})


def opened_late(log: Log) -> Log:
    return fit([*log[1:30], log[0], *log[30:]])


def erased_more(log: Log) -> Log:
    at = find(log, "subject.erased")
    return change(log, at, data={"openings": int(str(log[at].data["openings"])) + 1})


def erased_by_a_lab(log: Log) -> Log:
    at = find(log, "subject.erased")
    lab = find(log, "organisation.registered", lambda leaf: leaf.data["organisation_kind"] == "lab")
    return change(log, at, actor=log[lab].stream)


def creeping_back(log: Log) -> Log:
    """Three steps of one deal, each four seconds before the one before it."""
    steps: dict[str, list[int]] = {}
    for at, leaf in enumerate(log):
        if leaf.stream.startswith("deal:"):
            steps.setdefault(leaf.stream, []).append(at)
    places = next(places for places in steps.values() if len(places) > 2)[:3]
    first = log[places[0]].at
    for number, at in enumerate(places[1:], 1):
        log = change(log, at, at=first - number * timedelta(seconds=4))
    return log


def signed_with_no_key(log: Log) -> Log:
    """The first key that signs files is retired, and no other takes its place."""
    first = find(log, "key.published", lambda leaf: leaf.data["purpose"] == "credential")
    later = [at for at, leaf in enumerate(log) if leaf.kind.startswith("key.") and at > first]
    retired = find(log, "key.retired", lambda leaf: leaf.stream == log[first].stream)
    return insert(without(log, later), first + 1, replace(log[retired], at=log[first].at))


def shows_nothing(log: Log) -> Log:
    at = find(log, "case.opened")
    refs = {role: target for role, target in log[at].refs.items() if role != "subjects"}
    return [*log[:at], replace(log[at], refs=refs), *log[at + 1 :]]


def other_kind(log: Log) -> Log:
    at = find(log, "organisation.registered", lambda leaf: leaf.data["organisation_kind"] == "lab")
    return change(log, at, data={"organisation_kind": "auditor"})


def published_by_a_lab(kind: str) -> Mutation:
    """A lab says how the log is to be read."""

    def mutate(log: Log) -> Log:
        at = find(log, "request.submitted")
        return insert(log, at, replace(log[find(log, kind)], actor=log[at].actor))

    return mutate


def numbered_on(log: Log) -> Log:
    stream = log[find(log, "asset.registered")].stream
    return fit(rename(log, stream, f"{stream.partition('+')[0]}+009"))


def superseded_for_another(log: Log) -> Log:
    at = find_last(log, "restriction.superseded")
    owner = log[at].actor
    mine = [leaf for leaf in log[:at] if leaf.kind == "title.registered" and leaf.actor == owner]
    title = next(leaf.stream for leaf in mine if leaf.stream != of(log[at], "title"))
    return fit(change(log, at, refs={"title": f"{title}@1"}))


def withdrawn_after_payment(log: Log) -> Log:
    at = find(log, "grant.issued")
    request = next(leaf for leaf in log if leaf.stream == of(log[at], "request"))
    forged = replace(request, kind="request.withdrawn", refs={}, commitments={})
    return insert(log, at + 1, forged)


def outlives_its_request(log: Log) -> Log:
    at = find(log, "request.withdrawn")
    end = find(log[at:], "deal.withdrawn") + at
    return without(log, [end])


def verdict_out_of_place(log: Log) -> Log:
    at = find(log, "clearance.decided")
    request = of(log[at], "request")
    asked = {
        of(leaf, "licensor")
        for leaf in log
        if leaf.kind == "deal.opened" and of(leaf, "request") == request
    }
    foreign = next(
        leaf.stream for leaf in log if leaf.kind == "asset.registered" and leaf.actor not in asked
    )
    forged = replace(copy(log[at], "clearance:00000000"), refs={**log[at].refs, "asset": foreign})
    return insert(log, at + 1, replace(forged, refs={**forged.refs, "asset": f"{foreign}@1"}))


def renamed_agreement(log: Log) -> Log:
    return rename(log, log[find(log, "agreement.made")].stream, "agreement:00000000")


def own_proposal(log: Log) -> Log:
    at = find(log, "deal.cancelled")
    proposed = find_last(
        log[:at], "deal.cancellation_proposed", lambda leaf: leaf.stream == log[at].stream
    )
    return change(log, at, actor=log[proposed].actor)


def never_proposed(log: Log) -> Log:
    at = find(log, "deal.cancelled")
    proposed = find_last(
        log[:at], "deal.cancellation_proposed", lambda leaf: leaf.stream == log[at].stream
    )
    return without(log, [proposed])


def alone_too_early(log: Log) -> Log:
    """The proposer cancels itself, a day before the other side's time is over."""
    return carried_out_alone(log, timedelta(days=13))


def carried_out_alone(log: Log, after: timedelta) -> Log:
    """Return the log up to a cancelling, which its proposer carries out this long afterwards."""
    at = find(log, "deal.cancelled")
    proposed = find_last(
        log[:at], "deal.cancellation_proposed", lambda leaf: leaf.stream == log[at].stream
    )
    when = max(log[proposed].at + after, log[at].at)
    return change(log[: at + 1], at, actor=log[proposed].actor, at=when)


def confirmed_what_is_clear(log: Log) -> Log:
    at = find(log, "deal.conditions_confirmed")
    named = str(log[at].refs["clearances"][0]).partition("@")[0]
    return change(
        log,
        find(log, "clearance.decided", lambda leaf: leaf.stream == named),
        data={"verdict": "CLEAR"},
    )


def likeness_file(log: Log) -> int:
    likenesses = {leaf.stream for leaf in log if leaf.kind == "likeness.registered"}
    files = {
        leaf.stream
        for leaf in log
        if leaf.kind == "asset.registered" and of(leaf, "owner") in likenesses
    }
    return find(log, GRANTED, lambda leaf: of(leaf, "asset") in files)


def consents_taken_back(log: Log) -> Log:
    at = likeness_file(log)
    file = next(leaf for leaf in log if leaf.stream == of(log[at], "asset"))
    return insert(log[: at + 1], at, *taken_back(log[:at], of(file, "owner")))


def taken_back(log: Log, likeness: str) -> list[Leaf]:
    """Return the entries that withdraw all consents to a likeness that are in force."""
    over = {"consent.withdrawn", "consent.replaced"}
    gone = {leaf.stream for leaf in log if leaf.kind in over}
    return [
        replace(leaf, kind="consent.withdrawn", commitments={})
        for leaf in log
        if leaf.kind == "consent.recorded"
        and of(leaf, "likeness") == likeness
        and leaf.stream not in gone
    ]


def suspended(log: Log, at: int, likeness: str) -> list[Leaf]:
    """Return the entries that suspend all consents to a likeness that stand at that place."""
    rest = log[find(log, "consent.suspended")]
    resting = set[str]()
    for leaf in log[:at]:
        if leaf.kind == "consent.suspended":
            resting.add(leaf.stream)
        elif leaf.kind == "consent.resumed":
            resting.discard(leaf.stream)
    return [
        replace(rest, stream=leaf.stream, actor=leaf.actor)
        for leaf in taken_back(log[:at], likeness)
        if leaf.stream not in resting
    ]


def granted_on_what_rests(log: Log) -> Log:
    """All consents to a likeness are suspended just before a file of it is granted."""
    at = likeness_file(log)
    file = next(leaf for leaf in log if leaf.stream == of(log[at], "asset"))
    return insert(log[: at + 1], at, *suspended(log, at, of(file, "owner")))


def downgraded(log: Log) -> Log:
    """The last grant of a likeness's file is written as before consents were named."""
    files = {leaf.stream: of(leaf, "owner") for leaf in log if leaf.kind == "asset.registered"}
    at = find_last(log, GRANTED, lambda leaf: files[of(leaf, "asset")].startswith("likeness"))
    refs = {role: target for role, target in log[at].refs.items() if role != "consents"}
    return [*log[:at], replace(log[at], kind="asset.granted", refs=refs), *log[at + 1 :]]


def consents_forgotten(log: Log) -> Log:
    at = likeness_file(log)
    refs = {role: target for role, target in log[at].refs.items() if role != "consents"}
    return [*log[:at], replace(log[at], refs=refs), *log[at + 1 :]]


def consent_of_another(log: Log) -> Log:
    at = likeness_file(log)
    named = set(log[at].refs["consents"])
    other = next(
        leaf.stream
        for leaf in log
        if leaf.kind == "consent.recorded" and f"{leaf.stream}@1" not in named
    )
    return fit(change(log[: at + 1], at, refs={"consents": [f"{other}@1"]}))


def consent_to_a_film(log: Log) -> Log:
    at = find(log, GRANTED, lambda leaf: "consents" not in leaf.refs)
    consent = log[find(log, "consent.recorded")].stream
    return fit(change(log, at, refs={"consents": [f"{consent}@1"]}))


def rights_sold(log: Log) -> Log:
    """All rights over a film, long or short, end just before a file of it is granted; its studio
    holds nothing that it could be part of, and it is a work of its own."""
    kinds = {
        leaf.stream: leaf.data["title_kind"] for leaf in log if is_of(leaf, "title.registered")
    }
    owners = {leaf.stream: leaf.actor for leaf in log if is_of(leaf, "title.registered")}
    files = {leaf.stream: of(leaf, "owner") for leaf in log if leaf.kind == "asset.registered"}

    over = {leaf.stream for leaf in log if leaf.kind == "holding.superseded"}
    lost = {
        of(leaf, "title") for leaf in log if leaf.kind == "holding.recorded" and leaf.stream in over
    }

    def is_all_there_is(at: int) -> bool:
        title = files[of(log[at], "asset")]
        return (
            kinds.get(title) in {"film", "short"}
            and title not in lost
            and not any(
                (
                    leaf.kind in {"holding.recorded", "fact.recorded"}
                    and leaf.actor == owners[title]
                    and kinds[of(leaf, "title")] == "franchise"
                )
                or (leaf.kind == "title.merged" and title in {leaf.stream, of(leaf, "into")})
                or (leaf.kind == "title.changed" and leaf.actor == owners[title])
                for leaf in log[:at]
            )
        )

    at = next(at for at, leaf in enumerate(log) if leaf.kind == GRANTED and is_all_there_is(at))
    title = files[of(log[at], "asset")]
    sold = [
        replace(leaf, kind="holding.superseded", commitments={"reason": "0" * 64})
        for leaf in log[:at]
        if leaf.kind == "holding.recorded" and of(leaf, "title") == title
    ]
    return insert(log, at, *sold)


def another_agreement(log: Log) -> Log:
    first = find(log, "grant.issued")
    at = find(log[first + 1 :], "grant.issued") + first + 1
    return fit(change(log, at, refs={"agreement": log[first].refs["agreement"]}))


def blocked_all_along(log: Log) -> Log:
    named = of(log[find(log, GRANTED)], "clearance")
    at = find(log, "clearance.decided", lambda leaf: leaf.stream == named)
    return change(log, at, data={"verdict": "BLOCKED"})


def cleared_long_ago(log: Log) -> Log:
    at = find(log, GRANTED)
    newest = next(leaf for leaf in log if leaf.stream == of(log[at], "clearance"))
    older = find(
        log, "clearance.decided", lambda leaf: leaf.refs == newest.refs and leaf is not newest
    )
    return fit(change(log, at, refs={"clearance": f"{log[older].stream}@1"}))


def covers_nothing(log: Log) -> Log:
    amended = {of(leaf, "grant") for leaf in log if leaf.kind == "amendment.proposed"}
    grant = log[find(log, GRANTED, lambda leaf: leaf.stream not in amended)].stream
    under = {leaf.stream for leaf in log if str(leaf.refs.get("grant"))[:14] == grant}
    gone = [
        at
        for at, leaf in enumerate(log)
        if not is_of(leaf, "grant.issued") and leaf.stream in {grant, *under}
    ]
    return without(log, gone)


def after_revocation(kind: str, stream: str, **data: str) -> Mutation:
    """One more entry of this kind after its grant was revoked."""

    def mutate(log: Log) -> Log:
        revoked = {leaf.stream: at for at, leaf in enumerate(log) if leaf.kind == "grant.revoked"}
        grants = [
            leaf.stream if kind == GRANTED else str(leaf.refs.get("grant"))[:14] for leaf in log
        ]
        before = find_last(log, kind, lambda leaf: grants[log.index(leaf)] in revoked)
        at = revoked[grants[before]]
        return insert(log, at + 1, copy(log[before], stream or grants[before], **data))

    return mutate


def delivered_after_revocation(log: Log) -> Log:
    return after_revocation("delivery.authorised", "delivery:00000000")(log)


def delivered_for_another_grant(log: Log) -> Log:
    at = find_last(log, "delivery.authorised")
    foreign = find(log, "credential.signed", lambda leaf: of(leaf, "grant") != of(log[at], "grant"))
    return fit(change(log, at, refs={"credential": f"{log[foreign].stream}@1"}))


def delivered_without_consent(log: Log) -> Log:
    """Every consent to a likeness is withdrawn, and its file is delivered all the same."""
    at, likeness = delivered_likeness(log)
    return insert(log[: at + 1], at, *taken_back(log[:at], likeness))


def delivered_while_it_rests(log: Log) -> Log:
    at, likeness = delivered_likeness(log)
    return insert(log[: at + 1], at, *suspended(log, at, likeness))


def delivered_likeness(log: Log) -> tuple[int, str]:
    """Return the first delivery of a likeness's file, and the likeness."""
    files = {leaf.stream: of(leaf, "owner") for leaf in log if leaf.kind == "asset.registered"}
    signed = {
        leaf.stream: files[of(leaf, "asset")] for leaf in log if is_of(leaf, "credential.signed")
    }
    at = find(
        log, "delivery.authorised", lambda leaf: signed[of(leaf, "credential")][:8] == "likeness"
    )
    return at, signed[of(log[at], "credential")]


def never_returned(log: Log) -> Log:
    """The price of a cancelled deal is kept, and a month goes by."""
    back = find(log, "refund.recorded")
    return later(without(log, [back]), log[-1].at + timedelta(days=31))


def returned_late(log: Log) -> Log:
    """It is returned after a month."""
    at = find(log, "refund.recorded")
    return change(log[: at + 1], at, at=log[at].at + timedelta(days=31))


def paid_and_forgotten(log: Log) -> Log:
    """A price is received, and for a week nothing comes of it."""
    at = find(log, "settlement.recorded")
    return change(log[: at + 2], at + 1, at=log[at].at + timedelta(days=7, minutes=1))


def lapsed_at_once(log: Log) -> Log:
    """A deal lapses as soon as its agreement is made."""
    at = find(log, "deal.lapsed")
    made = find(log, "deal.approved", lambda leaf: leaf.stream == log[at].stream) + 1
    return change([*log[: made + 1], log[at]], made + 1, at=log[made].at)


def approved_after_the_fact(log: Log) -> Log:
    """One more person approves a deal that has been agreed on."""
    at = find(log, "deal.assented")
    approved = find(log, "deal.approved", lambda leaf: leaf.stream == log[at].stream)
    return insert(log, approved + 1, log[at])


def accepted_by_itself(log: Log) -> Log:
    """Who proposed terms accepts them."""
    at = accepted(log)
    proposed = find_last(
        log[:at], "deal.terms_proposed", lambda leaf: leaf.stream == log[at].stream
    )
    return change(log, at, actor=log[proposed].actor)


def countered_by_itself(log: Log) -> Log:
    """Who proposed terms proposes others before there is an answer."""
    return again("deal.terms_proposed")(log)


def accepted(log: Log) -> int:
    return find(log, "deal.terms_answered", lambda leaf: leaf.data["answer"] == "accepted")


def granted_late(log: Log) -> Log:
    at = find(log, "grant.issued")
    return change(log[: at + 1], at, at=log[at].at + timedelta(days=8))


def one_file_more(log: Log) -> Log:
    """A grant comes to cover a file that it did not."""
    at = find(log, GRANTED)
    return change(log[: at + 1], at, at=log[at].at + timedelta(minutes=2))


def new_conditions(log: Log) -> Log:
    """A file that was clear when its deal was approved is granted on conditions nobody took on."""
    decided = [leaf for leaf in log if leaf.kind == "clearance.decided"]
    asset = {leaf.stream: of(leaf, "asset") for leaf in decided}
    wanted = {leaf.stream: of(leaf, "request") for leaf in decided}
    verdict = {leaf.stream: leaf.data["verdict"] for leaf in decided}
    for at, leaf in enumerate(log):
        if leaf.kind == "deal.conditions_confirmed":
            approved = find(log, "deal.approved", lambda one, of=leaf: one.stream == of.stream)
            request = of(log[approved], "request")
            named = {asset[str(ref).partition("@")[0]] for ref in leaf.refs["clearances"]}
            before = {
                of(one, "asset"): verdict[one.stream]
                for one in log[:approved]
                if one.kind == "clearance.decided" and of(one, "request") == request
            }
            granted = {
                of(one, "asset")
                for one in log[at:]
                if one.kind == GRANTED
                and verdict[of(one, "clearance")] == "CONDITIONAL"
                and wanted[of(one, "clearance")] == request
            }
            if all(before[file] == "CLEAR" for file in named) and named & granted:
                return without(log, [at])
    raise AssertionError("no conditions came up after an approval")


def evidence_destroyed(kind: str) -> Mutation:
    return lambda log: erased_after(log, find(log, kind))


def erased_after(log: Log, at: int) -> Log:
    erased = Leaf(
        "subject.erased",
        log[at].stream,
        2,
        "system:operator",
        log[at].at,
        data={"openings": 1},
    )
    return insert(log, at + 1, erased)


def named_otherwise(log: Log) -> Log:
    """A key is published under the name of another."""
    stream = log[find(log, "key.published")].stream
    return rename(log, stream, f"key:{'0' * 32}")


def part_signed_twice(log: Log) -> Log:
    at = find(log, "credential.signed", lambda leaf: leaf.data.get("part") == 1)
    return insert(log, at + 1, copy(log[at], "credential:00000000", manifest="urn:c2pa:0"))


def signed_whole_and_in_parts(log: Log) -> Log:
    at = find(log, "credential.signed", lambda leaf: leaf.data.get("part") == 1)
    whole = copy(log[at], "credential:00000000", manifest="urn:c2pa:0", part=0)
    return insert(log, at + 1, whole)


def same_manifest(log: Log) -> Log:
    at = find(log, "credential.signed")
    return change(
        log, find_last(log, "credential.signed"), data={"manifest": log[at].data["manifest"]}
    )


def struck_out_twice(log: Log) -> Log:
    """A consent is struck out of a credential that no longer names it."""
    at = find(log, "credential.updated")
    manifest = "urn:c2pa:00000000-0000-4000-8000-000000000000"
    return insert(log, at + 1, copy(log[at], log[at].stream, manifest=manifest))


def struck_out_early(log: Log) -> Log:
    """A consent is struck out of a credential before it ends, and not when it does."""
    at = find(log, "credential.updated")
    signed = find(log, "credential.signed", lambda leaf: leaf.stream == log[at].stream)
    early = insert(log, signed + 1, log[at])
    return without(early, [at + 1])


def struck_out_of_another(log: Log) -> Log:
    """A consent to another likeness is struck out of a credential, that has ended, too."""
    at = find_last(log, "credential.updated")
    named = log[at].refs["consents"][0].partition("@")[0]
    own = of(next(leaf for leaf in log if leaf.stream == named), "likeness")
    ended = {leaf.stream for leaf in log[:at] if leaf.kind == "consent.withdrawn"}
    other = find(
        log,
        "consent.recorded",
        lambda leaf: leaf.stream in ended and of(leaf, "likeness") != own,
    )
    return fit(change(log, at, refs={"consents": [f"{log[other].stream}@1"]}))


def shown_after_it_closed(log: Log) -> Log:
    at = find(log, "case.closed")
    shown = find(log, "openings.shown", lambda leaf: leaf.stream == log[at].stream)
    return insert(log, at + 1, log[shown])


def shown_to_a_lab(log: Log) -> Log:
    at = find(log, "case.opened")
    lab = another(log, "organisation.registered", "", organisation_kind="lab")
    return fit(change(log, at, refs={"auditor": f"{lab}@1"}))


def shown_to_another(log: Log) -> Log:
    at = find(log, "openings.shown")
    other = another(log, "organisation.registered", log[at].actor, organisation_kind="lab")
    return change(log, at, actor=other)


def stored_under_a_known_name(log: Log) -> Log:
    """A manifest is stored under the name of a credential's."""
    signed = log[find(log, "credential.signed.v2")]
    at = find_last(log, "manifest.stored")
    return change(log, at, data={"manifest": signed.data["manifest"]})


def seen_after_it_ended(log: Log) -> Log:
    """What was authorised was seen long after its grant was revoked."""
    files = {leaf.stream: of(leaf, "asset") for leaf in log if is_of(leaf, GRANTED)}
    over = find(log, "grant.revoked", lambda leaf: leaf.stream in files)
    asset = files[log[over].stream]
    seen = copy(
        log[find(log, "sighting.reported", is_authorised)],
        "sighting:7K3F2Q9P",
        seen_at="2099-01-01T00:00:00+00:00",
    )
    refs = {"asset": f"{asset}@1", "grant": f"{log[over].stream}@1"}
    return insert(log, over + 1, replace(seen, refs=refs))


def no_answer(answer: str) -> Mutation:
    """What was authorised is called otherwise, and still names its licence."""

    def mutate(log: Log) -> Log:
        at = find(log, "sighting.reported", is_authorised)
        said = {
            "unknown": {"outcome": "unknown"},
            "unclear": {"outcome": "unclear"},
            "outside": {"term": "use"},
        }[answer]
        return change(log, at, data=said)

    return mutate


def seen_without_consent(log: Log) -> Log:
    """A likeness's file is authorised long after the one consent that it was granted on ended."""
    granted: dict[str, Leaf] = {}
    for leaf in log:
        if is_of(leaf, GRANTED) and len(named := leaf.refs.get("consents", ())) == 1:
            granted.setdefault(named[0].partition("@")[0], leaf)
    over = find(log, "consent.withdrawn", lambda leaf: leaf.stream in granted)
    grant = granted[log[over].stream]
    seen = copy(
        log[find(log, "sighting.reported", is_authorised)],
        "sighting:7K3F2Q9P",
        seen_at="2099-01-01T00:00:00+00:00",
    )
    refs = {"asset": grant.refs["asset"], "grant": f"{grant.stream}@1"}
    return insert(log, over + 1, replace(seen, refs=refs))


def is_authorised(leaf: Leaf) -> bool:
    """A file's; a licensee's work names no file."""
    said = leaf.data.get("outcome") if leaf.kind == "sighting.reported" else ""
    return said == "authorised" and "asset" in leaf.refs


def seen_of_another_file(log: Log) -> Log:
    """A licence is named that does not cover the file: another licensor's."""
    at = find(log, "sighting.reported", is_authorised)
    asset = of(log[at], "asset")
    owner = log[find(log, "asset.registered", lambda leaf: leaf.stream == asset)].actor
    other = find(log, "asset.registered", lambda leaf: leaf.actor != owner)
    refs = {**dict(log[at].refs), "asset": f"{log[other].stream}@1"}
    return fit(change(log[: at + 1], at, refs=refs))


def flagged_after_it(log: Log) -> Log:
    """What was dismissed is held to be an incident after all."""
    at = find(log, "sighting.dismissed")
    return insert(log[: at + 1], at + 1, replace(log[at], kind="sighting.flagged"))


def certified_by_another(log: Log) -> Log:
    """Another organisation of the same kind makes a certificate, which nobody withdraws."""
    over = {leaf.stream for leaf in log if leaf.kind == "certificate.withdrawn"}
    at = find(log, "certificate.issued", lambda leaf: leaf.stream not in over)
    maker = next(leaf for leaf in log if leaf.stream == log[at].actor)
    kind = maker.data["organisation_kind"]
    other = another(log, "organisation.registered", maker.stream, organisation_kind=kind)
    return change(log, at, actor=other)


def settled_by(actor: str) -> Mutation:
    def mutate(log: Log) -> Log:
        at = find(log, "settlement.recorded", lambda leaf: leaf.data["method"] == "bank_transfer")
        return change(log, at, actor=actor)

    return mutate


def opened_anew(log: Log) -> Log:
    at = find(log, "deal.opened")
    end = find(log[at:], "deal.approved") + at
    return insert(log, end, copy(log[at], "deal:00000000"))


def skipped_approval(log: Log) -> Log:
    return without(log, [find(log, "deal.approved")])


def unknown_kind(log: Log) -> Log:
    stray = Leaf("title.burned", log[40].stream, 1, log[40].actor, log[40].at)
    return insert(log, 41, replace(stray, stream="title:00000000"))


def no_commitment(log: Log) -> Log:
    return change(log, find(log, "grant.issued"), commitments={})


second_settlement = once_more("settlement.recorded", "settlement:00000000")
no_verdicts = lists_another_type("deal.conditions_confirmed", "clearances")
second_grant = once_more("grant.issued", "grant:00000000")
granted_after_revocation = after_revocation(GRANTED, "")

# fmt: off
MUTATIONS: dict[str, list[Mutation]] = {
    "R1": [says("clearance.decided", verdict="FINE"), says("title.registered", secret="x"),
           no_commitment, unknown_kind, not_a_list],
    "R2": [gap, fork],
    "R3": [stale_ref, ref_to_nothing, ref_to_the_future],
    "R4": [backdated, before_its_cause, creeping_back],
    "R5": [wrong_type, no_verdicts,
           lists_another_type("case.opened", "subjects")],
    "R6": [again("title.registered"), never_made],
    "R7": [opened_late, never_opened, gone_on_after_closing, opened_in_passing,
           continued_as_a_first_log],
    "R8": [again("key.retired"), named_otherwise],
    "R10": [says("clearance.decided", engine="clearance/9")],
    "R11": [erased_more],
    "R12": [by("consent.completed", "system:worker"), by("title.merged", "system:worker"),
            by("title.registered", "organisation:00000000"), by("deal.approved", "system:worker"),
            by("case.opened", "system:worker"), by_itself("deal.approved"),
            by_itself("grant.revoked"), by_itself("delivery.authorised"), by_itself("case.opened")],
    "R13": [other_kind, erased_by_a_lab, signed_by_the_agency,
            published_by_a_lab("kinds.published"), published_by_a_lab("policy.published")],
    "R14": [by_another_studio("holding.recorded"), by_another_studio("asset.registered"),
            met_by("licensee"), met_by("licensor"), by_another("usage.reported", "lab"),
            *map(by_another_studio, OF_STUDIOS), *map(by_another_agency, OF_AGENCIES)],
    "R15": [numbered_on],
    "R16": [again("restriction.superseded"), again("fact.superseded"), again("opinion.superseded"),
            superseded_for_another],
    "R17": [says("likeness.registered", attributes=["face", "face"]),
            says("likeness.registered", attributes=["soul"])],
    "R18": [again("consent.withdrawn")],
    "R19": [once_more("offer.published", "offer:00000000"), again("offer.withdrawn")],
    "R20": [again("request.withdrawn"), withdrawn_after_payment, outlives_its_request],
    "R21": [verdict_out_of_place],
    "R22": [opened_anew],
    "R23": [again("deal.terms_answered"), again("deal.approved"), again("deal.declined"),
            again("deal.held"), skipped_approval, approved_after_the_fact, second_settlement,
            once_more("refund.recorded", "refund:00000000"),
            second_grant],
    "R24": [refers("deal.approved", "request", "request.submitted")],
    "R25": [renamed_agreement],
    "R26": [settled_by("system:worker")],
    "R27": [own_proposal, alone_too_early, never_proposed, again("deal.cancellation_proposed")],
    "R28": [confirmed_what_is_clear],
    "R29": [granted_on_what_rests, consents_taken_back, consents_forgotten, consent_of_another,
            consent_to_a_film],
    "R30": [another_agreement],
    "R31": [blocked_all_along, cleared_long_ago],
    "R32": [again(GRANTED)],
    "R33": [covers_nothing],
    "R34": [again("grant.revoked"), again("grant.ended"), granted_after_revocation],
    "R35": [after_revocation("credential.signed", "credential:00000000", manifest="urn:c2pa:0"),
            signed_for_another, signed_with_no_key,
            part_signed_twice, signed_whole_and_in_parts],
    "R36": [same_manifest],
    "R37": [delivered_after_revocation,
            delivered_for_another_grant, delivered_after_its_term],
    "R50": [rights_sold],
    "R52": [lambda log: later(log, AUDITED + timedelta(minutes=11))],
    "R53": [never_returned, returned_late],
    "R54": [delivered_without_consent, delivered_while_it_rests],
    "R58": [paid_and_forgotten, granted_late],
    "R59": [one_file_more],
    "R76": [lapsed_at_once],
    "R77": [accepted_by_itself, countered_by_itself,
            lambda log: change(log, accepted(log), data={"answer": "taken_back"}),
            lambda log: change(log, accepted(log), data={"answer": "lapsed"}),
            lambda log: change(log, accepted(log), actor="system:worker")],
    "R78": [again("duty.met"), again("duty.waived"), again("duty.acknowledged")],
    "R79": [told_too_early, owed_within_its_term, demanded_of_who_holds_it,
            owed_before_it_was_agreed],
    "R60": [evidence_destroyed("grant.issued"), evidence_destroyed("asset.registered"),
            evidence_destroyed("holding.recorded"), evidence_destroyed("restriction.recorded"),
            evidence_destroyed("fact.recorded"), evidence_destroyed("evidence.recorded"),
            evidence_destroyed("opinion.recorded")],
    "R61": [new_conditions],
    "R62": [downgraded],
    "R55": [by("grant.issued", "system:robot"), by("subject.erased", "system:ledger"),
            by("key.published", "system:worker"), by("deal.held", "system:operator")],
    "R56": [of_shard("shard.closed", data={"size": 7}),
            of_shard("shard.closed", data={"origin": "another.example/log"}),
            of_shard("shard.closed", data={"next_origin": "another.example/log"}),
            of_shard("shard.opened", data={"previous_size": 7}),
            of_shard("shard.opened", data={"previous_origin": "another.example/log"})],
    "R57": [renamed_shard,
            lambda log: change(log, 0, data={"origin": f"{log[0].data['origin']}/2031"})],
    "R96": [again("credential.stamped")],
    "R97": [struck_out_twice, struck_out_early, struck_out_of_another],
    "R95": [again("certificate.withdrawn"), certified_by_another],
    "R88": [again("asset.identified"), stored_under_a_known_name],
    "R89": [seen_after_it_ended, seen_of_another_file, no_answer("unknown"), no_answer("outside"),
            no_answer("unclear"), seen_without_consent],
    "R90": [again("sighting.dismissed"), again("sighting.flagged"), flagged_after_it],
    "R38": [again("case.closed"), shown_after_it_closed, shown_to_a_lab, shown_to_another,
            shows_nothing, says("openings.shown", openings=-7)],
}
# fmt: on

# What cannot but follow from some of them.
CONSEQUENCES: dict[Mutation, set[str]] = {
    never_opened: {"R31", "R70"},
    skipped_approval: {"R61", "R79"},
    opened_in_passing: {"R3"},
    ref_to_the_future: {"R12", "R21", "R24", "R30", "R80"},
    wrong_type: {"R25", "R30"},
    opened_anew: {"R12", "R20"},
    second_settlement: {"R26", "R30"},
    second_grant: {"R33"},
    granted_after_revocation: {"R32", "R59"},
    # Time leaps over what other deals were about to do.
    alone_too_early: {"R58"},
    never_returned: {"R58"},
    returned_late: {"R58"},
    creeping_back: {"R76"},
    # Where the grant was revoked for want of a consent.
    delivered_after_revocation: {"R54"},
    delivered_for_another_grant: {"R54"},
    consents_taken_back: {"R54"},
    not_a_list: {"R5", "R61"},
    no_verdicts: {"R61"},
}
