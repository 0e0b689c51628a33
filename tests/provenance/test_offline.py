"""A stranger with nothing but the client, the bundle of trust and the file."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.utils import timezone

from edgecode.command import main
from edgecode.verify import Reader, verify
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from provenance import status_lists
from provenance.c2pa_sdk.signing import Signing
from provenance.credentials import facts, files, preparing
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from provenance.trust import pki
from provenance.trust.bundle import trust_bundle
from tests import factories
from tests.hostile.forged import forged_sidecar
from tests.hostile.test_borrowed_names import forged
from tests.provenance import licensed
from tests.provenance.delivered import Delivered, licence, saved
from tests.provenance.test_verification import signed_when_over

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

licensed_words, words = licensed.licensed_words, licensed.words

CLIENT = Path(__file__).resolve().parent.parent.parent / "client"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "trust-bundle.pem"
    path.write_text(trust_bundle())
    return path


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's wheel in a virtual environment of its own; return its Python.

    What it needs of others is taken from where the tests run: nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("stranger")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CLIENT, check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=False)
    home = next((folder / "venv" / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(home)
    # Only the folder: what is installed there for development stays unknown.
    (home / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "venv" / "bin" / "python"


def _without_network() -> None:
    with suppress(OSError):  # where the system allows that
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)


def as_stranger(
    python: Path, arguments: Sequence[str | Path], folder: Path
) -> subprocess.CompletedProcess[str]:
    program = "import sys; from edgecode.command import main; sys.exit(main())"
    return subprocess.run(
        [str(python), "-I", "-c", program, "verify", *map(str, arguments)],
        cwd=folder,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=_without_network if sys.platform == "linux" else None,
    )


@cache
def _reader() -> Reader:
    reader = Reader()
    atexit.register(reader.__exit__)
    return reader


def verified(
    capsys: pytest.CaptureFixture[str], file: Path, *arguments: str | Path
) -> tuple[int, Any]:
    """Run the program here; return its exit code and what it says as JSON. One process reads all
    that is asked about so: to start one costs more than to read a file."""
    capsys.readouterr()
    with patch("edgecode.verify.command.verify", partial(verify, reader=_reader())):
        code = main(["verify", str(file), *map(str, arguments), "--json"])
    said = capsys.readouterr().out
    return code, json.loads(said) if said else {}


def outcomes(said: Any) -> dict[str, str]:
    return {check["id"]: check["outcome"] for check in said["checks"]}


def test_a_stranger_verifies_what_was_delivered_with_the_client_alone(
    installed: Path, words: Delivered, bundle: Path, tmp_path: Path
) -> None:
    film = Delivered(licence(words.studio, factories.offered_film(words.studio)), tmp_path)
    bundle.write_text(trust_bundle())
    assert words.sidecar is not None
    beside = as_stranger(
        installed, [words.file, "--sidecar", words.sidecar, "--trust", bundle], tmp_path
    )
    assert (beside.returncode, beside.stderr) == (0, ""), beside.stdout
    inside = as_stranger(installed, [film.file, "--trust", bundle, "--lang", "ko"], tmp_path)
    assert (inside.returncode, inside.stderr) == (0, ""), inside.stdout
    assert inside.stdout.startswith("이 파일은 서명된 그대로이고")

    where = as_stranger(installed, ["-h"], tmp_path)
    assert where.returncode == 0
    flipped = bytearray(film.file.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    film.file.write_bytes(flipped)
    altered = as_stranger(installed, [film.file, "--trust", bundle], tmp_path)
    assert (altered.returncode, altered.stdout.splitlines()[0]) == (
        1,
        "This file was changed after it was signed.",
    )


def test_each_question_has_an_answer_of_its_own(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words.sidecar is not None
    code, said = verified(capsys, words.file, "--sidecar", words.sidecar, "--trust", bundle)

    assert (code, said["verdict"]) == (0, "licensed")
    assert outcomes(said) == {
        "integrity": "ok",
        "signer": "warning",  # of a development authority, and it says so
        "time": "warning",
        "hash": "ok",
        "identity": "warning",
        "term": "ok",
        "log": "ok",
    }
    assert said["grant"]["grant"] == words.grant.code
    assert words.grant.licensee.name in json.dumps(said["checks"])


def test_the_time_that_is_asked_about_decides(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words.sidecar is not None
    beside = ("--sidecar", words.sidecar, "--trust", bundle, "--at")
    issued = words.grant.issued_at
    with time_machine.travel(factories.ENDS + timedelta(days=1)):
        for at, expected in (
            (factories.STARTS - timedelta(seconds=1), (1, "not_in_force")),
            (issued - timedelta(minutes=1), (1, "not_in_force")),  # within the term, but before
            (issued + timedelta(minutes=1), (0, "licensed")),
            (factories.ENDS - timedelta(seconds=1), (0, "licensed")),
            (factories.ENDS, (1, "not_in_force")),
        ):
            code, said = verified(capsys, words.file, *beside, at.isoformat())
            assert (code, said["verdict"]) == expected, at


def test_of_a_time_to_come_nothing_is_said(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(words.file), "--trust", str(bundle), "--at", ahead])
    assert ended.value.code == 64
    assert "ask about the past" in capsys.readouterr().err
    with pytest.raises(ValueError, match="ask about the past"):
        verify(words.file, at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize("signer", ["another", "of the licensor"])
def test_the_licensor_itself_must_have_signed_the_licence(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str], signer: str
) -> None:
    code = words.grant.licensor.code if signer == "of the licensor" else "0123456G"
    made = facts.Definitions().of(words.credential.granted_asset)
    digest = words.credential.file_sha256
    store = Signing().beside(made, digest, pki.licensor_identity(code, "Halcyon")).manifest
    sidecar = words.folder / "other.c2pa"
    sidecar.write_bytes(store)
    code_, said = verified(capsys, words.file, "--sidecar", sidecar, "--trust", bundle)
    expected = (1, "disputed", "failed") if signer == "another" else (0, "licensed", "warning")
    assert (code_, said["verdict"], outcomes(said)["identity"]) == expected


def test_a_licensors_certificate_that_has_ended_takes_nothing_from_the_licence(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sidecar = words.folder / "other.c2pa"
    sidecar.write_bytes(signed_when_over(words).manifest)
    beside = ("--sidecar", sidecar, "--trust", bundle)
    code, said = verified(capsys, words.file, *beside)
    told = next(check for check in said["checks"] if check["id"] == "identity")
    assert (code, said["verdict"], told["outcome"]) == (0, "licensed", "unknown")
    assert "a certificate that is not valid now" in told["text"]


@pytest.mark.parametrize("form", ["com.edgecode.grant/99", "com.example.grant/3", None])
def test_a_licence_in_an_unknown_form_is_not_taken_for_one(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str], form: str | None
) -> None:
    sidecar = forged_sidecar(words, {"schema": form})
    code, said = verified(capsys, words.file, "--sidecar", sidecar, "--trust", bundle)
    assert (code, said["verdict"], outcomes(said)["grant"]) == (2, "unproven", "unknown")


def test_what_the_licence_leaves_out_is_told_and_leaves_the_rest_licensed(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asset = {"code": words.credential.granted_asset.asset.code, "sha256": "0" * 64}
    asset |= {"range": {"from_ms": 61_000, "to_ms": 3_600_500}}
    passages = [{"element": "music", "at": "00:00:02-00:00:03.500"}, {"element": "music"}]
    sidecar = forged_sidecar(words, {"asset": asset, "left_out": passages})
    beside = ("--sidecar", sidecar, "--trust", bundle)
    code, said = verified(capsys, words.file, *beside)
    texts = {check["id"]: f"{check['outcome']} {check['text']}" for check in said["checks"]}
    assert (code, said["verdict"]) == (0, "licensed")
    assert texts["part"] == "ok A part of a licensed file: 00:01:01.000 to 01:00:00.500 of it."
    named = "music (00:00:02-00:00:03.500); music (in the sound)"
    assert texts["extent"].startswith(
        f"warning The licence does not extend to parts of it: {named}."
    )
    _code, said = verified(capsys, words.file, *beside, "--lang", "ko")
    assert "음악 (소리)" in next(each for each in said["checks"] if each["id"] == "extent")["text"]


def test_a_licence_is_told_in_words_with_all_that_narrows_it_and_the_time(
    words: Delivered, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    narrowed = {
        "uses": ["train.finetune", "evaluate"],
        "model_kinds": ["open_weights"],
        "territory": {"include": ["WORLD"], "except": ["KR", "DE"]},
        "exclusivity": "sole",
        "end": None,
    }
    sidecar = forged_sidecar(words, narrowed)
    beside = ["--sidecar", str(sidecar), "--trust", str(bundle)]
    at = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    for language, told in (
        ("en", ("fine-tuning; evaluation", "model with open weights", "sole", "ends: never",
                "the whole world except South Korea, Germany")),
        ("ko", ("미세 조정; 성능 평가", "가중치 공개 모델", "단독", "대한민국, 독일 제외 전 세계")),
    ):  # fmt: skip
        capsys.readouterr()
        assert main(["verify", str(words.file), *beside, "--at", at, "--lang", language]) == 0
        said = capsys.readouterr().out
        assert at.replace("T", " ").replace("Z", " UTC") in said.splitlines()[1]
        term = next(line for line in said.splitlines() if words.grant.code in line)
        assert [each for each in told if each not in term] == []
        assert "train." not in said


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_credential_that_was_not_named_is_told_from_none(
    words: Delivered,
    bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    language: str,
) -> None:
    assert words.sidecar is not None
    how = ("--trust", bundle, "--lang", language)
    for name, beside in (
        ("words.srt", "words.srt.c2pa"),
        ("words.srt", "words.c2pa"),
        ("x" * 252, None),  # no name is left for one beside it
    ):
        file = tmp_path / name
        file.write_bytes(words.file.read_bytes())
        other = tmp_path / (beside or "other.c2pa")
        other.write_bytes(words.sidecar.read_bytes())
        code, said = verified(capsys, file, *how)
        expected = "credential.beside" if beside else "credential.none"
        [check] = said["checks"]
        assert (code, said["verdict"], check["said"]) == (1, "unsigned", expected)
        assert (beside or "") in check["text"]
        other.unlink()
    code, said = verified(capsys, words.sidecar, *how)
    assert (code, said["checks"][0]["said"]) == (1, "credential.alone")
    nothing = {"en": "It proves nothing.", "ko": "증명하는 것이 없습니다."}
    assert said["proves"] == nothing[language]


def test_a_status_list_tells_of_a_revocation(
    words: Delivered, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words.sidecar is not None
    number = status_lists.numbers()[0]
    listed = tmp_path / "list"

    def told(*options: str) -> tuple[int, Any]:
        status_lists.etag_of(number)
        listed.write_text(status_lists.token_of(number))
        beside = ("--sidecar", words.sidecar or "", "--trust", bundle, "--status", listed)
        return verified(capsys, words.file, *beside, *options)

    code, said = told()
    assert (code, outcomes(said)["status"]) == (0, "ok")
    before = timezone.now()
    revoke_grant(actor=words.studio, code=words.grant.code, reason="Wrong cut.")
    status_lists.StatusList.objects.update(checked_at=timezone.now() - timedelta(minutes=1))
    code, said = told()
    assert (code, said["verdict"], outcomes(said)["status"]) == (1, "not_in_force", "failed")
    assert "the grant" not in said["does_not_prove"]
    # It says no more than that it has ended by then, and of an hour later not since when.
    with time_machine.travel(before + timedelta(hours=1), tick=False):
        status_lists.StatusList.objects.update(checked_at=before)
        code, said = told("--at", before.isoformat())
    assert (code, said["verdict"], outcomes(said)["status"]) == (2, "unproven", "unknown")
    token = listed.read_bytes()
    listed.write_bytes(token[:-20] + b"A" * 20)
    code, said = verified(
        capsys, words.file, "--sidecar", words.sidecar, "--trust", bundle, "--status", listed
    )
    assert (code, said["verdict"], outcomes(said)["status"]) == (2, "unproven", "unknown")


def test_who_is_trusted_for_nothing_vouches_for_nothing(
    words: Delivered, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of root is believed for its purpose alone."""
    assert words.sidecar is not None
    parts = dict.fromkeys(("claims", "times", "identities"), "")
    kind, log = "", ""
    for line in trust_bundle().splitlines(keepends=True):
        if line.strip() in parts:
            kind = line.strip()
        elif line.startswith("log "):
            log += line
        elif kind:
            parts[kind] += line

    def told(text: str) -> tuple[int, str, dict[str, str]]:
        bundle.write_text(text)
        code, said = verified(
            capsys, words.file, "--sidecar", words.sidecar or "", "--trust", bundle
        )
        return code, said["verdict"], outcomes(said)

    for wrong in ("times", "identities"):  # a plain PEM file holds roots of claims
        code, verdict, _ = told(f"{parts[wrong]}{log}")
        assert (code, verdict) == (1, "stranger")
        code, verdict, _ = told(f"{wrong}\n{parts['claims']}{log}")
        assert (code, verdict) == (1, "stranger")
    code, verdict, said = told(f"claims\n{parts['claims']}{log}")
    assert (code, verdict) == (0, "licensed")
    assert (said["identity"], said["time"]) == ("unknown", "warning")
    code, verdict, said = told(f"claims\n{parts['claims']}identities\n{parts['times']}{log}")
    assert said["identity"] == "unknown"
    code, verdict, said = told(f"claims\n{parts['claims']}times\n{parts['identities']}{log}")
    assert (said["identity"], said["time"]) == ("unknown", "warning")
    code, verdict, said = told(f"claims\n{parts['claims']}")
    assert (code, verdict, said["log"]) == (2, "unproven", "unknown")
    # One root for two purposes is a mistake of whoever wrote the file, or a trap.
    bundle.write_text(f"claims\n{parts['claims']}times\n{parts['claims']}")
    assert main(["verify", str(words.file), "--trust", str(bundle)]) == 2
    assert "one root stands for claims and for times" in capsys.readouterr().err


def test_nothing_is_taken_from_another_grants_receipt(
    words: Delivered, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Our own key under a credential that shows the entry of somebody else's grant."""
    other = factories.offered_words(words.studio, name="Other")
    folder = tmp_path / "other"
    folder.mkdir()
    theirs = Delivered(licence(words.studio, other), folder)
    bundle.write_text(trust_bundle())
    for change in (
        {"ledger": {"from": theirs.credential}},
        {"ledger": {}},
        {"grant": theirs.grant.code},
        {"ledger": {"origin": "elsewhere.example/log"}},
    ):
        sidecar = forged_sidecar(words, change)
        code, said = verified(capsys, words.file, "--sidecar", sidecar, "--trust", bundle)
        assert code != 0, change
        assert said["verdict"] in {"disputed", "unproven"}


def test_one_licensees_credential_does_not_hide_anothers_inside_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both stand on one film, whose place they share: either is intact beside the other's copy."""
    studio = factories.studio()
    film = factories.offered_film(studio)
    grants = [factories.grant(studio, factories.lab(), [film]) for _ in range(2)]
    advance()
    while sign_pending():
        pass
    theirs, own = (Credential.objects.get(granted_asset__grant=each) for each in grants)
    copy, sidecar = saved(theirs, tmp_path / "film.mp4"), tmp_path / "own.c2pa"
    sidecar.write_bytes(files.inside(own))
    bundle = tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())
    content = copy.read_bytes()
    filling = content.index(bytes(4000), 0, 40_000) + 1000
    name = own.manifest_id.encode()
    for changed in (content, content[:filling] + name + content[filling + len(name) :]):
        copy.write_bytes(changed)
        code, said = verified(capsys, copy, "--sidecar", sidecar, "--trust", bundle)
        assert (code, said["verdict"], outcomes(said)["inside"]) == (1, "disputed", "failed")
        assert theirs.manifest_id in json.dumps(said["checks"])
    sidecar.write_bytes(files.inside(theirs))  # its own, given once more
    copy.write_bytes(content)
    code, said = verified(capsys, copy, "--sidecar", sidecar, "--trust", bundle)
    assert (code, said["verdict"], "inside" in outcomes(said)) == (0, "licensed", False)
    assert theirs.prepared is not None
    place = preparing.place_of(theirs.prepared)
    namesake = place.encoded(forged(theirs.manifest_id, b"-"))
    copy.write_bytes(content[: place.offset] + namesake + content[place.offset + place.length :])
    code, said = verified(capsys, copy, "--sidecar", sidecar, "--trust", bundle)
    assert (code, outcomes(said).get("inside")) == (1, "failed")


def test_a_file_that_cannot_be_read_is_told_in_one_line(
    words: Delivered, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file, trust in ((tmp_path / "nothing", bundle), (words.file, tmp_path / "nothing")):
        assert main(["verify", str(file), "--trust", str(trust)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["verify", str(words.file)]) == 2  # nobody to trust
    assert "nobody was named to trust" in capsys.readouterr().err


def test_a_program_is_told_as_json_that_something_cannot_be_read(
    words: Delivered, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "nothing"
    sidecar = ("--sidecar", words.sidecar, "--trust", bundle)
    keys = set(verified(capsys, words.file, *sidecar)[1])
    for file, arguments, headline in (
        (nothing, sidecar, "이 파일을 읽지 못했습니다."),
        (words.file, ("--trust", nothing), "누구를 신뢰하는지 적은 파일을 읽지 못했습니다."),
        (
            words.file,
            ("--sidecar", nothing, "--trust", bundle),
            "함께 둔 .c2pa 파일을 읽지 못했습니다.",
        ),
        (words.file, (*sidecar, "--status", nothing), "상태 목록을 읽지 못했습니다."),
    ):
        code, said = verified(capsys, file, *arguments, "--lang", "ko")
        assert said["headline"] == headline
        assert (code, said["verdict"], set(said)) == (2, "unreadable", keys)
        assert outcomes(said) == {"input": "unknown"}
        assert "이용 허락" not in said["does_not_prove"]
        assert str(nothing) in said["checks"][0]["text"]


def test_what_stands_beside_a_file_is_told_apart_from_the_file(
    words: Delivered, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words.sidecar is not None
    other = tmp_path / "other.srt"
    other.write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\nOther words.\n")
    code, said = verified(capsys, other, "--sidecar", words.sidecar, "--trust", bundle)
    assert (code, said["verdict"], outcomes(said)["integrity"]) == (1, "altered", "failed")
    assert said["headline"] == (
        "The credential beside this file is not this file's, or one of the two was changed."
    )
    code, said = verified(capsys, words.file, "--sidecar", other, "--trust", bundle)
    assert (code, said["verdict"]) == (2, "unreadable")
    assert said["headline"] == "The .c2pa file beside this file could not be read."
    main(["verify", str(other), "--trust", str(bundle), "--crjson"])
    none = json.loads(capsys.readouterr().out)
    main(["verify", str(words.file), "--sidecar", str(words.sidecar), "--crjson"])
    some = json.loads(capsys.readouterr().out)
    assert len(some["manifests"]) == 1
    assert none == {"@context": some["@context"], "manifests": []}


def test_what_cannot_be_read_twice_is_refused_in_so_many_words(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe.srt"
    os.mkfifo(pipe)
    for file in (pipe, Path(os.devnull)):
        assert main(["verify", str(file), "--trust", str(bundle)]) == 2
        assert f"{file}: no file on a disk" in capsys.readouterr().err


@pytest.mark.parametrize("sound", [True, False])
def test_who_has_read_enough_of_a_report_takes_nothing_from_its_answer(
    words: Delivered, bundle: Path, sound: bool
) -> None:
    if not sound:
        words.file.write_bytes(words.file.read_bytes() + b"x")
    program = "import sys; from edgecode.command import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "verify", str(words.file)]
    command += ["--sidecar", str(words.sidecar), "--trust", str(bundle)]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0 if sound else 1, b"")
    full = Path("/dev/full")
    if full.exists():  # where the system has one
        with full.open("wb") as disk:
            done = subprocess.run(command, stdout=disk, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith(b"edgecode: output: ")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_machine_that_was_too_busy_says_so_of_itself_and_not_of_the_file(
    words: Delivered,
    bundle: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    monkeypatch.setattr("edgecode.verify.reading._CLOCK_TIMES_PROCESSOR", 0)
    monkeypatch.setattr("edgecode.verify.host._GRACE_SECONDS", 0.01)
    beside = ("--sidecar", words.sidecar or "", "--trust", bundle, "--lang", language)
    code, said = verified(capsys, words.file, *beside)
    assert (code, said["verdict"], outcomes(said)) == (2, "unreadable", {"reader": "unknown"})
    assert said["checks"][0]["said"] == "reader.clock"
    assert {"en": "This machine", "ko": "이 컴퓨터"}[language] in said["headline"]
    assert "15" in said["checks"][0]["text"]


@pytest.mark.skipif(sys.platform == "darwin", reason="no limit of address space there")
def test_a_file_that_takes_too_much_memory_is_told_so(
    words: Delivered,
    bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = tmp_path / "large.c2pa"
    large.write_bytes(bytes(24 * 2**20))
    monkeypatch.setattr("edgecode.verify.reading._MEMORY_BYTES", 2**20)
    monkeypatch.setattr("edgecode.verify.reading._PROCESSOR_SECONDS", 600)
    code, said = verified(capsys, words.file, "--sidecar", large, "--trust", bundle)
    assert (code, said["verdict"], said["checks"][0]["said"]) == (2, "unreadable", "reader.memory")
    assert said["headline"].startswith("Reading this file took more than is allowed")
    assert "the 1 MB that" in said["checks"][0]["text"]


def test_without_its_library_the_program_says_what_to_install(
    words: Delivered,
    bundle: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert main(["verify", str(words.file), "--trust", str(bundle)]) == 2
    [needed] = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]["verify"]
    said = capsys.readouterr().err
    assert said == f"edgecode: the C2PA library is missing: pip install {needed}\n"


def test_of_the_clients_folder_alone_no_wheel_is_built_and_one_line_says_so(
    tmp_path: Path,
) -> None:
    alone = shutil.copytree(CLIENT, tmp_path / "client")
    bundle = tmp_path / "bundle.pem"
    for folder, trust, reason in (
        (alone, "", "edgecode is built in a copy of Edgecode's whole source"),
        (CLIENT, str(bundle), f"EDGECODE_TRUST_BUNDLE: there is no file {bundle}"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
            check=False,
            cwd=folder,
            env=os.environ | {"EDGECODE_TRUST_BUNDLE": trust},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert line.startswith(reason)
