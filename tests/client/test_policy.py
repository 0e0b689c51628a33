"""Policy files: what they say, and the line that is wrong in a wrong one."""

from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import BadNote, cosigner_key, verifier_key
from edgecode.log.policy import BadPolicy, Group, LogKey, Policy, WitnessKey, parse_policy

ORIGIN = "edgecode.example/ledger"
LOG = Ed25519PrivateKey.from_private_bytes(bytes(32))
SECOND = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
WITNESSES = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
    for number, name in enumerate(["X1", "X2", "X3", "Y1", "Y2"], 1)
}
LATTICE = MLDSA44PrivateKey.from_seed_bytes(bytes([9] * 32))
CHECKPOINT = Checkpoint(ORIGIN, 5, bytes([7] * 32))
NOTE = notes.sign(CHECKPOINT.text, ORIGIN, LOG)
NOW = 1_795_000_000

LOG_LINE = f"log {verifier_key(ORIGIN, LOG)}"
LINES = {name: f"witness {name} {cosigner_key(name, key)}" for name, key in WITNESSES.items()}
EXAMPLE = f"""
# the example of c2sp.org/tlog-policy
{LOG_LINE} https://edgecode.example/ledger/

{LINES["X1"]} https://x1.example/
 \t{LINES["X2"]}
{LINES["X3"]}
group X-witnesses 2 X1 X2 X3
{LINES["Y1"]}
witness Y2 {cosigner_key("Y2", LATTICE)}
group Y-witnesses\tany Y1 Y2
group X-and-Y all X-witnesses Y-witnesses \t
quorum X-and-Y
"""


def cosigned(*who: str) -> str:
    lines = [
        cosign(CHECKPOINT.text, name, LATTICE if name == "Y2" else WITNESSES[name], NOW + number)
        for number, name in enumerate(who)
    ]
    return NOTE + "".join(lines)


def test_the_example_reads() -> None:
    policy = parse_policy(EXAMPLE)
    assert policy.logs == (LogKey(verifier_key(ORIGIN, LOG), "https://edgecode.example/ledger/"),)
    assert [(w.name, w.url) for w in policy.witnesses][:2] == [
        ("X1", "https://x1.example/"),
        ("X2", ""),
    ]
    assert policy.groups == (
        Group("X-witnesses", 2, ("X1", "X2", "X3")),
        Group("Y-witnesses", 1, ("Y1", "Y2")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert policy.quorum == "X-and-Y"
    assert parse_policy(str(policy)) == policy


@pytest.mark.parametrize(
    ("who", "met"),
    [
        ((), False),
        (("X1", "X2"), False),
        (("X1", "Y1"), False),
        (("X1", "X3", "Y1"), True),
        (("Y2", "X2", "X3"), True),
        (("X1", "X2", "X3", "Y1", "Y2"), True),
        (("Y1", "Y2", "X2"), False),
    ],
)
def test_the_quorum_is_counted_through_the_groups(who: Sequence[str], met: bool) -> None:
    standing = parse_policy(EXAMPLE).check(cosigned(*who))
    assert standing.checkpoint == CHECKPOINT
    assert set(standing.witnesses) == set(who)
    assert standing.cosigned == {name: NOW + number for number, name in enumerate(who)}
    assert standing.is_witnessed is met
    assert [log.key.name for log in standing.logs] == [ORIGIN]


def test_a_single_witness_can_be_the_quorum_and_none_asks_for_nobody() -> None:
    one = parse_policy(f"{LOG_LINE}\n{LINES['X1']}\nquorum X1")
    assert one.check(cosigned("X1")).is_witnessed
    assert not one.check(cosigned("X2")).is_witnessed
    nobody = parse_policy(f"{LOG_LINE}\nquorum none\n")
    assert nobody.check(NOTE).is_witnessed
    assert nobody.check(NOTE).witnesses == ()


def test_either_key_of_a_log_will_do() -> None:
    both = parse_policy(f"{LOG_LINE}\nlog {verifier_key(ORIGIN, SECOND)}\nquorum none\n")
    second = cosign(CHECKPOINT.text, ORIGIN, SECOND, 0)
    assert len(both.check(NOTE + second).logs) == 2
    assert len(both.check(f"{CHECKPOINT.text}\n{second}").logs) == 1


def test_a_witness_alone_makes_no_checkpoint() -> None:
    policy = parse_policy(f"{LOG_LINE}\n{LINES['X1']}\nquorum X1\n")
    only = cosign(CHECKPOINT.text, "X1", WITNESSES["X1"], NOW)
    with pytest.raises(BadNote, match="no log of the policy signed"):
        policy.check(f"{CHECKPOINT.text}\n{only}")


def test_a_log_may_not_speak_for_another() -> None:
    other = notes.sign(Checkpoint("other.example", 5, bytes(32)).text, ORIGIN, LOG)
    with pytest.raises(BadNote, match=r"other\.example"):
        parse_policy(f"{LOG_LINE}\nquorum none\n").check(other)


def test_a_wrong_cosignature_of_a_known_witness_rejects_the_checkpoint() -> None:
    wrong = cosign(Checkpoint(ORIGIN, 6, bytes(32)).text, "X1", WITNESSES["X1"], NOW)
    with pytest.raises(BadNote, match="X1 does not fit"):
        parse_policy(EXAMPLE).check(NOTE + wrong)
    strangers = parse_policy(f"{LOG_LINE}\n{LINES['X2']}\nquorum none")
    assert strangers.check(NOTE + wrong).witnesses == ()


V1 = str(cosigner_key("X1", WITNESSES["X1"]))
RENAMED = str(cosigner_key("renamed", WITNESSES["X1"]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"^line 1: .* without a quorum"),
        (f"{LOG_LINE}\n# no more", r"^line 2: .* without a quorum"),
        ("quorum none\nquorum none", r"^line 2: there is a quorum line already"),
        ("quorum", r"^line 1: expected: quorum"),
        ("quorum X1\n" + LINES["X1"], r"^line 1: 'X1' is not defined above"),
        ("\n\nwitnes X1 key", r"^line 3: 'witnes' is not log, witness"),
        ("log", r"^line 1: expected: log"),
        (f"{LOG_LINE} a b", r"^line 1: expected: log"),
        (f"log {V1}", r"^line 1: a key of type 4 is not one of a log"),
        (
            f"witness a {verifier_key('a', LOG)}",
            r"^line 1: a key of type 1 is not one of a witness",
        ),
        (f"{LOG_LINE}\n{LOG_LINE}", r"^line 2: a log with this key"),
        (f"witness a {V1}\nwitness b {RENAMED}", r"^line 2: a witness with this key"),
        (f"{LINES['X1']}\nwitness X1 {cosigner_key('z', LOG)}", r"^line 2: the name 'X1' is taken"),
        (f"{LOG_LINE}\nwitness a {cosigner_key('a', LOG)}", r"^line 2: this is the key of a log"),
        (f"witness a {cosigner_key('a', LOG)}\n{LOG_LINE}", r"^line 2: this is the key of a wit"),
        (f"witness none {V1}", r"^line 1: the name 'none' is taken"),
        ("witness X1 a+b+c", r"^line 1: .*base64"),
        ("group g any", r"^line 1: expected: group"),
        ("group g any x", r"^line 1: 'x' is not defined above"),
        ("group g any none", r"^line 1: 'none' is not defined above"),
        (f"{LINES['X1']}\ngroup g 0 X1", r"^line 2: '0' is not all, any, or 1 to 1"),
        (f"{LINES['X1']}\ngroup g 2 X1", r"^line 2: '2' is not"),
        (f"{LINES['X1']}\ngroup g 01 X1", r"^line 2: '01' is not"),
        (f"{LINES['X1']}\ngroup g any X1 X1", r"^line 2: 'X1' is a member already"),
        (f"{LINES['X1']}\ngroup g any X1\ngroup h any X1", r"^line 3: 'X1' is a member already"),
        (f"{LINES['X1']}\ngroup g any g", r"^line 2: 'g' is not defined above"),
        (f"{LINES['X1']}\ngroup X1 any X1", r"^line 2: the name 'X1' is taken"),
        ("quorum none\r\n", r"^line 1: control character 0x0d"),
        ("# \x7f", r"^line 1: control character 0x7f"),
    ],
)
def test_the_wrong_line_is_named(text: str, message: str) -> None:
    with pytest.raises(BadPolicy, match=message):
        parse_policy(text)


def test_names_are_octets_and_need_not_be_utf8() -> None:
    key = cosigner_key("X1", WITNESSES["X1"])
    raw = b"witness \xff\xfe " + str(key).encode() + b"\n# \x80\xff\nquorum \xff\xfe\n"
    policy = parse_policy(raw)
    assert policy.quorum == policy.witnesses[0].name
    assert parse_policy(str(policy).encode("utf-8", "surrogateescape")) == policy
    kelvin = f"{LINES['X1'].replace(' X1 ', ' K ')}\nquorum \u212a\n"
    with pytest.raises(BadPolicy, match="line 2"):
        parse_policy(kelvin)
    spaced = parse_policy(f"witness a\u00a0b {key}\nquorum a\u00a0b\n")
    assert spaced.quorum == "a\u00a0b"


def test_a_hundred_of_each_and_a_thousand_deep_are_no_problem() -> None:
    seeds = [number.to_bytes(32, "big") for number in range(1000)]
    witness_keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
    lines = [f"witness w{n} {cosigner_key(f'w{n}', key)}" for n, key in enumerate(witness_keys)]
    lines.append("group g0 all w0")
    lines += [f"group g{n} all g{n - 1} w{n}" for n in range(1, 1000)]
    policy = parse_policy("\n".join([*lines, "quorum g999", ""]))
    everyone = [f"w{n}" for n in range(1000)]
    assert policy.is_met_by(everyone)
    assert not policy.is_met_by(everyone[1:])


words = st.text(st.characters(exclude_categories=["C", "Z"], codec="utf-8"), min_size=1, max_size=9)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    witness_names = draw(st.lists(words.filter("none".__ne__), unique=True, max_size=6))
    witnesses = tuple(
        WitnessKey(name, cosigner_key("w", Ed25519PrivateKey.from_private_bytes(bytes([n] * 32))))
        for n, name in enumerate(witness_names, 1)
    )
    free, groups = list(witness_names), []
    for number in range(draw(st.integers(0, 4))):
        members = draw(st.lists(st.sampled_from(free), unique=True)) if free else []
        if members:
            name = f"group {number}".replace(" ", "\u00a0")
            groups.append(Group(name, draw(st.integers(1, len(members))), tuple(members)))
            free = [item for item in free if item not in members] + [name]
    quorum = draw(st.sampled_from([*witness_names, *(group.name for group in groups), "none"]))
    log = LogKey(verifier_key(ORIGIN, LOG), draw(st.sampled_from(["", "https://log.example/"])))
    return Policy(draw(st.sampled_from([(), (log,)])), witnesses, tuple(groups), quorum)


@given(policies())
def test_any_policy_reads_back(policy: Policy) -> None:
    assert parse_policy(str(policy)) == policy


@given(policies(), st.data())
def test_one_more_witness_never_hurts(policy: Policy, data: st.DataObject) -> None:
    every = [witness.name for witness in policy.witnesses]
    some = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    if policy.is_met_by(some):
        assert policy.is_met_by(every)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BadPolicy, match=r"^line [0-9]+: "):
        parse_policy(text)
