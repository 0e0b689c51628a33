"""For every rule about what lies behind commitments: facts that break it, all else as it was."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

from edgecode.log.commitments import Opening
from edgecode.log.leaf import Leaf
from tests.client.forgery import Log, find, find_last, of, without

type Openings = dict[int, dict[str, Opening]]
type Lie = Callable[[Log, Openings], tuple[Log, Openings]]


def tell(openings: Openings, at: int, name: str, **changes: Any) -> Openings:
    """Return the openings with parts of one fact changed."""
    before = openings[at][name]
    fact = deepcopy(before.value)
    assert isinstance(fact, dict)
    return {**openings, at: {**openings[at], name: Opening(before.salt, fact | changes)}}


def fact(openings: Openings, at: int, name: str) -> Any:
    return openings[at][name].value


def put(openings: Openings, at: int, names: dict[str, Opening]) -> Openings:
    """Return the openings as they are once an entry with these was put in before `at`."""
    moved = {index + (index >= at): opened for index, opened in openings.items()}
    return moved | {at: names}


def says(kind: str, name: str, **changes: Any) -> Lie:
    """The first entry of a kind commits to something else."""
    return lambda log, openings: (log, tell(openings, find(log, kind), name, **changes))


def kept(log: Log, openings: Openings) -> tuple[Log, Openings]:
    erased = find(log, "subject.erased")
    at = find(log, "performer.registered", lambda leaf: leaf.stream == log[erased].stream)
    return log, openings | {at: {"person": Opening(bytes(32), {"name": "Lee"})}}


def not_requested(log: Log, openings: Openings) -> tuple[Log, Openings]:
    at = find(log, "deal.approved")
    files = ["00000000+001", *fact(openings, at, "approval")["assets"][1:]]
    return log, tell(openings, at, "approval", assets=files)


def not_agreed(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """In place of a file that was granted, one was agreed on that was requested besides."""
    granted = {of(leaf, "agreement").partition(":")[2] for leaf in log if "agreement" in leaf.refs}
    requests = {
        leaf.stream: at
        for at, leaf in enumerate(log)
        if leaf.kind.startswith(("request.submitted", "amendment.proposed"))
    }
    for at, leaf in enumerate(log):
        if leaf.kind == "deal.approved" and leaf.stream.partition(":")[2] in granted:
            agreed = fact(openings, at, "approval")["assets"]
            asked = fact(openings, requests[of(leaf, "request")], "assets")
            if spare := sorted(set(asked) - set(agreed)):
                return log, tell(openings, at, "approval", assets=[*agreed[1:], spare[0]])
    raise AssertionError("no request of more than was agreed")


def agreed_twice(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """The lab pays for one file two times."""
    for at, leaf in enumerate(log):
        if leaf.kind == "deal.approved":
            first, *others = fact(openings, at, "approval")["assets"]
            if others:
                return log, tell(openings, at, "approval", assets=[first, first, *others[1:]])
    raise AssertionError("no deal about two files")


def other_parts_amended(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """An amendment asks for a part of a file that was not granted."""
    at = find(log, "amendment.proposed")
    first = fact(openings, at, "assets")[0]
    return log, tell(openings, at, "ranges", **{first: [[0, 1]]})


def paid_for_nothing(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """Nothing is said to have been due, and something was."""
    at = find(log, "settlement.recorded", lambda leaf: leaf.data["method"] == "nothing_due")
    return log, tell(openings, at, "amount", amount_minor=1)


def granted_less(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """A file that was agreed on, and paid for, is not in the grant."""
    files = [at for at, leaf in enumerate(log) if leaf.kind.startswith("asset.granted")]
    amended = {of(leaf, "grant") for leaf in log if leaf.kind == "amendment.proposed"}
    whole = [at for at in files if log[at].stream not in amended]
    first, last = next(
        pair for pair in pairwise(whole) if len({log[at].stream for at in pair}) == 1
    )
    grant = log[first].stream
    signed = {
        leaf.stream
        for leaf in log
        if leaf.kind.startswith("credential.signed")
        and (of(leaf, "grant"), of(leaf, "asset")) == (grant, of(log[last], "asset"))
    }
    gone = [last] + [
        at
        for at, leaf in enumerate(log)
        if leaf.stream in signed
        or (leaf.kind == "delivery.authorised" and of(leaf, "credential") in signed)
    ]
    left = {
        at - sum(each < at for each in gone): names
        for at, names in openings.items()
        if at not in gone
    }
    return without(log, gone), left


def on_no_conditions(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """Where a verdict was conditional already when the deal was approved, nobody says so."""
    told = openings
    for at, leaf in enumerate(log):
        if leaf.kind == "deal.approved" and fact(openings, at, "approval")["conditions_met"]:
            told = tell(told, at, "approval", conditions_met=False)
    return log, told


def leaves_out(name: str) -> Lie:
    """The scope of the first grant does not say something that was requested."""

    def lie(log: Log, openings: Openings) -> tuple[Log, Openings]:
        at = find(log, "grant.issued")
        told = tell(openings, at, "scope")
        del fact(told, at, "scope")[name]
        return log, told

    return lie


def granted_for(**changes: Any) -> Lie:
    """The scope of a grant that nothing becomes of says something else."""

    def lie(log: Log, openings: Openings) -> tuple[Log, Openings]:
        ways = ("amendment.proposed", "grant.superseded", "grant.revoked", "grant.ended")
        found = [leaf for leaf in log if leaf.kind in ways]
        others = {leaf.stream for leaf in found}
        others |= {
            of(leaf, role) for leaf in found for role in ("grant", "by") if role in leaf.refs
        }
        at = find(log, "grant.issued", lambda leaf: leaf.stream not in others)
        return log, tell(openings, at, "scope", **changes)

    return lie


def exclusive_after_all(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """The scopes of all requests, other terms and grants say that they are exclusive."""
    return log, _tell_all(log, openings, exclusivity="exclusive")


def long_ago(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """The term of all requests, other terms and grants is over."""
    return log, _tell_all(log, _not_back(log, openings), ends_at="2026-01-02T00:00:00+00:00")


def not_over_yet(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """No term is over for long; of some the house says that it is."""
    return log, _tell_all(log, _not_back(log, openings), ends_at="2099-01-01T00:00:00+00:00")


def _not_back(log: Log, openings: Openings) -> Openings:
    """Return the openings without those of what goes back: it is reckoned by the terms."""
    return {
        at: names
        for at, names in openings.items()
        if log[at].kind != "duty.imposed" or log[at].data["duty"] != "refund"
    }


_SCOPES = {
    "request.submitted": "scope",
    "amendment.proposed": "scope",
    "deal.terms_proposed": "proposal",
    "grant.issued": "scope",
}


def _tell_all(log: Log, openings: Openings, **changes: Any) -> Openings:
    for at, leaf in enumerate(log):
        if name := _SCOPES.get(leaf.kind.removesuffix(".v2")):
            openings = tell(openings, at, name, **changes)
    return openings


def grants_of_years(log: Log, openings: Openings) -> set[str]:
    """Return the grants whose term lasts beyond this year."""
    return {
        leaf.stream
        for at, leaf in enumerate(log)
        if leaf.kind.startswith("grant.issued")
        and (fact(openings, at, "scope")["ends_at"] or "9999") > "2027"
    }


def consent(**changes: Any) -> Lie:
    """The consents that the first file of a likeness was granted on say something else."""

    def lie(log: Log, openings: Openings) -> tuple[Log, Openings]:
        long = grants_of_years(log, openings)
        at = find(
            log,
            "asset.granted.v2",
            lambda leaf: len(leaf.refs.get("consents", ())) == 1 and leaf.stream in long,
        )
        named = str(log[at].refs["consents"][0]).partition("@")[0]
        recorded = find(log, "consent.recorded", lambda leaf: leaf.stream == named)
        return log, tell(openings, recorded, "consent", **changes)

    return lie


def two_consents(**changes: Any) -> Lie:
    """Both consents that a file of a likeness was granted on say something else."""

    def lie(log: Log, openings: Openings) -> tuple[Log, Openings]:
        long = grants_of_years(log, openings)
        at = find(
            log,
            "asset.granted.v2",
            lambda leaf: len(leaf.refs.get("consents", ())) == 2 and leaf.stream in long,
        )
        named = {str(each).partition("@")[0] for each in log[at].refs["consents"]}
        told = openings
        for index, leaf in enumerate(log):
            if leaf.kind == "consent.recorded" and leaf.stream in named:
                told = tell(told, index, "consent", **changes)
        return log, told

    return lie


def registered_twice(log: Log, openings: Openings) -> tuple[Log, Openings]:
    at = find_last(log, "asset.registered", lambda leaf: leaf.stream.endswith("+002"))
    first = find(log, "asset.registered", lambda leaf: leaf.stream == f"{log[at].stream[:-3]}001")
    return log, tell(openings, at, "file", sha256=fact(openings, first, "file")["sha256"])


def other_bytes(log: Log, openings: Openings) -> tuple[Log, Openings]:
    at = find(log, "credential.signed", lambda leaf: leaf.data["form"] == "sidecar")
    return log, tell(openings, at, "file", sha256="0" * 64)


def outnumbered(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """A consent allowed fewer outputs than were made of it."""
    used = find(log, "consent.used")
    recorded = find(log, "consent.recorded", lambda leaf: leaf.stream == of(log[used], "consent"))
    made = fact(openings, used, "use")["outputs"]
    return log, tell(openings, recorded, "consent", max_outputs=made - 1)


def of_another_use(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """What was made is of a use that no grant of it names."""
    return log, tell(openings, _declared(log), "output", use="distribute.tv")


def of_another_kind_of_model(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """What was made is of a kind of model that no grant of it names."""
    return log, tell(openings, _declared(log), "output", model_kind="evaluation_only")


def before_its_term(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """Something was made before a grant of it began."""
    return log, tell(openings, _declared(log), "output", made_at="2001-01-01T00:00:00+00:00")


def _declared(log: Log) -> int:
    return find(log, "output.declared")


def _by_card(log: Log, openings: Openings, *, minimum: bool) -> tuple[int, int]:
    """Return where a deal by rate cards was opened, of which an approval rests on that, and where
    it was approved; with a card whose minimum counts, or with none of a minimum."""
    for at, leaf in enumerate(log):
        if leaf.kind != "deal.approved" or _terms(log, leaf) is not None:
            continue
        opened = find(log, "deal.opened", lambda one, of=leaf: one.stream == of.stream)
        cards = fact(openings, opened, "terms").get("cards", [])
        codes = fact(openings, at, "approval")["assets"]
        sums = [sum(card["prices"].get(code, 0) for code in codes) for card in cards]
        raised = any(0 < own < card["minimum_minor"] for own, card in zip(sums, cards, strict=True))
        if cards and raised is minimum:
            return opened, at
    raise AssertionError("no deal of this kind was approved")


def cheaper_by_card(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """The card said more of a file, when the deal was opened, than was agreed on for it."""
    opened, _at = _by_card(log, openings, minimum=False)
    cards = deepcopy(fact(openings, opened, "terms")["cards"])
    cards[0]["prices"] = {code: minor + 100 for code, minor in cards[0]["prices"].items()}
    return log, tell(openings, opened, "terms", cards=cards)


def less_than_the_minimum(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """The card's minimum was more, when the deal was opened, than was agreed on."""
    opened, _at = _by_card(log, openings, minimum=True)
    cards = deepcopy(fact(openings, opened, "terms")["cards"])
    for card in cards:
        card["minimum_minor"] += 1
    return log, tell(openings, opened, "terms", cards=cards)


def other_terms(kind: str, **changes: Any) -> Lie:
    """Something else had been proposed and accepted than what came of it."""

    def lie(log: Log, openings: Openings) -> tuple[Log, Openings]:
        at = find_last(log, kind, lambda leaf: _terms(log, leaf) is not None)
        proposed = _terms(log, log[at])
        assert proposed is not None
        return log, tell(openings, proposed, "proposal", **changes)

    return lie


def _terms(log: Log, leaf: Leaf) -> int | None:
    """Where the terms were proposed that an approval or a grant rests on, if any were accepted."""
    named = leaf.stream if leaf.kind == "deal.approved" else of(leaf, "agreement")
    found = proposed = None
    for at, each in enumerate(log):
        if each.stream != f"deal:{named.partition(':')[2]}":
            continue
        if each.kind == "deal.terms_proposed":
            proposed = at
        elif each.kind == "deal.terms_answered" and each.data["answer"] == "accepted":
            found = proposed
    return found


def with_parts(log: Log, openings: Openings, kind: str) -> int:
    """Return the first entry of a kind that names parts of a file."""
    return find(log, kind, lambda leaf: bool(_ranges(leaf, log, openings)))


def _ranges(leaf: Leaf, log: Log, openings: Openings) -> Any:
    given = openings.get(log.index(leaf), {})
    if "ranges" in given:
        return given["ranges"].value
    return given["approval"].value.get("ranges") if "approval" in given else None


def other_parts_agreed(log: Log, openings: Openings) -> tuple[Log, Openings]:
    at = with_parts(log, openings, "deal.approved")
    return log, tell(openings, at, "approval", ranges={})


def other_parts_granted(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """A grant whose parts are not signed yet is of longer ones than were agreed on."""
    at = with_parts(log, openings, "grant.issued")
    ranges = fact(openings, at, "ranges")
    longer = {code: [[0, 90_000], *each[2:]] for code, each in ranges.items()}
    signed = [
        index
        for index, leaf in enumerate(log)
        if leaf.refs.get("grant", "").startswith(log[at].stream)
    ]
    kept = {index: names for index, names in openings.items() if index not in signed}
    return log, tell(kept, at, "ranges", **longer)


def another_part_signed(log: Log, openings: Openings) -> tuple[Log, Openings]:
    at = find(log, "credential.signed", lambda leaf: leaf.data.get("part") == 1)
    return log, tell(openings, at, "file", range_ms=[0, 5_000])


def too_much_back(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """More goes back of a licence that was revoked than was paid for it."""
    at = find(log, "duty.imposed", lambda leaf: leaf.data["duty"] == "refund")
    minor, currency = fact(openings, at, "terms")["detail"].split()
    return log, tell(openings, at, "terms", detail=f"9{minor} {currency}")


def of_a_file_alone(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """What goes back for all files is said to go back for one of them."""
    at = find(
        log,
        "duty.imposed",
        lambda leaf: leaf.data["duty"] == "refund" and len(_files(leaf, log, openings)) > 1,
    )
    return log, tell(openings, at, "terms", files=_files(log[at], log, openings)[:1])


def _files(leaf: Leaf, log: Log, openings: Openings) -> Any:
    return fact(openings, log.index(leaf), "terms")["files"]


def stops_nothing(log: Log, openings: Openings) -> tuple[Log, Openings]:
    """What is owed for a use that an amendment took away does not name it."""
    for at, leaf in enumerate(log):
        if leaf.kind == "duty.imposed" and leaf.data["duty"] == "stop":
            terms = fact(openings, at, "terms")
            if terms["ground"] == "amendment" and terms["detail"]:
                return log, tell(openings, at, "terms", detail="")
    raise AssertionError("no amendment takes a use away")


LIES: dict[str, list[Lie]] = {
    "R39": [kept],
    "R40": [
        says("deal.opened", "terms", amount_minor=1),
        says("deal.opened", "terms", currency="XXX"),
        other_terms("deal.approved", price_minor=7),
        cheaper_by_card,
        less_than_the_minimum,
    ],
    "R41": [
        says("settlement.recorded", "amount", amount_minor=1),
        says("refund.recorded", "amount", currency="XXX"),
        paid_for_nothing,
    ],
    "R42": [
        granted_for(model_kinds=["evaluation_only"]),
        granted_for(ends_at="2099-01-01T00:00:00+00:00"),
        leaves_out("ends_at"),
        leaves_out("exclusivity"),
        other_terms("grant.issued", model_kinds=["evaluation_only"]),
    ],
    "R43": [
        other_parts_amended,
        not_requested,
        not_agreed,
        agreed_twice,
        granted_less,
        other_parts_agreed,
        other_parts_granted,
    ],
    "R44": [on_no_conditions],
    "R45": [long_ago, not_over_yet],
    "R46": [exclusive_after_all],
    "R47": [
        consent(uses=["evaluate"]),
        consent(grantee="00000000"),
        consent(ends_at="2026-02-01T00:00:00+00:00"),
        consent(territory=["DE"]),
        consent(territory={"include": ["WORLD"], "except": ["DE"]}),
        consent(model_kinds=["evaluation_only"]),
        two_consents(ends_at="2026-02-01T00:00:00+00:00"),
    ],
    "R48": [registered_twice],
    "R49": [other_bytes],
    "R73": [outnumbered],
    "R75": [another_part_signed],
    "R94": [of_another_use, of_another_kind_of_model, before_its_term],
    "R85": [too_much_back, of_a_file_alone],
    "R87": [stops_nothing],
}

# What was made under a licence or a consent that is told otherwise is outside of it, too.
BROKEN_TOO = {"R42": {"R94"}, "R45": {"R94"}, "R47": {"R94"}}
