"""`edgecode download` against a real server: whole, gone on with, refused, told what is wrong."""

import hashlib
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from catalog.models import Asset
from ledger import edge_code
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials import signing
from provenance.credentials.files import hash_pending, inside, placed
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from provenance.trust.stamping import stamp_pending
from tests import factories
from tests.api.test_upload_command import edgecode
from tests.doubles.time_authority import no_time_authority
from tests.provenance.delivered import content

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


class Lab(NamedTuple):
    """A lab at its terminal."""

    url: str
    key: str

    def run(self, *arguments: str | Path) -> tuple[int, str]:
        process: subprocess.Popen[str] = edgecode(self.url, self.key, "download", *arguments)
        said, _none = process.communicate(timeout=120)
        return process.returncode, said


@pytest.fixture(autouse=True)
def here(live_server: LiveServer, settings: Settings) -> None:
    """Links lead to this server."""
    settings.BASE_URL = live_server.url


def lab_at(live_server: LiveServer, actor: Actor) -> Lab:
    return Lab(live_server.url, factories.api_key(actor))


def granted(lab: Actor) -> tuple[Grant, Asset]:
    studio = factories.studio()
    file = factories.offered_words(studio)
    return factories.grant(studio, lab, [file]), file


def test_a_licensed_file_is_fetched_once_and_gone_on_with(
    live_server: LiveServer, tmp_path: Path
) -> None:
    buyer = factories.lab()
    grant, file = granted(buyer)
    lab = lab_at(live_server, buyer)
    code, said = lab.run(grant.code, "--to", tmp_path)
    assert code == 1  # nothing is due to be signed before it stands in the log
    assert "0 of 1 files are here" in said
    advance()
    assert sign_pending() == 1
    credential = Credential.objects.get()

    folder = tmp_path / file.code
    folder.mkdir()
    half = folder / f".{credential.code}.{credential.file_sha256[:16]}.part"
    with_what = b"1\n00:"
    half.write_bytes(with_what)  # as a killed run leaves it
    path = folder / "words.srt"
    assert lab.run(edge_code.display(grant.code), "--to", tmp_path) == (0, f"{path}: fetched\n")
    assert path.read_bytes().startswith(with_what)
    assert len(path.read_bytes()) == credential.file_size
    assert {each.name for each in folder.iterdir()} == {"words.srt", "words.srt.c2pa"}
    assert lab.run(grant.code, "--to", tmp_path) == (0, f"{path}: was here already\n")

    path.unlink()
    half.write_bytes(b"another")
    code, said = lab.run(grant.code, "--to", tmp_path)
    assert code == 1
    assert "is not the file that was signed" in said
    assert not path.exists()
    assert lab.run(grant.code, "--to", tmp_path)[0] == 0


def test_a_half_from_before_the_time_stamp_is_begun_anew_at_once(
    live_server: LiveServer, tmp_path: Path
) -> None:
    studio, buyer = factories.studio(), factories.lab()
    file = factories.offered_film(studio)
    grant = factories.grant(studio, buyer, [file])
    advance()
    with no_time_authority(tmp_path):
        sign_pending()
    lab, folder = lab_at(live_server, buyer), tmp_path / file.code
    assert lab.run(grant.code, "--to", tmp_path)[0] == 0
    path = folder / file.filename
    half = path.read_bytes()[: file.size_bytes // 2]
    path.unlink()
    for name in (f".{Credential.objects.get().code}.part", _draft_name()):
        (folder / name).write_bytes(half)
    assert stamp_pending() == 1
    assert content(Credential.objects.get())[: len(half)] != half
    assert lab.run(grant.code, "--to", tmp_path) == (0, f"{path}: fetched\n")
    assert path.read_bytes() == content(Credential.objects.get())
    assert [each.name for each in folder.iterdir()] == [file.filename]


def _draft_name() -> str:
    """How the program names a file that it is putting together."""
    credential = Credential.objects.get()
    assert credential.prepared is not None
    manifest = placed(credential.prepared, inside(credential))["manifest_sha256"]
    return f".{credential.code}.{manifest[:16]}.part"


def test_a_film_that_nobody_has_hashed_yet_is_checked_all_the_same(
    live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "_HASHED_AT_ONCE", 0)
    studio, buyer = factories.studio(), factories.lab()
    file = factories.offered_film(studio)
    grant = factories.grant(studio, buyer, [file])
    advance()
    sign_pending()
    lab = lab_at(live_server, buyer)
    path = tmp_path / file.code / file.filename
    assert lab.run(grant.code, "--to", tmp_path) == (0, f"{path}: fetched\n")
    fetched = path.read_bytes()
    assert hash_pending() == 1
    assert Credential.objects.get().file_sha256 == hashlib.sha256(fetched).hexdigest()
    assert lab.run(grant.code, "--to", tmp_path) == (0, f"{path}: was here already\n")

    Credential.objects.update(file_sha256="")
    place = Credential.objects.get().prepared.place["offset"]
    for at in (0, place + 9, len(fetched) - 1):  # before the manifest, in it and behind it
        path.write_bytes(fetched[:at] + bytes((fetched[at] ^ 1,)) + fetched[at + 1 :])
        assert lab.run(grant.code, "--to", tmp_path) == (0, f"{path}: fetched\n")
        assert path.read_bytes() == fetched


def test_what_is_wrong_is_said_in_one_line(live_server: LiveServer, tmp_path: Path) -> None:
    buyer = factories.lab()
    grant, _file = granted(buyer)
    rival = lab_at(live_server, factories.lab())
    folder = tmp_path / "data"
    code, said = rival.run(grant.code, "--to", folder)
    assert (code, said.count("\n")) == (1, 1)
    assert "There is no such thing" in said
    code, said = Lab("", "").run(grant.code)
    assert (code, said.count("\n")) == (64, 1)
    assert "set EDGECODE_API_KEY" in said
    assert not folder.exists()
