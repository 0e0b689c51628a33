"""How old a log is, whose times are believed, and who signed: what an auditor may insist on."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from edgecode.log import notes
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import cosigner_key, verifier_key
from edgecode.log.leaf import Leaf
from tests.client.conftest import Audit
from tests.client.logs import (
    AT,
    KEY,
    ORIGIN,
    OTHER_KEY,
    VKEY,
    member,
    members,
    publish,
    send,
    serving,
)
from tests.client.test_audit_folder import lines

SECOND = MLDSA44PrivateKey.from_seed_bytes(bytes([5] * 32))
SECOND_VKEY = str(verifier_key(ORIGIN, SECOND))
MORE = [Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (6, 7)]
NAMES = {"W": OTHER_KEY, "X": MORE[0], "Y": MORE[1]}
NOT_WITNESSED = "checkpoint: the witnesses that the policy demands did not cosign it"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return publish(tmp_path / "log", members(300))


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Two of three witnesses are asked for."""
    keys = [f"witness {n} {cosigner_key(f'{n}.example', key)}\n" for n, key in NAMES.items()]
    path = tmp_path / "policy"
    path.write_text(f"log {VKEY}\n{''.join(keys)}group two 2 W X Y\nquorum two\n")
    return path


def cosigned(log: Path, times: dict[str, float], name: str = "checkpoint") -> None:
    """Witnesses cosign the checkpoint; it is kept under `name`."""
    note = (log / "checkpoint").read_text()
    note = note.partition("\n\n")[0] + "\n\n" + note.partition("\n\n")[2].splitlines()[0] + "\n"
    for witness, at in times.items():
        line = cosign(notes.note_text(note), f"{witness}.example", NAMES[witness], int(at))
        note += line
    (log / name).write_text(note)


def test_how_old_a_witnessed_log_may_be(log: Path, policy: Path, edgecode: Audit) -> None:
    now = time.time()
    # W alone saw it an hour ago: two of them did so no later than yesterday.
    cosigned(log, {"W": now - 3600, "X": now - 86_400, "Y": now - 90_000})
    assert edgecode("audit", log, "--policy", policy)[0] == 0
    assert edgecode("audit", log, "--policy", policy, "--max-age", "25h")[0] == 0
    page = log.with_name("report.html")
    code, said = edgecode("audit", log, "--policy", policy, "--max-age", "12h", "--report", page)
    assert code == 4
    assert "it was last witnessed on" in lines(said, "Stale")[0]
    assert "24 hours before this audit; 12 hours are allowed" in lines(said, "Stale")[0]
    assert lines(said, "Result")[0].startswith("STALE: the log is older than the auditor allows")
    assert "12 hours are allowed" in page.read_text()
    code, said = edgecode("audit", log, "--policy", policy, "--max-age", "12h", "--json")
    report = json.loads(said)
    assert (code, report["outcome"], report["exit_code"]) == (4, "stale", 4)
    assert len(report["logs"][0]["stale"]) == 1
    witnessed = datetime.fromtimestamp(int(now - 86_400), UTC)
    assert report["logs"][0]["witnessed_at"] == witnessed.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_without_witnesses_the_last_entry_says_how_old_a_log_is(
    tmp_path: Path, edgecode: Audit
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    log = publish(tmp_path, [member(0), member(1, at=now - timedelta(minutes=50))])
    code, said = edgecode("audit", log, "--vkey", VKEY, "--max-age", "2h")
    assert code == 0, said
    assert lines(said, "Age")[0].endswith("50 minutes before")
    code, said = edgecode("audit", log, "--vkey", VKEY, "--max-age", "45m")
    assert code == 4
    assert "its newest sign of life is of" in lines(said, "Stale")[0]
    empty = publish(tmp_path / "empty", [])
    fresh = ("--vkey", VKEY, "--state", tmp_path / "seen")
    assert edgecode("audit", empty, *fresh)[0] == 0
    code, said = edgecode("audit", empty, *fresh, "--max-age", "45m")
    assert (code, "nothing says how old it is" in said) == (4, True)


def test_how_many_entries_may_wait_for_witnesses(log: Path, policy: Path, edgecode: Audit) -> None:
    now = time.time()
    cosigned(log, {"W": now, "X": now}, "checkpoint.witnessed")
    publish(log, members(310))
    assert edgecode("audit", log, "--policy", policy, "--max-unwitnessed", "10")[0] == 0
    code, said = edgecode("audit", log, "--policy", policy, "--max-unwitnessed", "9")
    assert code == 4
    assert lines(said, "Stale") == ["the last 10 entries are not witnessed; 9 may be"]
    code, said = edgecode("audit", log, "--vkey", VKEY, "--max-unwitnessed", "9")
    assert (code, "asks for no witness" in said) == (64, True)


def grown(log: Path, policy: Path, seen: datetime, last: datetime) -> tuple[str | Path, ...]:
    """Witnesses saw one entry of the log; it goes on to a last entry that is dated so."""
    publish(log, [member(0)])
    cosigned(log, {"W": seen.timestamp(), "X": seen.timestamp()}, "checkpoint.witnessed")
    publish(log, [member(0), *members(298, first=900), member(2000, at=last)])
    log.with_name("seen").unlink(missing_ok=True)
    return "--policy", policy, "--state", log.with_name("seen")


def test_what_no_witness_saw_for_a_day_is_stale_unless_it_is_allowed(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    """Else a log might be another one from any beginning on that its witnesses once saw."""
    seen = AT + timedelta(days=3)
    for hours, code in ((24, 0), (25, 4)):
        options = grown(log, policy, seen, seen + timedelta(hours=hours))
        answer, said = edgecode("audit", log, *options)
        assert answer == code, said
    told = "the last 299 entries are not witnessed, and the last is dated 25 hours after what was"
    assert lines(said, "Stale") == [f"{told}; 24 hours are allowed"]
    for allowed, code in (("25h", 0), ("299", 0), ("298", 4), ("24h", 4), ("7d", 0)):
        assert edgecode("audit", log, *options, "--max-unwitnessed", allowed)[0] == code
    # Who asks for no witness has nobody to wait for.
    assert edgecode("audit", log, "--vkey", VKEY)[0] == 0


def test_a_log_at_an_address_is_as_old_as_the_day_it_is_shown(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    """Whoever serves a fork may date it as he likes."""
    seen = AT + timedelta(days=3)
    options = grown(log, policy, seen, seen + timedelta(minutes=5))
    assert edgecode("audit", log, *options)[0] == 0
    with serving(log) as server:
        code, said = edgecode("audit", server.url, *options)
        assert code == 4
        assert "not witnessed, and the log is shown" in lines(said, "Stale")[0]
        assert edgecode("audit", server.url, *options, "--max-unwitnessed", "299")[0] == 0
        # All of it was seen: then it may be as old as it likes.
        cosigned(log, {"W": seen.timestamp() + 600, "X": seen.timestamp() + 600})
        assert edgecode("audit", server.url, *options)[0] == 0


def test_what_is_wrong_besides_outweighs_the_age(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, [*members(3), b"{}"])
    assert edgecode("audit", log, "--vkey", VKEY, "--max-age", "1s")[0] == 1


@pytest.mark.parametrize("value", ["", "0h", "-1h", "1", "1.5h", "12 h", "99999999d", "１h"])
def test_a_duration_is_a_number_and_a_unit(log: Path, edgecode: Audit, value: str) -> None:
    code, said = edgecode("audit", log, "--vkey", VKEY, "--max-age", value)
    assert (code, "no duration, such as" in said or "expected one argument" in said) == (64, True)
    assert edgecode("audit", log, "--vkey", VKEY, "--max-unwitnessed", "-1")[0] == 64


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (lambda: time.time() + 3600, "which is yet to come"),
        (lambda: 2**62, "which is yet to come"),
        (lambda: AT.timestamp() - 3600, "which is before 2026-01-05T09:30:00Z"),
        (lambda: 1, "which is before 2026-01-05T09:30:00Z"),
    ],
)
def test_a_cosignature_of_an_absurd_time_does_not_count(
    log: Path, policy: Path, edgecode: Audit, at: Callable[[], float], why: str
) -> None:
    cosigned(log, {"W": time.time(), "X": at()})
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 2
    assert lines(said, "Problem") == [NOT_WITNESSED]
    assert lines(said, "Witnesses") == ["W of 3 that the policy knows; its quorum is NOT met"]
    (note,) = [line for line in lines(said, "Note") if "cosignature" in line]
    assert note.startswith("the cosignature of X does not count: it is of ")
    assert note.endswith(why)
    cosigned(log, {"W": time.time(), "X": at(), "Y": time.time() + 3})
    assert edgecode("audit", log, "--policy", policy)[0] == 0  # two are left


def test_a_witness_does_not_go_back_in_time(log: Path, policy: Path, edgecode: Audit) -> None:
    now = time.time()
    cosigned(log, {"W": now - 60, "X": now - 60})
    assert edgecode("audit", log, "--policy", policy)[0] == 0
    publish(log, members(310))
    cosigned(log, {"W": now - 7200, "X": now})
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 2
    assert lines(said, "Problem") == [NOT_WITNESSED]
    cosigned(log, {"W": now - 30, "X": now})
    assert edgecode("audit", log, "--policy", policy)[0] == 0


def test_a_receipt_that_was_witnessed_in_the_future_does_not_verify(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    entry = log.with_name("entry")
    entry.write_bytes(member(0))
    receipt = log.with_name("0.tlog-proof")
    publish(log, members(1))
    for late, code in ((0, 0), (3600, 2)):
        cosigned(log, {"W": time.time(), "X": time.time() + late})
        receipt.write_text(str(notes.Receipt(0, (), (log / "checkpoint").read_text())))
        end, said = edgecode("verify-receipt", receipt, "--entry", entry, "--policy", policy)
        assert end == code, said


def test_a_witnessed_checkpoint_that_contradicts_a_witnessed_one_is_found(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    """Also where the newest needs no second look, being witnessed itself."""
    now = time.time()
    for name, entries in (
        ("checkpoint.witnessed", members(200, first=1)),
        ("checkpoint", members(300)),
    ):
        publish(log, entries)
        cosigned(log, {"W": now, "X": now}, name)
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 2
    assert lines(said, "Problem")[0].endswith("the 200 entries signed in checkpoint.witnessed")
    assert edgecode("audit", log, "--vkey", VKEY)[0] == 2  # also for who asks for no witness
    (log / "checkpoint.witnessed").write_bytes(b"junk")
    code, said = edgecode("audit", log, "--policy", policy)
    assert (code, "checkpoint.witnessed: not a signed note" in said) == (2, True)


def test_a_witnessed_checkpoint_of_another_log_is_told(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    other = publish(log.with_name("other"), members(400), origin="other.example")
    (log / "checkpoint.witnessed").write_bytes((other / "checkpoint").read_bytes())
    vkey = str(verifier_key("other.example", KEY))
    code, said = edgecode("audit", log, "--vkey", VKEY, "--vkey", vkey)
    assert code == 2
    assert lines(said, "Problem") == ["checkpoint.witnessed: of another log, other.example"]
    assert lines(said, "Origin") == [ORIGIN]


def test_a_bucket_that_refuses_what_it_does_not_have(log: Path, edgecode: Audit) -> None:
    with serving(log) as server:
        server.answers["checkpoint.witnessed"] = lambda handler: send(handler, b"no", 403)
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 0, said


def test_who_of_two_keys_signed_is_told_and_both_may_be_demanded(
    log: Path, edgecode: Audit
) -> None:
    keys = ("--vkey", VKEY, "--vkey", SECOND_VKEY)
    assert edgecode("audit", log, "--vkey", VKEY, "--every-log-key")[0] == 0
    code, said = edgecode("audit", log, *keys)
    assert code == 0
    assert f"(ED25519); NOT by {ORIGIN}+" in lines(said, "Signed by")[0]
    assert lines(said, "Signed by")[0].endswith(" (ML_DSA_44), which the policy names")
    code, said = edgecode("audit", log, *keys, "--every-log-key")
    assert code == 2
    assert f"checkpoint: not signed by {SECOND_VKEY[:40]}" in lines(said, "Problem")[0]
    code, said = edgecode("audit", log, *keys, "--json")
    assert json.loads(said)["logs"][0]["not_signed_by"] == [SECOND_VKEY]
    note = (log / "checkpoint").read_text()
    line = cosign(notes.note_text(note), ORIGIN, SECOND, 0)
    (log / "checkpoint").write_text(note + line)
    code, said = edgecode("audit", log, *keys, "--every-log-key")
    assert code == 0, said
    assert "NOT by" not in lines(said, "Signed by")[0]


def key_entry(vkey: str, kind: str = "key.published", version: int = 1) -> bytes:
    sha256 = notes.parse_vkey(vkey).fingerprint
    data = {"purpose": "checkpoint", "algorithm": "ed25519", "sha256": sha256}
    return Leaf(
        kind=kind,
        stream=f"key:{sha256[:32]}",
        stream_version=version,
        actor="system:ledger",
        at=AT,
        data=data if version == 1 else {},
    ).encode()


def test_a_key_that_the_log_has_not_published_does_not_sign_it(
    tmp_path: Path, edgecode: Audit
) -> None:
    stolen = str(verifier_key(ORIGIN, OTHER_KEY))
    entries = [key_entry(VKEY), *members(20)]
    log = publish(tmp_path, entries)
    assert edgecode("audit", log, "--vkey", VKEY)[0] == 0
    publish(tmp_path, entries, key=OTHER_KEY)
    code, said = edgecode("audit", log, "--vkey", VKEY, "--vkey", stolen)
    assert code == 1
    assert lines(said, "Violation")[0].endswith("signs the log, which has not published that key")
    assert lines(said, "Violation")[0].startswith(f"R51, entry 20: {ORIGIN}+")
    # Both are published, and the first was retired long before the last entry.
    later = [member(number, at=AT + timedelta(hours=1)) for number in range(20, 30)]
    retired = [*entries, key_entry(stolen), key_entry(VKEY, "key.retired", 2)]
    assert edgecode("audit", publish(tmp_path / "b", retired), "--vkey", VKEY)[0] == 0
    after = publish(tmp_path / "c", [*retired, *later])
    code, said = edgecode("audit", after, "--vkey", VKEY)
    assert code == 1
    assert "which retired it" in lines(said, "Violation")[0]
    assert (
        edgecode("audit", publish(after, [*retired, *later], key=OTHER_KEY), "--vkey", stolen)[0]
        == 0
    )


def test_an_entry_from_the_future_is_a_violation(tmp_path: Path, edgecode: Audit) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    soon = member(2, at=now + timedelta(minutes=9))
    late = member(2, at=now + timedelta(minutes=12))
    assert edgecode("audit", publish(tmp_path, [*members(2), soon]), "--vkey", VKEY)[0] == 0
    log = publish(tmp_path / "late", [*members(2), late, member(3)])
    code, said = edgecode("audit", log, "--vkey", VKEY, "--state", tmp_path / "seen")
    assert code == 1
    (violation,) = lines(said, "Violation")  # and none for the entry after it, which is in order
    assert violation.startswith("R52, entry 2: organisation:C0000002: is dated ")
