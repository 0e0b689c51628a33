"""A sighting reported and a certificate asked for from a terminal."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from edgecode.command import main
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, Sighting
from provenance.outputs.declaring import Source, declare_output
from provenance.outputs.signing import sign_outputs_pending
from tests import factories
from tests.provenance.delivered import saved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    live_server: LiveServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run the program as an actor's: exit code, output and errors."""

    def call(who: Actor, *arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setenv("EDGECODE_SERVER", live_server.url)
        monkeypatch.setenv("EDGECODE_API_KEY", factories.api_key(who))
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def grant(lab: Actor) -> Grant:
    studio = factories.studio()
    made = factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    sign_pending()
    return made


def test_a_file_that_was_seen_is_told_for_what_it_is(
    run: Run, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    file = saved(Credential.objects.get(), tmp_path / "words.srt")
    # Not what the licence is for.
    seen = ("--platform", "Umber", "--at", factories.STARTS.isoformat(), "--territory", "KR")
    code, told, said = run(
        lab, "sighting", file, *seen, "--use", "index", "--link", "https://umber.example/7"
    )
    assert (code, said) == (0, "")
    sighting = Sighting.objects.get()
    assert f"sighting  {sighting.code}" in told
    assert (sighting.platform, sighting.link) == ("Umber", "https://umber.example/7")
    assert sighting.seen_at == factories.STARTS
    assert sighting.use == "index"


def test_a_manifest_is_reported_by_its_name(run: Run, lab: Actor, grant: Grant) -> None:
    manifest = Credential.objects.get().manifest_id
    code, told, said = run(lab, "sighting", "--manifest", manifest, "--platform", "Umber", "--json")
    assert (code, said) == (0, "")
    answer = json.loads(told)
    assert answer["code"] == Sighting.objects.get().code
    assert answer["headline"]
    code, told, said = run(lab, "sighting", "--manifest", manifest, "--platform", "")
    assert (code, told) == (1, "")
    assert said.count("\n") == 1


def test_a_work_that_a_licensee_made_is_told_for_what_it_is(
    run: Run, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    file = tmp_path / "night.txt"
    file.write_text("It was a dark and stormy night.")
    declare_output(
        actor=lab,
        kind="text",
        name="A night in Seoul",
        made_by="trainedAlgorithmicMedia",
        use="train.pretrain",
        model_kind="foundation",
        territory=["KR"],
        made_at=timezone.now(),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        sources=[Source(grant.code)],
    )
    advance()
    assert sign_outputs_pending() == 1
    seen = ("--platform", "Umber", "--territory", "KR", "--model-kind", "foundation")
    code, told, said = run(lab, "sighting", file, *seen, "--use", "train.pretrain")
    assert (code, said) == (0, "")
    assert "known by  made" in told
    assert "answer    authorised" in told
    code, told, _said = run(lab, "sighting", file, *seen, "--use", "distribute")
    assert (code, "term      use" in told) == (0, True)
    code, told, _said = run(factories.lab(), "sighting", file, *seen)
    assert (code, "known by" in told) == (0, False), "it is none of theirs"


def test_a_file_that_is_not_there_is_told_in_one_line(run: Run, lab: Actor, tmp_path: Path) -> None:
    code, told, said = run(lab, "sighting", tmp_path / "nothing", "--platform", "Umber")
    assert (code, told, said.count("\n")) == (3, "", 1)


def test_a_certificate_that_nobody_made_is_not_fetched(
    run: Run, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    code, told, said = run(lab, "certificate", grant.code, "--to", tmp_path)
    assert (code, told, said.count("\n")) == (1, "", 1)
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_certificate_is_made_and_fetched_in_both_languages(
    run: Run, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    for language in ("en", "ko"):
        options = ("--issue", "--lang", language, "--to", tmp_path)
        code, told, said = run(lab, "certificate", grant.code, *options)
        assert (code, said) == (0, "")
        path = tmp_path / f"certificate-{grant.code}-{language}.pdf"
        assert path.read_bytes().startswith(b"%PDF")
        assert told == f"{path}: fetched\n"
