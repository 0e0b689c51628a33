"""An operator who rewrites the past, and has witnesses of good faith for something beside it."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import merkle, notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import cosigner_key
from edgecode.log.notes import Receipt
from tests.client.conftest import Audit
from tests.client.logs import KEY, OTHER_KEY, member, members, publish, serving
from tests.client.test_audit_folder import lines
from tests.client.test_shards import (
    NEW,
    OLD,
    about_log,
    checkpoint,
    old_entries,
    shard_entries,
    write_list,
)

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
NOT_WITNESSED = "checkpoint: the witnesses that the policy demands did not cosign"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Names the first log of the history, and one witness whose word is asked for."""
    path = tmp_path / "policy"
    witness = f"witness w {cosigner_key('w.example/1', WITNESS)}\nquorum w\n"
    path.write_text(f"log {notes.verifier_key(OLD, KEY)}\n{witness}")
    return path


def cosigned(log: Path, name: str = "checkpoint", note: str = "") -> None:
    """The witness cosigns a note of the log, the newest unless one is given."""
    note = note or (log / "checkpoint").read_text()
    line = cosign(notes.note_text(note), "w.example/1", WITNESS, int(time.time()))
    (log / name).write_text(note + line)


def fork(root: Path, *, year: str = "2027", key: Ed25519PrivateKey = KEY) -> Path:
    """Another past, closed and gone on with by a log of one entry that nobody has seen before."""
    entries = old_entries(300)
    entries[7] = member(950)
    entries[-1] = about_log(
        "shard.closed", "2026", 2, 301, origin=OLD, size=302, next_origin=f"{OLD}/{year}"
    )
    publish(root, entries, origin=OLD, key=key)
    publish(root / year, shard_entries(year, root, 400)[:1], origin=f"{OLD}/{year}")
    write_list(root, year)
    return root


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
@pytest.mark.parametrize("year", ["2027", "2099"])
def test_a_fork_is_not_witnessed_by_who_saw_the_log_after_it(
    tmp_path: Path, policy: Path, edgecode: Audit, year: str, key: Ed25519PrivateKey
) -> None:
    root = fork(tmp_path / "fork", year=year, key=key)
    cosigned(root / year)
    for given in ([root], [root, root / year], [root / year, root]):
        code, said = edgecode("audit", *given, "--policy", policy, "--no-rules")
        assert code == 2, said
        assert [line.startswith(NOT_WITNESSED) for line in lines(said, "Problem")] == [True]
    # A closed log that its witnesses did see needs no key that is known.
    cosigned(root)
    code, said = edgecode("audit", root, "--policy", policy, "--no-rules")
    assert code == 0, said


@pytest.mark.parametrize("apart", [False, True])
def test_the_end_of_a_closed_log_needs_its_own_witnesses_and_not_only_its_beginning(
    tmp_path: Path, policy: Path, edgecode: Audit, *, apart: bool
) -> None:
    root = fork(tmp_path / "fork")
    note = (publish(tmp_path / "x", old_entries(300)[:5], origin=OLD) / "checkpoint").read_text()
    cosigned(root, "checkpoint.witnessed", note)
    cosigned(root / "2027")
    given: Sequence[Path] = [root]
    if apart:
        (root / "shards").unlink()
        given = [root, (root / "2027").rename(tmp_path / "later")]
    code, said = edgecode("audit", *given, "--policy", policy, "--no-rules")
    assert code == 2, said
    told = f"{NOT_WITNESSED} the end of this log, which {NEW} goes on from"
    assert [line.startswith(told) for line in lines(said, "Problem")] == [True]


def renamed(folder: Path, year: str = "2031", *, opened: bool = True) -> Path:
    """A whole new history that calls itself a later log of the one that is known."""
    origin = f"{OLD}/{year}"
    first = [about_log("log.opened", year, 1, 0, origin=origin)] if opened else []
    publish(folder, [*first, *members(20, first=900)], origin=origin)
    return folder


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("year", ["2031", "1999"])
def test_no_first_log_is_named_like_a_later_one(
    tmp_path: Path, policy: Path, edgecode: Audit, year: str, *, opened: bool
) -> None:
    log = renamed(tmp_path / "log", year, opened=opened)
    cosigned(log)
    code, said = edgecode("audit", log, "--policy", policy, "--no-rules")
    assert code == 2, said
    told = f"{OLD}/{year} is named like a later log of {OLD}, and goes on from no other"
    assert [line.startswith(told) for line in lines(said, "Problem")] == [True]


def test_what_cannot_be_parsed_opens_and_closes_no_log(tmp_path: Path, edgecode: Audit) -> None:
    """Nobody has to replay the rules to see that."""
    log = publish(tmp_path / "log", [b"{}", *members(20)], origin=f"{OLD}/2031")
    code, said = edgecode("audit", log, "--vkey", log / "log.vkey", "--no-rules")
    assert (code, "its first entry is not shard.opened" in said) == (2, True)
    for number, entries in enumerate(([], [*old_entries(300)[:-1], b"{}"])):
        old = publish(tmp_path / f"{number}", entries, origin=OLD)
        publish(old / "2027", shard_entries("2027", old, 400), origin=NEW)
        write_list(old, "2027")
        state = ("--state", tmp_path / f"seen{number}")
        code, said = edgecode("audit", old, "--vkey", old / "log.vkey", "--no-rules", *state)
        assert (code, "whose last entry is not shard.closed" in said) == (2, True)


def test_a_receipt_says_where_its_log_is_trusted_for_its_name_only(
    tmp_path: Path, policy: Path, edgecode: Audit
) -> None:
    files = tmp_path / "7.tlog-proof", tmp_path / "7.json"
    files[1].write_bytes(member(7))
    for origin, told in ((OLD, 0), (f"{OLD}/2031", 1)):
        log = publish(tmp_path / "log", [member(7)], origin=origin)
        cosigned(log)
        files[0].write_text(str(Receipt(0, (), (log / "checkpoint").read_text())))
        code, said = edgecode("verify-receipt", files[0], "--entry", files[1], "--policy", policy)
        assert code == 0, said
        assert len(lines(said, "Name")) == told
        assert ("only an audit shows" in said) == bool(told)


def test_a_log_that_is_gone_from_its_address_is_missed(tmp_path: Path, edgecode: Audit) -> None:
    """Whatever signed log lies there now, and also when that was seen there once."""
    site, other = publish(tmp_path / "site", members(20), origin=OLD), "other.example"
    keys = (
        site / "log.vkey",
        publish(tmp_path / "x", [], origin=other, key=OTHER_KEY) / "log.vkey",
    )
    trusted = [part for key in keys for part in ("--vkey", key.read_text().strip())]
    with serving(site) as server:
        assert edgecode("audit", server.url, *trusted)[0] == 0
        publish(site, members(20, first=50), origin=other, key=OTHER_KEY)
        for address in (server.url, server.url.rstrip("/")):
            code, said = edgecode("audit", address, *trusted)
            assert code == 2, said
            assert f"{OLD}, seen here on" in lines(said, "Problem")[0]
        # At an address where neither was seen it is a log like any other.
        with serving(site) as elsewhere:
            assert edgecode("audit", elsewhere.url, *trusted)[0] == 0


def test_of_two_addresses_of_one_log_each_is_remembered(tmp_path: Path, edgecode: Audit) -> None:
    log, other = publish(tmp_path / "log", members(20), origin=OLD), tmp_path / "other"
    publish(other, members(9), origin="other.example", key=OTHER_KEY)
    trusted = ("--vkey", log / "log.vkey", "--vkey", other / "log.vkey")
    state = ("--state", tmp_path / "seen")
    with serving(log) as one, serving(log) as two:
        for _ in range(2):
            for server in (one, two):
                code, said = edgecode("audit", server.url, *trusted, *state)
                assert code == 0, said
    assert len((tmp_path / "seen").read_text().splitlines()) == 2
    assert lines(said, "Compared")[0].startswith("1 seen before")


def test_a_shard_that_no_list_names_any_more_is_missed(tmp_path: Path, edgecode: Audit) -> None:
    """The first log was wound back to before it was closed, for one who saw only the next."""
    root, state = fork(tmp_path / "site"), tmp_path / "seen"
    key = ("--vkey", root / "log.vkey", "--state", state, "--no-rules")
    with serving(root) as server:
        assert edgecode("audit", server.url, *key)[0] == 0
        state.write_text(
            "".join(line for line in state.read_text().splitlines(keepends=True) if NEW in line)
        )
        (root / "shards").unlink()
        publish(root, old_entries(300)[:5], origin=OLD)
        code, said = edgecode("audit", server.url, *key)
    assert code == 2, said
    assert f"{NEW}, seen on" in lines(said, "Problem")[0]


def test_a_shard_alone_tells_what_else_of_its_history_was_seen(
    tmp_path: Path, edgecode: Audit
) -> None:
    log = publish(tmp_path / "log", members(20), origin=OLD)
    assert edgecode("audit", log, "--vkey", log / "log.vkey")[0] == 0
    root = fork(tmp_path / "fork")
    (root / "shards").unlink()
    code, said = edgecode("audit", root / "2027", "--vkey", root / "log.vkey", "--no-rules")
    assert code == 0, said
    assert any(f"{OLD}, of the same history, was seen on" in line for line in lines(said, "Note"))


@pytest.mark.parametrize("year", ["1999", "2100", "9999"])
@pytest.mark.parametrize("is_one_file", [False, True])
def test_a_shard_of_any_year_is_remembered_as_one_of_its_history(
    tmp_path: Path, edgecode: Audit, year: str, *, is_one_file: bool
) -> None:
    root = fork(tmp_path / "fork", year=year)
    options: tuple[str | Path, ...] = ("--vkey", root / "log.vkey", "--no-rules")
    options += ("--state", tmp_path / "seen") if is_one_file else ()
    with serving(root) as server:
        assert edgecode("audit", server.url, *options)[0] == 0
        (root / "shards").unlink()
        (root / year / "checkpoint").unlink()
        publish(root, old_entries(300)[:5], origin=OLD)
        code, said = edgecode("audit", server.url, *options)
    assert code == 2, said
    assert any(line.startswith(f"{OLD}/{year}, seen on") for line in lines(said, "Problem"))


def test_a_mirror_of_another_log_is_left_alone(tmp_path: Path, edgecode: Audit) -> None:
    site, mirror = publish(tmp_path / "site", members(20), origin=OLD), tmp_path / "mirror"
    with serving(site) as server:
        first = ("--vkey", site / "log.vkey", "--state", tmp_path / "one", "--mirror", mirror)
        assert edgecode("audit", server.url, *first)[0] == 0
        before = (mirror / "checkpoint").read_bytes()
        publish(site, members(300, first=50), origin="other.example")
        second = ("--vkey", site / "log.vkey", "--state", tmp_path / "two", "--mirror", mirror)
        code, said = edgecode("audit", server.url, *second)
    assert code == 3, said
    assert f"the mirror is of another log, {OLD}" in lines(said, "Unreadable")[0]
    assert (mirror / "checkpoint").read_bytes() == before


def empty_note(origin: str) -> str:
    """What the log signed before it had an entry, and any witness cosigns."""
    return notes.sign(Checkpoint(origin, 0, merkle.EMPTY_ROOT).text, origin, KEY)


@pytest.mark.parametrize("which", ["", "2027"])
def test_who_cosigned_the_empty_log_saw_nothing_of_it(
    tmp_path: Path, policy: Path, edgecode: Audit, which: str
) -> None:
    root = fork(tmp_path / "fork")
    for folder in ("", "2027"):
        cosigned(root / folder)
    origin = checkpoint(root / which).origin
    (root / which / "checkpoint").write_text(notes.sign(checkpoint(root / which).text, origin, KEY))
    cosigned(root / which, "checkpoint.witnessed", empty_note(origin))
    code, said = edgecode("audit", root, "--policy", policy, "--no-rules")
    assert code == 2, said
    assert lines(said, "Problem") == [f"{NOT_WITNESSED} it"]


def test_an_empty_log_is_witnessed_as_it_is(tmp_path: Path, policy: Path, edgecode: Audit) -> None:
    log = publish(tmp_path / "log", [], origin=OLD)
    assert edgecode("audit", log, "--policy", policy)[0] == 2
    cosigned(log)
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 0, said
