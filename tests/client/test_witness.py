"""What a witness answers: the protocol without a network."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edgecode.log import merkle, notes, witness
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import BadNote, cosigner_key, verifier_key
from edgecode.log.witness import Answer, Fork, Witness, cosignature_lines, parse_size, request
from tests.client.trees import KEY, ORIGIN, VKEY, Tree

NAME = "witness.example/w1"
KEYS = (
    Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)),
    MLDSA44PrivateKey.from_seed_bytes(bytes([1] * 32)),
)
OTHER = Ed25519PrivateKey.from_private_bytes(bytes([2] * 32))
NOW = 1_795_000_000
TREE = Tree(40)
FORK = Tree(40, "forged", same=10)


class Memory:
    """Storage in a dictionary."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def load(self, origin: str) -> str | None:
        return self.notes.get(origin)

    def swap(self, origin: str, old: str | None, new: str) -> bool:
        if self.notes.get(origin) != old:
            return False
        self.notes[origin] = new
        return True


def make() -> Witness:
    return Witness(NAME, KEYS, [VKEY], Memory())


def ask(who: Witness, old: int, new: int, tree: Tree = TREE, now: int = NOW) -> Answer:
    return who.add_checkpoint(request(old, tree.consistency(old, new), tree.note(new)), now)


def held(who: Witness) -> str:
    answer = who.checkpoint(witness.origin_hash(ORIGIN))
    assert answer.status == 200
    return answer.body


def test_a_log_that_grows_is_cosigned_with_every_key() -> None:
    who = make()
    for old, new in [(0, 7), (7, 7), (7, 8), (8, 40)]:
        answer = ask(who, old, new, now=NOW + new)
        assert answer.status == 200
        note = TREE.note(new) + answer.body
        text, signed = notes.signers(note, [VKEY, *who.vkeys])
        assert parse_checkpoint(text) == TREE.checkpoint(new)
        assert signed == {VKEY: 0, who.vkeys[0]: NOW + new, who.vkeys[1]: NOW + new}
        assert held(who) == note


@pytest.mark.parametrize("start", [0, 7])
def test_what_is_stale_is_told_the_size(start: int) -> None:
    who = make()
    if start:
        assert ask(who, 0, start).status == 200
    answer = ask(who, 5, 9)
    assert (answer.status, answer.content_type) == (409, "text/x.tlog.size")
    assert parse_size(answer.body) == start
    assert ask(who, start, 9).status == 200


def test_a_fork_is_refused_and_kept_as_evidence() -> None:
    who = make()
    assert ask(who, 0, 20).status == 200
    before = held(who)
    forked = ask(who, 20, 30, FORK)
    proof = tuple(FORK.consistency(20, 30))
    root = FORK.checkpoint(20).root
    assert (forked.status, forked.fork) == (422, Fork(before, FORK.note(30), root, proof))
    same_size = who.add_checkpoint(request(20, [], FORK.note(20)), NOW)
    assert (same_size.status, same_size.fork) == (422, Fork(before, FORK.note(20)))
    stale = ask(who, 5, 20, FORK)
    assert (stale.status, stale.fork) == (409, Fork(before, FORK.note(20)))
    assert held(who) == before


@pytest.mark.parametrize(
    "proof",
    [[], [bytes(32)], TREE.consistency(7, 20)[:-1], [*TREE.consistency(7, 20), bytes(32)]],
)
def test_a_wrong_proof_is_refused(proof: list[bytes]) -> None:
    who = make()
    ask(who, 0, 7)
    answer = who.add_checkpoint(request(7, proof, TREE.note(20)), NOW)
    # Anybody can send an honest checkpoint with such a proof: it is held against nobody.
    assert (answer.status, answer.fork) == (422, None)
    assert parse_checkpoint(notes.note_text(held(who))).size == 7


@given(st.integers(1, 39), st.data())
def test_no_proof_makes_honest_checkpoints_a_fork(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old, 40))
    proof = TREE.consistency(old, new)
    junk = st.lists(st.sampled_from([*proof, bytes(32), *FORK.consistency(old, new)]), max_size=9)
    who = make()
    ask(who, 0, old)
    answer = who.add_checkpoint(request(old, data.draw(junk), TREE.note(new)), NOW)
    assert answer.fork is None
    # Of a real fork the right proof shows it, but for sizes whose root a proof leaves out.
    other = make()
    ask(other, 0, old)
    if 10 < old < new:
        assert (ask(other, old, new, FORK).fork is None) is (old & (old - 1) == 0)


def test_a_proof_from_nothing_and_a_root_of_nothing_are_refused() -> None:
    who = make()
    assert who.add_checkpoint(request(0, [bytes(32)], TREE.note(7)), NOW).status == 422
    wrong = notes.sign(Checkpoint(ORIGIN, 0, bytes(32)).text, ORIGIN, KEY)
    assert who.add_checkpoint(request(0, [], wrong), NOW).status == 422
    right = notes.sign(Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT).text, ORIGIN, KEY)
    assert who.add_checkpoint(request(0, [], right), NOW).status == 200
    assert ask(who, 0, 7).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (request(0, [], TREE.note(7)).replace(ORIGIN, "other.example"), 404),
        (request(0, [], TREE.note(7, OTHER)), 403),
        (request(0, [], TREE.note(7).replace("\n7\n", "\n8\n")), 403),
        (request(0, [], TREE.note(7) + FORK.note(9).rpartition("\n\n")[2]), 403),
        (request(8, [], TREE.note(7)), 400),
        (request(0, [bytes(32)] * 64, TREE.note(7)), 400),
        (request(0, [], TREE.note(7)).replace("old 0", "old 00"), 400),
        (request(0, [], TREE.note(7)).replace("old 0", "old -1"), 400),
        (request(0, [], TREE.note(7)).replace("old 0", "size 0"), 400),
        (request(0, [], TREE.note(7)).replace("old 0", f"old {2**63}"), 400),
        (request(0, [b"short"], TREE.note(7)), 400),
        (request(0, [], TREE.note(7)[:-1]), 400),
        (request(0, [], TREE.note(7).replace("\n7\n", "\n07\n")), 400),
        (request(0, [], "nothing signed\n"), 400),
        (request(0, [], TREE.note(7).replace("7", "7\t")), 400),
        (request(0, [], TREE.note(7) + "— x AAAAAAAA\n" * 64), 400),
        ("old 0\n", 400),
        ("", 400),
    ],
)
def test_what_is_wrong_is_named_by_its_status(body: str, status: int) -> None:
    who = make()
    answer = who.add_checkpoint(body, NOW)
    assert answer.status == status
    assert answer.body.count("\n") == 1
    assert answer.fork is None
    assert who.checkpoint(witness.origin_hash(ORIGIN)).status == 404


def test_other_witnesses_and_strangers_are_not_passed_on() -> None:
    who = make()
    stranger = cosign(TREE.checkpoint(7).text, "stranger.example", OTHER, NOW)
    answer = who.add_checkpoint(request(0, [], TREE.note(7) + stranger), NOW)
    assert held(who) == TREE.note(7) + answer.body


def test_either_key_of_a_log_that_changes_keys_will_do() -> None:
    new = verifier_key(ORIGIN, OTHER)
    who = Witness(NAME, KEYS, [VKEY, new], Memory())
    assert ask(who, 0, 7).status == 200
    body = request(7, TREE.consistency(7, 9), TREE.note(9, OTHER))
    assert who.add_checkpoint(body, NOW).status == 200


@pytest.mark.parametrize("year", ["0000", "2027", "2100", "9999"])
def test_a_key_is_good_for_the_later_logs_of_its_history_in_any_year(year: str) -> None:
    who, origin = make(), f"{ORIGIN}/{year}"
    for name, status in ((origin, 200), (f"{ORIGIN}/20270", 404), (f"{ORIGIN}2/{year}", 404)):
        note = notes.sign(dataclasses.replace(TREE.checkpoint(7), origin=name).text, name, KEY)
        assert who.add_checkpoint(request(0, [], note), NOW).status == status
    assert who.checkpoint(witness.origin_hash(origin)).status == 200
    assert who.checkpoint("x").status == 404


def test_a_clock_that_jumped_back_signs_nothing() -> None:
    who = make()
    ask(who, 0, 7)
    answer = ask(who, 7, 9, now=NOW - 1)
    assert (answer.status, answer.body) == (
        503,
        "the clock of this witness is behind its last cosignature\n",
    )
    assert ask(who, 7, 9, now=NOW).status == 200


def test_a_witness_does_not_follow_itself() -> None:
    own = verifier_key("self", KEYS[0])
    with pytest.raises(ValueError, match="own"):
        Witness(NAME, KEYS, [own], Memory())


def test_an_unknown_log_has_no_checkpoint() -> None:
    assert make().checkpoint(witness.origin_hash("other.example")).status == 404
    assert make().checkpoint("x").status == 404


class Racing(Memory):
    """Storage in which another request is always a little faster."""

    def __init__(self, rival: str | None) -> None:
        super().__init__()
        self.rival = rival

    def swap(self, origin: str, old: str | None, new: str) -> bool:
        if self.rival is not None:
            self.notes[origin], self.rival = self.rival, None
        return super().swap(origin, old, new)


def test_of_two_requests_at_once_the_slower_one_is_judged_anew() -> None:
    larger = Witness(NAME, KEYS, [VKEY], Racing(TREE.note(20)))
    answer = ask(larger, 0, 7)
    assert (answer.status, parse_size(answer.body)) == (409, 20)
    same = Witness(NAME, KEYS, [VKEY], Racing(TREE.note(7)))
    assert ask(same, 0, 7).status == 409
    fork = Witness(NAME, KEYS, [VKEY], Racing(FORK.note(20)))
    assert ask(fork, 0, 20).fork == Fork(FORK.note(20), TREE.note(20))


def test_the_log_takes_what_it_can_verify_and_drops_the_rest() -> None:
    note, text = TREE.note(7), TREE.checkpoint(7).text
    known = cosigner_key(NAME, KEYS[0])
    right = cosign(text, NAME, KEYS[0], NOW)
    strange = cosign(text, "stranger.example", OTHER, NOW)
    assert cosignature_lines(note, strange + right, [known]) == {known: right}
    assert cosignature_lines(note, strange, [known]) == {}
    for bad in (
        cosign(TREE.checkpoint(8).text, NAME, KEYS[0], NOW),
        cosign(text, NAME, KEYS[0], 0),
        right.replace("—", "-"),
        right + "\n" + right,
        right[:-1],
        "",
        "{}\n",
        right + TREE.note(8),
    ):
        with pytest.raises(BadNote):
            cosignature_lines(note, bad, [known])


@pytest.mark.parametrize("body", ["", "7", "07\n", "-1\n", "7\n\n", f"{2**63}\n", "x\n"])
def test_a_size_is_one_line(body: str) -> None:
    with pytest.raises(BadNote):
        parse_size(body)


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.sampled_from([TREE.note(7), FORK.note(40)]),
)
def test_any_request_reads_back(old: int, proof: list[bytes], note: str) -> None:
    assert witness.parse_request(request(old, proof, note)) == (old, proof, note)


@given(st.text(st.characters(codec="utf-8")), st.text(max_size=50))
def test_no_text_breaks_a_witness(text: str, line: str) -> None:
    who = make()
    for body in (text, f"old 0\n\n{text}", f"old 0\n{line}\n\n{TREE.note(7)}"):
        assert who.add_checkpoint(body, NOW).status in {200, 400, 403, 404, 422}


class Life(RuleBasedStateMachine):
    """However a witness is asked, all that it ever cosigned is one history."""

    def __init__(self) -> None:
        super().__init__()
        self.who = make()
        self.seen = [Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)]
        self.now = NOW

    @rule(
        forged=st.booleans(),
        old=st.integers(0, 40) | st.none(),
        new=st.integers(1, 40),
        tick=st.integers(-1, 2),
        drop=st.booleans(),
    )
    def asked(self, forged: bool, old: int | None, new: int, tick: int, drop: bool) -> None:
        self.now += tick
        tree = FORK if forged else TREE
        start = self.seen[-1].size if old is None else old
        proof = tree.consistency(start, new) if start <= new else []
        body = request(start, proof[1:] if drop else proof, tree.note(new))
        answer = self.who.add_checkpoint(body, self.now)
        if answer.status == 200:
            text, signed = notes.signers(tree.note(new) + answer.body, self.who.vkeys)
            assert set(signed) == set(self.who.vkeys)
            self.seen.append(parse_checkpoint(text))
        if answer.status == 409:
            assert parse_size(answer.body) == self.seen[-1].size

    @invariant()
    def one_history(self) -> None:
        sizes = [checkpoint.size for checkpoint in self.seen]
        assert sizes == sorted(sizes)
        for tree in (TREE, FORK):
            if all(checkpoint == tree.checkpoint(checkpoint.size) for checkpoint in self.seen):
                return
        raise AssertionError("cosigned both histories")


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=20)


def test_an_answer_cannot_be_changed_after_it_was_made() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ask(make(), 0, 7).status = 200  # type: ignore[misc]
