import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from edgecode.audit.rules import Replay
from edgecode.log import schema
from edgecode.log.policy import parse_policy
from ledger import documents, kinds, proofs, sequencer
from ledger.append import append
from ledger.documents import open_log, publish, publish_documents, publish_kinds
from ledger.models import Document, Event
from tests.ledger.conftest import ACTOR, together

BEGINNING = ["log.opened", "kinds.published", "key.published", "policy.published"]


def recorded() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def newest(stream: str) -> Event:
    return Event.objects.filter(stream=stream).latest("version")


@pytest.mark.django_db
def test_a_new_log_begins_by_saying_what_it_is(var_dir: Path) -> None:
    publish_documents()
    assert recorded() == BEGINNING
    first = Event.objects.order_by("id")[0].facts()
    assert first.stream.startswith("log:20")
    assert first.data == {"origin": "edgecode.localhost/ledger"}


@pytest.mark.django_db
def test_a_log_that_has_begun_gets_no_beginning(var_dir: Path, shake: Callable[..., Event]) -> None:
    shake()
    publish_documents()
    assert recorded() == ["sample.shaken", *BEGINNING[1:]]


@pytest.mark.django_db
def test_what_is_published_already_is_not_published_again(var_dir: Path) -> None:
    publish_documents()
    publish_documents()
    assert recorded() == BEGINNING


@pytest.mark.django_db
def test_the_kinds_document_declares_every_kind(var_dir: Path, client: Client) -> None:
    publish_kinds()
    data = newest("document:kinds").facts().data
    answer = client.get(f"/ledger/documents/{data['sha256']}")
    assert hashlib.sha256(answer.content).hexdigest() == data["sha256"]
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    declared = schema.load(answer.content)
    assert list(declared.values()) == kinds.registered()
    assert data["kinds"] == len(declared)


@pytest.mark.django_db
def test_a_new_kind_is_published_and_the_older_document_stays(
    var_dir: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_kinds()
    before = str(newest("document:kinds").facts().data["sha256"])
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    kinds.register("sample.painted", subject="sample", meaning="For this test only.")
    publish_kinds()
    after = str(newest("document:kinds").facts().data["sha256"])
    assert newest("document:kinds").version == 2
    assert "sample.painted" not in schema.load(client.get(f"/ledger/documents/{before}").content)
    assert "sample.painted" in schema.load(client.get(f"/ledger/documents/{after}").content)


@pytest.mark.django_db
def test_the_policy_lets_an_auditor_judge_the_checkpoint(var_dir: Path, client: Client) -> None:
    publish_documents()
    sequencer.advance()
    answer = client.get("/ledger/policy")
    assert answer["Cache-Control"] == "public, max-age=1"
    named = newest("document:policy").facts().data["sha256"]
    assert hashlib.sha256(answer.content).hexdigest() == named
    policy = parse_policy(answer.content)
    standing = policy.check(proofs.checkpoint() or "")
    assert standing.checkpoint.size == 4
    assert policy.logs[0].url == "http://127.0.0.1:8000/ledger"


@pytest.mark.django_db
def test_a_lost_or_damaged_file_of_a_document_is_made_again(var_dir: Path) -> None:
    publish_documents()
    files = {path: path.read_bytes() for path in (var_dir / "ledger/documents").iterdir()}
    lost, damaged = files
    lost.unlink()
    damaged.write_bytes(b"cut")
    (var_dir / "ledger/policy").unlink()
    publish_documents()
    assert {path: path.read_bytes() for path in (var_dir / "ledger/documents").iterdir()} == files
    assert documents.policy() in [raw.decode() for raw in files.values()]
    assert recorded() == BEGINNING


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["documents/0", "documents/..%2Fpolicy", "documents/" + "0" * 64])
def test_other_names_are_no_documents(var_dir: Path, client: Client, name: str) -> None:
    publish_documents()
    assert client.get(f"/ledger/{name}").status_code == 404
    assert client.get("/ledger/policy").status_code == 200


@pytest.mark.django_db
def test_nothing_is_served_before_it_is_published(var_dir: Path, client: Client) -> None:
    assert client.get("/ledger/policy").status_code == 404


@pytest.mark.django_db
def test_an_export_carries_policy_and_documents(var_dir: Path, tmp_path: Path) -> None:
    publish_documents()
    sequencer.advance()
    call_command("ledger", "export", str(tmp_path / "copy"))
    for path in ["policy", *(f"documents/{one.sha256}" for one in Document.objects.all())]:
        assert (tmp_path / "copy" / path).read_bytes() == (var_dir / "ledger" / path).read_bytes()
    assert Document.objects.count() == 2


@pytest.mark.django_db
def test_the_rules_of_the_audit_accept_these_entries(var_dir: Path) -> None:
    publish_documents()
    given = {row.sha256: row.text.encode() for row in Document.objects.all()}
    replay = Replay(documents=given, kinds={kind.name: kind for kind in kinds.registered()})
    events = Event.objects.order_by("id")
    found = [replay.entry(index, event.facts()) for index, event in enumerate(events)]
    assert [*found, replay.end()] == [[]] * 5


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_start_together_publish_once(var_dir: Path) -> None:
    assert together(*[publish_documents] * 6) == []
    assert sorted(recorded()) == sorted(BEGINNING)
    assert recorded()[0] == "log.opened"


@pytest.mark.django_db(transaction=True)
def test_of_many_that_publish_different_texts_each_is_recorded_once(var_dir: Path) -> None:
    def publishing(text: str) -> Callable[[], None]:
        return lambda: publish("policy", text)

    assert together(*[publishing(text) for text in "aabb"]) == []
    facts = [event.facts() for event in Event.objects.order_by("version")]
    hashes = [fact.data["sha256"] for fact in facts]
    assert all(one != other for one, other in pairwise(hashes))
    assert [fact.stream_version for fact in facts] == list(range(1, len(facts) + 1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("not os.environ.get('DATABASE_URL')", reason="SQLite has one writer")
def test_a_first_event_under_way_is_waited_for(var_dir: Path) -> None:
    started, wrote = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            append("sample.shaken", stream="sample:S1", actor=ACTOR)
            started.set()
            wrote.wait(1)

    def begin() -> None:
        started.wait(10)
        open_log()

    assert together(write, begin) == []
    assert recorded() == ["sample.shaken"]  # it was first: the log has no other beginning


@pytest.mark.long
def test_migrating_by_hand_begins_the_log(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "EDGECODE_DEBUG": "true",
        "EDGECODE_VAR_DIR": str(tmp_path),
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    for command in ([*migrate, "--plan"], migrate, migrate):
        subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=True)
    with closing(sqlite3.connect(tmp_path / "edgecode.sqlite3")) as database:
        kinds = database.execute("SELECT kind FROM ledger_event ORDER BY id").fetchall()
    assert kinds == [("log.opened",), ("kinds.published",)]
