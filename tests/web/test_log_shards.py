"""A history in two logs, for people: one log with one numbering, and a table that says which."""

import html
import io
import re
import shlex
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from edgecode.command import main
from ledger import proofs, sequencer, shards
from ledger.documents import publish_documents
from ledger.models import Event
from tests import factories
from tests.web.cosigning import cosign, show_witnessed, write_policy
from tests.web.reading import text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log")]

ORIGIN = "edgecode.localhost/ledger"
YEAR = f"{timezone.now().year + 1}"


@kept
def log() -> None:
    """A log with a title in each of its two shards."""
    publish_documents()
    studio = factories.studio("Peach Pictures")
    factories.title(studio)
    call_command("ledger", "close-shard", YEAR, stdout=io.StringIO())
    factories.title(studio)
    sequencer.advance()


def index_of(kind: str, place: int) -> int:
    events = Event.objects.filter(kind=kind).order_by("pk")
    index = events[place].index
    assert index is not None
    return index


def test_the_front_counts_and_lists_both_logs(client: Client) -> None:
    page = text(client.get("/ledger/"))
    size = proofs.size()
    assert f'<dd class="log-size"><span class="number">{size}</span>' in page
    assert f'<a href="/ledger/{YEAR}/checkpoint">' in page
    for index in range(size):
        assert f'href="/ledger/entries/{index}/"' in page
    assert "2, each going on from the one before" in words(client.get("/ledger/"))
    kinds = text(client.get("/ledger/?kind=title.registered"))
    for place in (0, 1):
        assert f'href="/ledger/entries/{index_of("title.registered", place)}/"' in kinds


def test_the_logs_stand_in_a_table(client: Client) -> None:
    page = text(client.get("/ledger/about/"))
    first = shards.live().first
    for origin, begin, end in (
        (ORIGIN, 0, first - 1),
        (f"{ORIGIN}/{YEAR}", first, proofs.size() - 1),
    ):
        assert f"<code>{origin}</code>" in page
        assert f'<a href="/ledger/entries/{begin}/">' in page
        assert f'<a href="/ledger/entries/{end}/">' in page
    client.cookies["django_language"] = "ko"
    assert "이 이력의 기록부" in text(client.get("/ledger/about/"))


def test_an_entry_of_either_log_is_proven_and_says_where_it_is(client: Client) -> None:
    for place, shard in ((0, ""), (1, YEAR)):
        index = index_of("title.registered", place)
        page = text(client.get(f"/ledger/entries/{index}/"))
        at = index - (shards.live().first if shard else 0)
        prefix = f"/ledger/{shard}/" if shard else "/ledger/"
        assert f'data-index="{at}" data-log="{prefix}"' in page
        assert "Checked just now by the server" in page
        assert (f"entry {at} of the log" in words(client.get(f"/ledger/entries/{index}/"))) is bool(
            shard
        )
        raw = client.get(f"/ledger/entries/{index}.json").content
        receipt = client.get(f"/ledger/proof/{index}.tlog-proof")
        assert receipt.content == client.get(f"{prefix}proof/{at}.tlog-proof").content
        assert proofs.open_receipt(receipt.content.decode(), raw)[0] == at


def test_all_that_proves_an_entry_verifies_offline_by_a_key_of_either_log(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (0, 1):
        index = index_of("title.registered", place)
        archive = client.get(f"/ledger/entries/{index}.zip").content
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            packed.extractall(tmp_path)
        folder = tmp_path / f"entry-{index}"
        for key in (folder / "log.vkey", shards.folder("").path / "log.vkey"):
            arguments = [
                folder / f"entry-{index}.tlog-proof",
                "--entry",
                folder / f"entry-{index}.json",
            ]
            assert main(["verify-receipt", *map(str, arguments), "--vkey", str(key)]) == 0
        assert "VERIFIED" in capsys.readouterr().out


def test_the_audit_page_names_the_live_logs_policy_and_one_address(client: Client) -> None:
    page = words(client.get("/ledger/audit/"))
    assert f"/ledger/{YEAR}/policy" in page
    assert "The history is in 2 logs" in page
    assert "edgecode audit http://127.0.0.1:8000/ledger/ --policy policy" in page


@pytest.mark.parametrize("witnessed", ["not at all", "before the key was changed"])
def test_the_commands_of_the_audit_page_check_an_entry_after_a_rotation(
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    witnessed: str,
) -> None:
    if witnessed != "not at all":
        show_witnessed(cosign("w.archive.example"))
    for verb in ("rotate-key", "retire-key"):
        call_command("ledger", verb, stdout=io.StringIO())
    monkeypatch.chdir(tmp_path)
    page = html.unescape(text(client.get("/ledger/audit/")))
    for name, path in re.findall(r"curl -o (\S+) http://127.0.0.1:8000(/ledger/\S+)", page):
        Path(name.removesuffix("</pre>")).write_bytes(
            client.get(path.removesuffix("</pre>")).content
        )
    command = re.search(r"edgecode (verify-receipt [^<]*)</pre>", page)
    assert command is not None
    assert main(shlex.split(command[1])) == 0, capsys.readouterr()
    assert ("signed by the one before it" in page) is (witnessed != "not at all")


def test_the_audit_page_is_there_while_a_file_of_the_log_is_damaged(client: Client) -> None:
    for path in (shards.folder(YEAR).path / "tile").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    page = words(client.get("/ledger/audit/"))
    assert "edgecode audit http://127.0.0.1:8000/ledger/ --policy policy" in page


def test_who_witnessed_the_newer_log_witnessed_the_older(client: Client) -> None:
    names = ("w.archive.example", "w.guild.example")
    cosign(*names)
    write_policy(*names)
    for place in (0, 1):
        page = words(client.get(f"/ledger/entries/{index_of('title.registered', place)}/"))
        assert "Not witnessed" not in page
        assert "witnessed by 2 organisations" in page
