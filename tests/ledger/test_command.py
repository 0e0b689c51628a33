import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ledger import append_only, sequencer
from ledger.append import append, erase
from ledger.models import Event, Opening
from tests.ledger.conftest import ACTOR

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("ledger", *map(str, arguments), stdout=out, no_color=True)
    return out.getvalue()


def failure(*arguments: object) -> str:
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("ledger", *map(str, arguments), stdout=out, no_color=True)
    return out.getvalue() + str(caught.value)


@pytest.fixture
def log(var_dir: Path) -> Path:
    with transaction.atomic():
        for name in ("A", "B"):
            append(
                "sample.made",
                stream=f"sample:{name}",
                actor=ACTOR,
                data={"colour": "red"},
                private={"name": f"Sample {name}"},
            )
    erase("sample:A", actor=ACTOR)
    sequencer.advance()
    return var_dir / "ledger"


def test_advance_says_where_the_log_stands(var_dir: Path, shake: Callable[..., Event]) -> None:
    assert run("advance").startswith("4 entries, root ")  # what the log says of itself
    shake()
    assert run("advance").startswith("5 entries, root ")


def test_an_honest_log_verifies(log: Path) -> None:
    text = run("verify")
    assert "Checked    3 entries in 2 streams, 1 tiles, 1 earlier checkpoints, the database" in text
    assert text.endswith("Verified\n")


def test_there_is_nothing_to_verify_before_the_first_checkpoint(var_dir: Path) -> None:
    assert "holds no log" in failure("verify")


def test_a_flipped_byte_fails_and_names_the_entry(log: Path) -> None:
    bundle = log / "tile/entries/000.p/3"
    raw = bytearray(bundle.read_bytes())
    raw[20] ^= 1
    bundle.write_bytes(bytes(raw))
    text = failure("verify")
    assert "Problem    entry 0: tile/entries/000.p/3 and tile/0/000.p/3 differ" in text
    assert "the log does not verify" in text


def edit(change: Callable[[], object]) -> None:
    append_only.drop(connection)
    change()
    append_only.create(connection)


FORGERIES: list[tuple[Callable[[], object], str]] = [
    (lambda: edit(lambda: Event.objects.filter(version=2).update(kind="a.b")), "entry 2: the col"),
    (lambda: edit(lambda: Event.objects.update(leaf=b"{}")), "entry 0: the event in the database"),
    (lambda: append_only.drop(connection), "trigger ledger_entry_no_delete is missing"),
    (lambda: Opening.objects.all().delete(), "entry 1: the opening of name is missing"),
    (lambda: Opening.objects.update(value='"X"'), "entry 1: the opening of name does not open"),
    (lambda: Opening.objects.update(value="X"), "entry 1: the opening of name does not open"),
    (lambda: Opening.objects.update(name="owner"), "entry 1: an opening of owner, which was not"),
    (
        lambda: Opening.objects.update(event=Event.objects.get(stream="sample:A", version=1)),
        "entry 0: the opening of name is here although it was erased",
    ),
    (
        lambda: connection.cursor().execute("UPDATE ledger_stream SET version = 9"),
        "stream sample:A says version 9, its events 2",
    ),
]


@pytest.mark.parametrize(("forge", "message"), FORGERIES)
def test_a_forged_database_is_found_out(
    log: Path, forge: Callable[[], object], message: str
) -> None:
    forge()
    assert message in failure("verify")


def test_an_export_verifies_without_the_database(log: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    assert f"3 entries copied to {target}" in run("export", target)
    shutil.rmtree(log)
    Opening.objects.all().delete()
    text = run("verify", "--folder", target)
    assert "the database" not in text
    assert text.endswith("Verified\n")
    names = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert names == [
        "checkpoint",
        "checkpoints/3",
        "log.vkey",
        "tile/0/000.p/3",
        "tile/entries/000.p/3",
    ]


def test_an_auditor_brings_the_key_they_trust(log: Path) -> None:
    stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert "not signed by PeterNeumann" in failure("verify", "--vkey", stranger)
    assert "vkey" in failure("verify", "--vkey", "nonsense")


def test_an_empty_key_is_not_the_key_of_the_folder(log: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "copy")
    assert "not a vkey" in failure("verify", "--folder", tmp_path / "copy", "--vkey", "")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("ledger_logstate", ["close-shard", "2027"]),
        ("ledger_opening", ["erase", "sample:B"]),
        ("ledger_event", ["advance"]),
    ],
)
def test_a_database_that_is_not_up_to_date_is_one_line(
    log: Path, table: str, words: list[str]
) -> None:
    connection.cursor().execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    said = failure(*words)
    assert said.startswith("the database: ")
    assert said.endswith("is it there, and up to date (`manage.py migrate`)?")
    assert "\n" not in said


def test_a_file_that_is_not_there_is_named_without_an_error_number(tmp_path: Path) -> None:
    words = ("--policy", tmp_path / "gone", "--key", tmp_path / "k", "--state", tmp_path / "s")
    said = failure("witness", *words, "--name", "w.example")
    assert said == f"{tmp_path / 'gone'}: No such file or directory"


def test_an_export_overwrites_nothing(log: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.mkdir()
    assert "exists" in failure("export", target)
    assert list(target.iterdir()) == []


def test_a_failed_export_leaves_nothing(log: Path, tmp_path: Path) -> None:
    (log / "tile/0/000.p/3").unlink()
    failure("export", tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["var"]


def test_nothing_is_exported_before_the_first_checkpoint(var_dir: Path, tmp_path: Path) -> None:
    assert "nothing is published yet" in failure("export", tmp_path / "copy")
