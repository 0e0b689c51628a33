"""A credential with consents struck out: the client alone says of it what the server does."""

import hashlib
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pytest

from provenance.credential_updates import newest_manifest, update_pending
from provenance.trust_bundle import trust_bundle
from provenance.verification import Verdict, verify_file
from tests.provenance.delivered import saved, sidecar
from tests.provenance.struck import granted
from tests.provenance.test_offline import outcomes, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Judge a file by the program and by the server, which agree; return the program's answer."""
    bundle = tmp_path / "trust-bundle.pem"

    def told(file: Path, beside: Path | None = None, *options: str | Path) -> tuple[int, Any]:
        bundle.write_text(trust_bundle())
        given = ("--sidecar", beside) if beside else ()
        code, said = verified(capsys, file, *given, "--trust", bundle, *options)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        mime = guess_type(file.name)[0] or "application/octet-stream"
        report = verify_file(file, filename="f", mime=mime, sidecar=beside, sha256=sha256)
        agrees = {Verdict.AUTHORISED: "licensed", Verdict.ALTERED: "altered"}
        if not options:
            assert said["verdict"] == agrees[report.verdict], (said, report.checks)
        return code, said

    return told


def test_a_consent_that_was_struck_out_is_told_and_the_licence_stands(
    tmp_path: Path, both: Any
) -> None:
    made = granted(film=False)
    file, beside = saved(made.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    beside.write_bytes(sidecar(made.credential))
    code, before = both(file, beside)
    assert (code, len(before["consents"])) == (0, 2)
    for number, left in ((0, [made.consents[1].code]), (1, [])):
        made.withdraw(number)
        assert update_pending() == 1
        beside.write_bytes(sidecar(made.credential))
        code, said = both(file, beside)
        assert (code, said["grant"]) == (0, before["grant"])
        assert [each["consent"] for each in said["consents"]] == left
        assert {**outcomes(said), "consent": "warning"} == {
            **outcomes(before),
            "consent": "warning",
        }
        texts = [check["text"] for check in said["checks"] if check["outcome"] == "warning"]
        assert f"Consents that have ended were struck out of it: {number + 1}." in texts
    assert said["manifest"] == made.credential.newest_id
    store = beside.read_bytes()
    at = store.index(before["grant"]["grant"].encode())
    beside.write_bytes(store[:at] + bytes([store[at] ^ 1]) + store[at + 1 :])
    assert both(file, beside)[0] == 1


def test_inside_a_film_and_beside_one_that_has_no_room_for_it(
    tmp_path: Path, both: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = granted(film=True)
    made.withdraw()
    update_pending()
    inside = saved(made.credential, tmp_path / "second.mp4")
    code, said = both(inside)
    assert (code, said["manifest"]) == (0, made.credential.newest_id)

    monkeypatch.setattr("provenance.preparing._ROOM", 1024)
    full = granted(film=True)
    first = saved(full.credential, tmp_path / "first.mp4")
    full.withdraw()
    update_pending()
    beside = tmp_path / "newest.c2pa"
    newest = newest_manifest(full.lab, full.credential.code)
    beside.write_bytes(b"".join(newest.read(0, newest.size)))
    code, said = both(first, beside)
    assert (code, said["manifest"]) == (0, full.credential.newest_id)
