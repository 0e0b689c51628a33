import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.utils import translation

from provenance import inspect_child
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signing import Signing
from provenance.trust import pki
from provenance.verification.findings import Finding, concerns_content
from provenance.verification.host import HOST
from provenance.verification.inspection import Inspection, Integrity, Trust, inspect
from tests.provenance import emitted
from tests.provenance.film import bunny
from tests.provenance.media import MADE
from tests.provenance.test_signing import DEFINITION, flip

MP4 = "video/mp4"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The last page that another test asked for may have been in another language."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("film") / "bunny.mp4"
    sign_embedded(DEFINITION, MP4, bunny(), target)
    return target


def found(inspection: Inspection) -> set[str]:
    return {finding.code for finding in inspection.findings}


def test_our_film_is_intact_and_says_what_was_granted(film: Path) -> None:
    seen = inspect(film, mime=MP4)

    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.EDGECODE_DEVELOPMENT)
    assert (seen.has_manifest, seen.found_in, seen.findings) == (True, "file", ())
    assert seen.file_sha256 == hashlib.sha256(film.read_bytes()).hexdigest()
    assert seen.file_size == film.stat().st_size
    assert seen.grant is not None
    assert seen.grant["licensee"] == {"code": "QRSTVWXY", "name": "Lumen Lab"}
    assert [consent["consent"] for consent in seen.consents] == ["JKMNPQRS"]
    assert seen.training_mining is not None
    assert seen.training_mining["entries"]["cawg.data_mining"] == {"use": "notAllowed"}
    assert [action["action"] for action in seen.actions] == ["c2pa.created"]
    assert seen.title == "Big Buck Bunny"


def test_the_report_names_the_certificate_and_the_time(film: Path) -> None:
    seen = inspect(film, mime=MP4)

    assert seen.signer is not None
    assert seen.signer.certificate_sha256 == pki.fingerprints()["claim_signer"]
    assert seen.signer.common_name == "Edgecode Development Signer, NOT TRUSTED"
    assert seen.signer.issuer == "Edgecode Development Issuer, NOT TRUSTED"
    assert seen.signer.algorithm == "ES256"
    assert seen.time_stamp is not None
    assert seen.time_stamp.trusted
    assert seen.time_stamp.authority == "Edgecode Development Time, NOT TRUSTED"


def test_the_report_is_json(film: Path) -> None:
    flipped = inspect(flip(film, film.stat().st_size // 2), mime=MP4)
    plain = json.loads(json.dumps(flipped.as_json()))

    assert plain["integrity"] == "altered"
    assert plain["has_manifest"] is True
    assert plain["findings"][0]["reason"].startswith("The hash of the content is not the one")
    assert plain["raw"]["validation_state"] == "Invalid"


def test_one_flipped_byte_is_an_altered_film(film: Path) -> None:
    seen = inspect(flip(film, film.stat().st_size // 2), mime=MP4)

    assert (seen.integrity, seen.trust) == (Integrity.ALTERED, Trust.NOBODY)
    assert "assertion.bmffHash.mismatch" in found(seen)


@pytest.mark.parametrize("mime", ["text/plain", "audio/mpeg", "application/x-subrip"])
def test_a_sidecar_is_judged_with_its_file(mime: str, tmp_path: Path) -> None:
    file, sidecar = tmp_path / "file", tmp_path / "file.c2pa"
    file.write_bytes(b"any bytes at all")
    digest = hashlib.sha256(b"any bytes at all").hexdigest()
    sidecar.write_bytes(Signing().beside(DEFINITION, digest).manifest)
    intact = inspect(file, mime=mime, sidecar=sidecar)
    file.write_bytes(b"any bytes at ale")
    altered = inspect(file, mime=mime, sidecar=sidecar)

    assert (intact.integrity, intact.found_in) == (Integrity.INTACT, "sidecar")
    assert intact.trust == Trust.EDGECODE_DEVELOPMENT
    assert (altered.integrity, found(altered)) == (
        Integrity.ALTERED,
        {"assertion.dataHash.mismatch"},
    )


@pytest.mark.parametrize("content", [b"", b"plain words", b"\x89PNG\r\n\x1a\n"])
def test_a_file_without_a_manifest_is_unsigned_or_damaged_never_wrong(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    seen = inspect(file, mime="image/png")

    assert seen.integrity in {Integrity.UNSIGNED, Integrity.UNREADABLE}
    assert (seen.has_manifest, seen.trust, seen.signer) == (False, Trust.NOBODY, None)


def test_film_as_it_came_is_unsigned() -> None:
    assert inspect(bunny(), mime=MP4).integrity == Integrity.UNSIGNED


def test_a_wrong_name_does_not_hide_the_manifest(film: Path) -> None:
    assert inspect(film, mime="image/jpeg").integrity == Integrity.INTACT


@pytest.mark.django_db
@pytest.mark.parametrize("mime", sorted(MADE))
def test_the_newest_manifest_beside_a_file_is_judged_whatever_the_file_is_called(
    mime: str, tmp_path: Path
) -> None:
    renewed = emitted.renewed(mime)
    assert renewed.sidecar is not None
    file, sidecar = tmp_path / "file", tmp_path / "file.c2pa"
    file.write_bytes(renewed.content)
    sidecar.write_bytes(renewed.sidecar)
    for called in ("", "application/octet-stream", "image/jpeg", "audio/wav"):
        seen = inspect(file, mime=called, sidecar=sidecar)
        assert (seen.integrity, seen.found_in) == (Integrity.INTACT, "sidecar"), called
        assert inspect(file, mime=called).integrity == Integrity.INTACT, called


@pytest.mark.parametrize("content", [b"noise", bytes(5000), b"\0\0\0\x20jumb" * 99])
def test_a_sidecar_that_is_none_is_unreadable_and_its_file_is_not(
    content: bytes, film: Path, tmp_path: Path
) -> None:
    sidecar = tmp_path / "noise.c2pa"
    sidecar.write_bytes(content)
    for file in (bunny(), film):
        seen = inspect(file, mime=MP4, sidecar=sidecar)
        assert (seen.has_manifest, seen.trust) == (False, Trust.NOBODY)
        assert (seen.integrity, found(seen)) == (
            Integrity.UNREADABLE, {"edgecode.sidecar.failed"},
        )  # fmt: skip


def signed_by(signer: pki.Identity, folder: Path) -> tuple[Path, Path]:
    """Return a file and its sidecar, signed by `signer` and stamped by nobody."""
    engine = Engine(signer, Anchors(pki.claim_anchor_pem(), ""))
    file, sidecar = folder / "file.txt", folder / "file.c2pa"
    file.write_bytes(b"content")
    signed = engine.beside(DEFINITION, b"content")
    sidecar.write_bytes(signed.manifest)
    return file, sidecar


def test_a_stranger_who_calls_himself_edgecode_is_nobody(tmp_path: Path) -> None:
    root = pki.issue_root("Edgecode Development Root, NOT TRUSTED", path_length=0)
    file, sidecar = signed_by(pki.issue_claim_signer(root), tmp_path)
    seen = inspect(file, mime="text/plain", sidecar=sidecar)

    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.NOBODY)
    assert found(seen) == {"signingCredential.untrusted"}
    assert str(seen.findings[0].reason) == "Nobody we know vouches for the signer."
    assert seen.time_stamp is None


def test_the_time_root_vouches_for_no_claim(tmp_path: Path) -> None:
    """The reader says "Trusted" of a claim signed under any list; we must not."""
    file, sidecar = signed_by(pki.issue_claim_signer(pki._time_root()), tmp_path)
    seen = inspect(file, mime="text/plain", sidecar=sidecar)

    assert seen.raw is not None
    assert seen.raw["validation_state"] == "Trusted"
    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.NOBODY)


def test_many_files_at_once_each_get_their_own_answer(film: Path, tmp_path: Path) -> None:
    altered = flip(film, film.stat().st_size // 2)
    files = [film, altered, bunny()] * 4
    with ThreadPoolExecutor(6) as pool:
        seen = [each.integrity for each in pool.map(lambda file: inspect(file, mime=MP4), files)]

    assert seen == [Integrity.INTACT, Integrity.ALTERED, Integrity.UNSIGNED] * 4


def test_a_killed_inspecting_process_is_started_again(film: Path) -> None:
    inspect(film, mime=MP4)
    assert HOST._process is not None
    os.kill(HOST._process.pid, signal.SIGKILL)

    assert inspect(film, mime=MP4).integrity == Integrity.INTACT


def test_a_file_that_needs_too_much_is_given_up(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.verification.inspection._MEMORY_BYTES", 2**20)
    seen = inspect(film, mime=MP4)

    assert seen.integrity == Integrity.UNREADABLE
    assert found(seen) <= {"edgecode.reader.stopped", "edgecode.reader.failed"}


ALICE, BOB = "organisation:ALICE", "organisation:BOB"


@pytest.fixture
def fresh_host() -> Iterator[None]:
    HOST.close()
    yield
    HOST.close()


def children() -> set[int]:
    """Return the process ids of all that read files or wait for one."""
    assert HOST._process is not None
    command = ["pgrep", "-P", str(HOST._process.pid)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return {int(line) for line in said.split()}


def settled(is_settled: Callable[[set[int]], bool]) -> set[int]:
    """Return the children once they are as expected; spares are made after the answer."""
    deadline = time.monotonic() + 20
    while not is_settled(now := children()):
        assert time.monotonic() < deadline, f"children: {now}"
        time.sleep(0.01)
    return now


def child_of(caller: str, film: Path) -> int:
    """Return the child kept for `caller`: the one that two strangers' files leave alive."""
    inspect(film, mime=MP4, caller=caller)
    alive = settled(lambda now: len(now) == 3)  # this one, and two spares
    inspect(film, mime=MP4)
    then = settled(lambda now: len(now) == 3 and now != alive)
    inspect(film, mime=MP4)
    [pid] = alive & settled(lambda now: len(now) == 3 and now != then)
    return pid


@pytest.mark.usefixtures("fresh_host")
def test_a_caller_gets_the_same_child_again_and_a_stranger_never(film: Path) -> None:
    pid = child_of(ALICE, film)
    before = children()
    for _ in range(3):
        assert inspect(film, mime=MP4, caller=ALICE).integrity == Integrity.INTACT
    assert children() == before

    inspect(film, mime=MP4)
    after = settled(lambda now: len(now) == 3 and now != before)
    assert pid in after
    assert len(before - after) == 1  # the stranger's, ended with its file


@pytest.mark.usefixtures("fresh_host")
def test_two_organisations_never_share_a_child(film: Path) -> None:
    alice = child_of(ALICE, film)
    before = children()
    inspect(film, mime=MP4, caller=BOB)
    both = settled(lambda now: len(now) == 4)
    assert before < both  # a spare became Bob's, and another took its place
    os.kill(alice, signal.SIGSTOP)
    try:  # Bob does not wait for Alice's
        assert inspect(film, mime=MP4, caller=BOB).integrity == Integrity.INTACT
        assert children() == both
    finally:
        os.kill(alice, signal.SIGKILL)


@pytest.mark.usefixtures("fresh_host")
def test_two_files_of_one_caller_at_once_have_a_child_each(film: Path) -> None:
    altered = flip(film, film.stat().st_size // 2)
    with ThreadPoolExecutor(4) as pool:
        seen = pool.map(lambda file: inspect(file, mime=MP4, caller=ALICE), [film, altered] * 6)
        found_ = [each.integrity for each in seen]

    assert found_ == [Integrity.INTACT, Integrity.ALTERED] * 6
    settled(lambda now: 3 <= len(now) <= 6)  # at most four kept, and two spares


@pytest.mark.usefixtures("fresh_host")
def test_a_kept_child_that_was_killed_is_replaced(film: Path) -> None:
    pid = child_of(ALICE, film)
    os.kill(pid, signal.SIGKILL)
    settled(lambda now: pid not in now)

    assert inspect(film, mime=MP4, caller=ALICE).integrity == Integrity.INTACT


@pytest.mark.usefixtures("fresh_host")
def test_a_kept_child_that_hangs_is_given_up_and_replaced(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = child_of(ALICE, film)
    os.kill(pid, signal.SIGSTOP)
    try:
        with monkeypatch.context() as patch:
            patch.setattr("provenance.verification.inspection._WALL_SECONDS", 0)
            patch.setattr("edgecode.verify.host._GRACE_SECONDS", 0.3)
            assert found(inspect(film, mime=MP4, caller=ALICE)) == {"edgecode.reader.stopped"}

        assert inspect(film, mime=MP4, caller=ALICE).integrity == Integrity.INTACT
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "darwin", reason="no limit of address space there")
@pytest.mark.usefixtures("fresh_host")
def test_memory_is_limited_for_the_second_file_too(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.c2pa"
    large.write_bytes(bytes(24 * 2**20))
    pid = child_of(ALICE, film)
    with monkeypatch.context() as patch:
        patch.setattr("provenance.verification.inspection._MEMORY_BYTES", 2**20)
        seen = inspect(film, mime=MP4, sidecar=large, caller=ALICE)

    assert found(seen) == {"edgecode.reader.stopped"}
    assert inspect(film, mime=MP4, caller=ALICE).integrity == Integrity.INTACT
    assert pid not in children()


def test_processor_time_is_counted_for_each_file() -> None:
    """The system counts a process's whole life: what earlier files took must not be missing."""
    program = """
import resource, time
from provenance import inspect_child
while time.process_time() < 1.1: pass
limits = {"wall_seconds": 60, "cpu_seconds": 1, "memory_bytes": 2**40}
inspect_child._limit(limits)
print(resource.getrlimit(resource.RLIMIT_CPU)[0], flush=True)
while True: pass
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert int(ended.stdout) in {3, 4}  # two seconds begun or three, and one more
    assert ended.returncode == -signal.SIGXCPU


@pytest.mark.usefixtures("fresh_host")
def test_a_child_that_met_an_unreadable_file_is_not_kept(film: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise.c2pa"
    noise.write_bytes(b"noise")
    pid = child_of(ALICE, film)
    seen = inspect(film, mime=MP4, sidecar=noise, caller=ALICE)

    assert seen.integrity == Integrity.UNREADABLE
    settled(lambda now: pid not in now)


@pytest.mark.usefixtures("fresh_host")
def test_a_child_is_kept_for_fifty_files(film: Path) -> None:
    pid = child_of(ALICE, film)
    for _ in range(48):
        inspect(film, mime=MP4, caller=ALICE)
    assert pid in children()
    inspect(film, mime=MP4, caller=ALICE)

    assert inspect(film, mime=MP4, caller=ALICE).integrity == Integrity.INTACT
    settled(lambda now: pid not in now)


def test_a_child_is_kept_for_a_minute_and_no_more_than_four_are() -> None:
    control, theirs = socket.socketpair()
    with control, theirs:
        children_ = inspect_child._Children(control)
        now = time.monotonic()
        links = [socket.socketpair() for _ in range(7)]
        ages = (61.0, 1.0, 2.0, 3.0, 4.0, 5.0, None)  # None: it reads a file
        children_._taken = [
            inspect_child._Child(link, ALICE, None if age is None else now - age)
            for (link, _), age in zip(links, ages, strict=True)
        ]
        theirs.sendall(b"request")
        children_.wait()
        kept = [child.link.fileno() >= 0 for child in children_._taken]
        ended = [link.fileno() < 0 for link, _ in links]
    for pair in links:
        for end in pair:
            end.close()

    assert ended == [True, False, False, False, False, True, False]
    assert kept == [True] * 5


@pytest.mark.parametrize(
    ("code", "content", "reason"),
    [
        ("assertion.boxesHash.mismatch", True, "The hash of the content is not the one that was"),
        ("claimSignature.mismatch", True, "The signature does not belong to this manifest."),
        ("timeStamp.malformed", False, "The time stamp is damaged or does not belong to this"),
        ("cawg.x509.signature.mismatch", False, "A further identity in the manifest could not"),
        ("signingCredential.expired", False, "The signer's certificate was not valid at the time"),
        ("algorithm.unsupported", True, "The manifest breaks a rule of its standard."),
    ],
)
def test_each_failure_has_a_plain_reason(code: str, reason: str, *, content: bool) -> None:
    assert concerns_content(code) is content
    assert str(Finding(code).reason).startswith(reason)
