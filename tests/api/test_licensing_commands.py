"""A data engineer at a terminal: from a search to signed files, and what is said on the way."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from catalog.search.documents import FACETS, LEVELS
from demo.calls import Caller
from edgecode.command import main
from edgecode.search import FILTERS
from edgecode.search import LEVELS as LEVELS_OF_CLIENT
from licensing.models import Deal, Grant, Request
from tests import factories
from tests.journeys.conftest import Place
from tests.journeys.scenes import offered_film, paid

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Run = Callable[..., tuple[int, str, str]]

TERMS = ("--use", "train.finetune", "--model-kind", "foundation", "--from", "2026-11-01")
FOR_EVER = (*TERMS, "--until", "perpetual", "--name", "Lip-sync", "--currency", "USD")


@pytest.fixture
def run(
    live_server: LiveServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run the program as an actor's, or with a key: exit code, output and errors."""

    def call(who: Actor | str, *arguments: str | Path, given: str = "") -> tuple[int, str, str]:
        key = who if isinstance(who, str) else factories.api_key(who)
        monkeypatch.setenv("EDGECODE_SERVER", live_server.url)
        monkeypatch.setenv("EDGECODE_API_KEY", key)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        capsys.readouterr()
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return call


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_filters_are_those_of_the_search() -> None:
    assert FACETS[1:] == FILTERS
    assert set(LEVELS_OF_CLIENT) == set(LEVELS)


def test_from_a_search_to_the_signed_files(
    run: Run, live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    settings.BASE_URL = live_server.url
    place = Place(live_server.url, tmp_path)
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    _title, asset = offered_film(studio, "Peach Pictures")
    place.work()
    key = lab.secret

    code, found, said = run(key, "search", "bunny", "--kind", "picture", "--csv")
    assert (code, said) == (0, "")
    assert [(row["asset"], row["price_minor"], row["holder"]) for row in rows(found)] == [
        (asset, "50000", "Peach Pictures")
    ]
    assert run(key, "search", "bunny", "--kind", "voice")[1:] == ("", "edgecode: 0 found\n")

    code, made, said = run(key, "request", "create", "-", "--json", *FOR_EVER, given=found)
    assert (code, said) == (0, "")
    request = json.loads(made)["code"]
    assert [each["asset"] for each in json.loads(made)["items"]] == [asset]
    code, told, said = run(key, "estimate", request)
    assert (code, said) == (0, "")
    assert "can be had   1 files, 0:04 minutes, 50000 USD" in told
    wider = run(key, "estimate", request, "--exclusivity", "exclusive", "--json")
    assert json.loads(wider[1])["asked"]["files"] == 1
    code, told, said = run(key, "request", "board", request)
    assert (code, told) == (1, "")
    assert "is a draft" in said

    code, told, said = run(key, "request", "submit", request)
    assert (code, said) == (0, "")
    assert "1: 1 CLEAR" in told
    code, board, _none = run(key, "request", "board", request, "--csv")
    assert code == 0
    [row] = rows(board)
    assert (row["asset"], row["verdict"], row["reasons"]) == (asset, "CLEAR", "OK")
    [deal] = rows(run(key, "deals", "--request", request, "--csv")[1])
    assert (deal["state"], deal["amount_minor"]) == ("open", "50000")

    studio.post(f"deals/{deal['deal']}/approve/")
    paid(studio, deal["deal"])
    place.work()
    [deal] = rows(run(key, "deals", "--csv")[1])
    assert deal["state"] == "granted"
    [grant] = [json.loads(line) for line in run(key, "grants", "--json")[1].splitlines()]
    assert (grant["code"], grant["state"]) == (deal["grant"], "active")
    code, told, said = run(key, "download", grant["code"], "--to", tmp_path / "data")
    assert (code, said) == (0, "")
    [file] = [each for each in (tmp_path / "data").rglob("*") if each.is_file()]
    assert told == f"{file}: fetched\n"
    assert Caller(place).verify(file)["verdict"] == "authorised"

    studio.post(f"grants/{grant['code']}/revoke/", reason="A rough cut.")
    code, told, said = run(key, "download", grant["code"], "--to", tmp_path / "data")
    assert (code, told) == (1, "")
    assert said == (
        f"edgecode: {grant['code']}: the grant is revoked: its files cannot be fetched\n"
    )


def test_a_board_with_a_file_that_cannot_be_had_ends_with_1(run: Run) -> None:
    studio, lab = factories.studio("Plum Pictures"), factories.lab()
    file = factories.offered_words(studio)
    assert file.title is not None
    deal = factories.deal(lab, [file])
    request = deal.request
    assert run(lab, "request", "board", request.code)[0] == 0
    blocked = factories.draft(lab, [file], uses=["train.pretrain"], territory=["KR"])
    factories.fact(studio, file.title, "restriction", uses=["train.pretrain"])
    assert run(lab, "request", "submit", blocked.code)[0] == 0
    code, told, said = run(lab, "request", "board", blocked.code)
    assert code == 1
    assert "CONTRACT_PROHIBITION" in told
    assert said == "edgecode: 0 of 1 files can be granted\n"


def test_what_is_wrong_is_said_in_one_line_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    studio, lab = factories.studio(), factories.lab()
    files = tmp_path / "files"
    files.write_text(f"{factories.offered_words(studio).code}\n")
    (tmp_path / "none").write_text("")
    strange = tmp_path / "strange"
    strange.write_text("7K3F2Q9D+001\n")
    create = ("request", "create")
    for who, arguments, code, words in (
        (lab, (*create, files, *TERMS), 64, "--until"),
        (lab, (*create, files, *FOR_EVER, "--from", "2027"), 64, "'2027' is no date"),
        (lab, (*create, files, *FOR_EVER, "--from", "2027-01-01T00:00"), 64, "is no date"),
        (lab, (*create, files, *FOR_EVER, "--territory", "{"), 64, "is no JSON"),
        (lab, (*create, files, *FOR_EVER, "--territory", "ZZ"), 1, "ZZ"),
        (lab, (*create, files, *FOR_EVER, "--use", "fly"), 1, "fly"),
        (lab, (*create, files, *FOR_EVER, "--price-minor", "-1"), 1, "price_minor"),
        (lab, (*create, tmp_path / "no", *FOR_EVER), 3, "No such file"),
        (lab, (*create, tmp_path / "none", *FOR_EVER), 1, "names no file"),
        (lab, (*create, strange, *FOR_EVER), 1, "7K3F2Q9D+001"),
        (studio, (*create, files, *FOR_EVER), 1, "does not permit"),
        (lab, ("request", "show", "XXXX"), 1, "is no edge code"),
        (lab, ("estimate", "7K3F2Q9D"), 1, "no such thing"),
        (lab, ("search", "--years", "then"), 1, "years"),
        (lab, ("search", "--most", "0"), 64, "--most"),
        (lab, ("deals", "--server", "http://example.org"), 64, "use https"),
        (lab, ("grants", "--key-file", tmp_path / "no"), 64, "cannot be read as a key"),
        ("eck_wrong", ("deals",), 1, "API key is wrong"),
    ):
        ended, told, said = run(who, *arguments)
        assert (ended, told) == (code, ""), (arguments, said)
        assert words in said.splitlines()[-1], arguments
        assert code == 64 or said.count("\n") == 1
    assert not Request.objects.exists()
    assert not Deal.objects.exists()
    assert not Grant.objects.exists()


def test_another_lab_sees_none_of_it(run: Run) -> None:
    studio, lab = factories.studio(), factories.lab()
    opened = factories.deal(lab, [factories.offered_words(studio)])
    rival = factories.lab()
    for act in ("show", "submit", "board"):
        code, told, said = run(rival, "request", act, opened.request.code)
        assert (code, told) == (1, "")
        assert "no such thing" in said
    for verb in ("deals", "grants"):
        assert run(rival, verb, "--json") == (0, "", "")
    assert run(rival, "request", "list", "--csv")[1].count("\n") == 1
