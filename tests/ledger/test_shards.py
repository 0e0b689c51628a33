"""A log that is cut by year: closed, gone on with, and read as one history."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from edgecode.log import cose, notes
from edgecode.log.leaf import parse
from edgecode.log.policy import parse_policy
from edgecode.log.shardlist import BadShards, dump_shards, parse_shards
from edgecode.log.witness import origin_hash
from edgecode.witness_server import Pace, WitnessServer
from edgecode.witness_state import open_witness
from ledger import (
    agreement,
    background,
    documents,
    keys,
    log_key,
    proofs,
    sequencer,
    shards,
    witnesses,
)
from ledger.append import append, erase
from ledger.models import ClosedShard, Event, LogState, Opening, Pending, WitnessState
from tests.ledger.conftest import ACTOR
from tests.worlds import kept

pytestmark = pytest.mark.django_db

ORIGIN = "edgecode.localhost/ledger"
YEAR = f"{timezone.now().year + 1}"


@pytest.fixture(autouse=True)
def _urls(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.ledger.urls"


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("ledger", *map(str, arguments), stdout=out, no_color=True)
    return out.getvalue()


def grow(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            append("sample.shaken", stream=f"sample:S{number % 7}", actor=ACTOR)


def grow_one_that_says_what_it_is() -> None:
    documents.publish_documents()
    grow(303)
    sequencer.advance()


@kept
def grown() -> None:
    grow_one_that_says_what_it_is()


@kept
def closed() -> None:
    grow_one_that_says_what_it_is()
    run("close-shard", YEAR)
    grow(1)
    sequencer.advance()


@pytest.fixture
def log(grown: None, var_dir: Path) -> Path:
    """A log that says what it is, of some three hundred entries: more than one bundle."""
    return var_dir / "ledger"


@pytest.fixture
def two(closed: None, var_dir: Path) -> Path:
    """The same, closed and gone on with."""
    return var_dir / "ledger"


def sizes() -> list[int]:
    return [shards.size_of(shard) for shard in shards.listed()]


def test_a_closed_shard_is_gone_on_with(log: Path, shake: Callable[..., Event]) -> None:
    size = proofs.size()
    said = run("close-shard", YEAR)
    assert f"{ORIGIN} is closed with {size + 1} entries; {ORIGIN}/{YEAR} goes on at" in said
    assert said.count("\n") == 1
    old = notes.parse_checkpoint(notes.note_text(shards.folder("").checkpoint() or ""))
    last, first = parse(proofs.entry(size)), parse(proofs.entry(size + 1))
    assert (last.kind, first.kind) == ("shard.closed", "shard.opened")
    assert last.data == {
        "origin": ORIGIN,
        "size": size + 1,
        "next_origin": f"{ORIGIN}/{YEAR}",
    }
    assert first.data == {
        "origin": f"{ORIGIN}/{YEAR}",
        "previous_origin": ORIGIN,
        "previous_size": old.size,
        "previous_root": old.root.hex(),
    }
    assert first.refs == {"previous": f"{last.stream}@{last.stream_version}"}
    event = shake(1)
    sequencer.advance()
    assert Event.objects.get(pk=event.pk).index == proofs.size() - 1
    assert parse(proofs.entry(proofs.size() - 1)).stream == event.stream_id
    assert shards.folder("").checkpoint() == ClosedShard.objects.get().checkpoint
    assert "Verified" in run("verify")


def test_closing_twice_closes_once(two: Path) -> None:
    before = sizes()
    assert run("close-shard", YEAR) == f"The shard {YEAR} is open already: nothing was closed.\n"
    assert sizes() == before


@pytest.mark.parametrize("year", ["", "27", "2026x", "1999", f"{timezone.now().year + 2}", "../x"])
def test_a_shard_is_named_by_a_year_that_is_near_and_later(log: Path, year: str) -> None:
    before = proofs.size()
    with pytest.raises(CommandError):
        run("close-shard", year)
    assert proofs.size() == before
    assert LogState.objects.get().opens == ""


def test_what_is_pending_while_a_shard_is_closed_lands_in_the_next(
    log: Path, shake: Callable[..., Event]
) -> None:
    assert sequencer.close(YEAR) is True
    waiting = shake(1)
    assert sequencer.sequence_pending() == 0
    sequencer.advance()
    waiting.refresh_from_db()
    live = shards.live()
    assert (live.folder, Pending.objects.count()) == (YEAR, 0)
    assert waiting.index == live.first + 1


def test_receipts_of_before_and_after_verify_offline(two: Path) -> None:
    for index in (0, 5, shards.live().first - 1, shards.live().first, proofs.size() - 1):
        raw, text = proofs.entry(index), proofs.receipt(index)
        shard, at = proofs.locate(index)
        key = notes.parse_vkey((two / shard / "log.vkey").read_text())
        assert notes.verify_receipt(text, raw, key)[0] == at
        assert cose.verify_inclusion(proofs.cose_receipt(index), raw, key)[0] == at
        assert proofs.open_receipt(text, raw)[0] == at
    with pytest.raises(proofs.NotLogged):
        proofs.receipt(proofs.size())


def test_a_closed_shard_is_served_as_it_was_and_the_next_below_its_year(
    two: Path, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = shards.live().first
    with django_assert_num_queries(0):
        listed = client.get("/shards")
        assert parse_shards(listed.content.decode()) == shards.listed()
        assert listed["Cache-Control"] == client.get("/checkpoint")["Cache-Control"]
        for prefix, folder in (("", two), (f"{YEAR}/", two / YEAR)):
            for name in ("checkpoint", "log.vkey", "policy"):
                answer = client.get(f"/{prefix}{name}")
                assert answer.content == (folder / name).read_bytes()
            size = shards.folder(prefix[:-1]).size()
            bundle = client.get(
                f"/{prefix}tile/entries/000" + ("" if size > 255 else f".p/{size}"),
                headers={"Accept-Encoding": "gzip"},
            )
            assert bundle["Content-Encoding"] == "gzip"
            assert "immutable" in bundle["Cache-Control"]
        below = client.get(f"/{YEAR}/proof/0.tlog-proof")
        assert below.content == client.get(f"/proof/{first}.tlog-proof").content
        assert client.get(f"/{YEAR}/proof/99.tlog-proof").status_code == 404
        for name in ("checkpoint", "log.vkey", "policy", "documents/x", "tile/0/000"):
            answer = client.get(f"/1999/{name}")
            assert (answer.status_code, answer.text) == (404, "there is no log of 1999 here\n")
        assert client.get("/1999/proof/0.cose").status_code == 404


def test_each_shard_has_a_policy_that_accepts_its_checkpoint(two: Path) -> None:
    for shard in shards.listed():
        policy = parse_policy(documents.policy(shard.folder) or "")
        note = shards.folder(shard.folder).checkpoint() or ""
        assert policy.check(note).checkpoint.origin == shard.origin
        url = f"/ledger/{shard.folder}".rstrip("/")
        assert policy.logs[0].url.endswith(url)


def test_an_export_holds_every_shard_and_verifies_without_the_database(
    two: Path, tmp_path: Path
) -> None:
    said = run("export", tmp_path / "copy")
    assert f"{proofs.size()} entries copied" in said
    assert run("verify", "--folder", tmp_path / "copy").endswith("Verified\n")
    with pytest.raises(CommandError, match="goes on from the log before it"):
        run("verify", "--folder", tmp_path / "copy" / YEAR)
    shutil.rmtree(tmp_path / "copy" / YEAR)
    (tmp_path / "copy" / "shards").unlink()
    with pytest.raises(CommandError, match="does not verify"):
        run("verify", "--folder", tmp_path / "copy")


def test_verify_finds_a_shard_that_goes_on_from_something_else(two: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "copy")
    newest = max((two / "checkpoints").iterdir(), key=lambda kept: int(kept.name))
    (tmp_path / "copy" / "checkpoint").write_bytes(newest.read_bytes())
    with pytest.raises(CommandError, match="does not verify"):
        run("verify", "--folder", tmp_path / "copy")


def test_facts_of_a_closed_shard_can_be_erased(log: Path) -> None:
    with transaction.atomic():
        append(
            "sample.made",
            stream="sample:E1",
            actor=ACTOR,
            data={"colour": "red"},
            private={"name": "Somebody"},
        )
    run("close-shard", YEAR)
    erase("sample:E1", actor=ACTOR)
    sequencer.advance()
    assert not Opening.objects.filter(event__stream="sample:E1").exists()
    assert "Verified" in run("verify")


def test_tiles_that_are_lost_in_the_new_shard_are_built_again(
    two: Path, shake: Callable[..., Event]
) -> None:
    shutil.rmtree(two / YEAR / "tile")
    shake()
    sequencer.advance()
    assert "Verified" in run("verify")


def test_a_key_is_changed_in_the_new_shard_and_the_closed_one_keeps_its_own(two: Path) -> None:
    old = (two / "log.vkey").read_text()
    keys.rotate()
    keys.end_rotation()
    sequencer.advance()
    assert (two / "log.vkey").read_text() == old
    assert proofs.vkeys()[1].name == f"{ORIGIN}/{YEAR}"
    with pytest.raises(proofs.NotLogged, match="the key of this closed log is gone"):
        proofs.cose_receipt(0)
    assert proofs.open_receipt(proofs.receipt(0), proofs.entry(0))[0] == 0
    assert "Verified" in run("verify")
    assert log_key.load() is not None


def test_a_database_from_before_the_closing_signs_nothing(
    log: Path, shake: Callable[..., Event]
) -> None:
    backup = LogState.objects.values("size", "integrated", "checkpoint").get()
    run("close-shard", YEAR)
    LogState.objects.update(**backup, shard="", first=0, opens="")
    shake()
    with pytest.raises(sequencer.Diverged, match=f"lists the shard {ORIGIN}/{YEAR}"):
        sequencer.advance()
    # The same when the list is gone as well.
    (log / "shards").unlink()
    with pytest.raises(sequencer.Diverged, match="has published"):
        sequencer.advance()


def test_a_database_from_between_closing_and_opening_opens_no_second_shard(log: Path) -> None:
    sequencer.close(YEAR)
    sequencer.publish()
    backup = LogState.objects.values(
        "size", "integrated", "checkpoint", "shard", "first", "opens"
    ).get()
    sequencer.advance()
    (log / "shards").unlink()
    LogState.objects.update(**backup)
    with pytest.raises(sequencer.Diverged, match="was a backup restored"):
        sequencer.advance()


LIST = """\
a.example/l 0 3 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
a.example/l/2027 3 4 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
a.example/l/2028 7
"""


def test_a_list_of_shards_is_read_as_it_was_written() -> None:
    assert [each.folder for each in parse_shards(LIST)] == ["", "2027", "2028"]
    assert dump_shards(parse_shards(LIST)) == LIST


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("l/2028 7", "l/2028 8"),
        ("l/2028 7", "l/2026 7"),
        ("l/2028 7", "l/../2028 7"),
        ("l/2028 7", "b.example/2028 7"),
        ("l/2028 7\n", "l/2028 7"),
        ("l 0 3", "l 1 3"),
        (" 3 4 A", " 3 A"),
        ("2028 7\n", "2028 7 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
        (LIST, ""),
    ],
)
def test_a_list_of_shards_that_cannot_be_is_refused(old: str, new: str) -> None:
    with pytest.raises(BadShards):
        parse_shards(LIST.replace(old, new))


@pytest.fixture
def partner(two: Path, tmp_path: Path, settings: Settings) -> Iterator[WitnessServer]:
    """A witness that was told of the first shard only, by a policy of two lines."""
    with asked(two, tmp_path, settings) as server:
        yield server


@contextmanager
def asked(log: Path, place: Path, settings: Settings) -> Iterator[WitnessServer]:
    """A new witness with its files in a place, and no other is asked."""
    place.mkdir(exist_ok=True)
    follow = parse_policy(f"log {(log / 'log.vkey').read_text()}quorum none\n")
    witness, state = open_witness(follow, place / "key", place / "state", "one.example")
    server = WitnessServer(("127.0.0.1", 0), witness, state, Pace(1000, 1000))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    path = place / "policy"
    path.write_text(f"witness one {witness.vkeys[0]} {url}\nquorum one\n")
    settings.ENV = settings.ENV.model_copy(update={"ledger_witnesses": path})
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    state.close()


def test_a_witness_follows_from_shard_to_shard_and_sees_the_end_of_the_closed_one(
    two: Path, partner: WitnessServer, shake: Callable[..., Event]
) -> None:
    assert witnesses.turn() == 2
    for shard in shards.listed():
        log = shards.folder(shard.folder)
        assert log.witnessed() == log.checkpoint()
        kept = partner.witness.checkpoint(origin_hash(shard.origin))
        assert notes.parse_checkpoint(notes.note_text(kept.body)).size == log.size()
    assert witnesses.turn() == 0
    shake()
    sequencer.advance()
    WitnessState.objects.update(asked_at=None)
    assert witnesses.turn() == 1  # the closed one has all that it will ever need


def test_a_new_witness_is_shown_the_end_of_a_log_that_was_closed_before_it_came(
    two: Path, partner: WitnessServer, tmp_path: Path, settings: Settings
) -> None:
    assert witnesses.turn() == 2
    end = shards.listed()[0]
    with asked(two, tmp_path / "new", settings) as other:
        assert witnesses.turn() == 2
        cosigned = notes.signers(shards.folder("").checkpoint() or "", other.witness.vkeys)[1]
        kept = other.witness.checkpoint(origin_hash(end.origin))
        assert witnesses.turn() == 0
    assert cosigned
    assert notes.parse_checkpoint(notes.note_text(kept.body)).size == shards.size_of(end)


def test_a_witness_that_knows_a_shard_which_the_database_has_lost_stops_the_signing(
    two: Path, partner: WitnessServer
) -> None:
    witnesses.turn()
    assert agreement.check_elsewhere() is True
    end = ClosedShard.objects.get()
    ClosedShard.objects.all().delete()
    state = {"size": end.size, "integrated": end.size, "checkpoint": end.checkpoint}
    LogState.objects.update(**state, shard="", first=0, opens="")
    (two / "shards").unlink()
    shutil.rmtree(two / YEAR)
    with pytest.raises(sequencer.Diverged, match=f"one remembers the shard {ORIGIN}/{YEAR}"):
        agreement.check_elsewhere()


@pytest.mark.django_db(transaction=True)
def test_the_worker_ends_what_the_command_began(log: Path) -> None:
    sequencer.close(YEAR)
    for duty in background.duties():
        duty.act()
        duty.act()
    assert parse_policy(documents.policy(YEAR) or "").logs[0].key.name == f"{ORIGIN}/{YEAR}"
    assert sequencer.is_idle()


def test_a_log_that_never_said_it_was_opened_is_closed_all_the_same(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    shake()
    sequencer.advance()
    assert sequencer.close(YEAR) is True
    sequencer.advance()
    assert [parse(proofs.entry(index)).kind for index in range(3)] == [
        "sample.shaken",
        "shard.closed",
        "shard.opened",
    ]
    assert "Verified" in run("verify")
