"""Which engine decided is in the log before its first verdict, once."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from ledger.models import Event
from licensing.clearance.verdict import ENGINE
from licensing.verdicts.engine import publish_engine, source_sha256, warn_of_other_source
from tests import factories
from tests.accounts.witness import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def told() -> list[Event]:
    return list(Event.objects.filter(kind="engine.published"))


def test_the_engine_is_published_before_its_first_verdict() -> None:
    studio, lab = factories.studio(), factories.lab()
    film = factories.offered_words(studio)
    assert told() == []
    factories.deal(lab, [film])
    factories.deal(lab, [film])
    (event,) = told()
    first = Event.objects.filter(kind="clearance.decided").earliest("pk")
    assert event.pk < first.pk
    assert event.stream_id == f"engine:{ENGINE.replace('/', '-')}"
    assert first.facts().data["engine"] == ENGINE
    assert event.facts().data == {"sha256": source_sha256()}


def test_many_that_start_together_publish_it_once() -> None:
    assert at_once(*[publish_engine] * 5) == [None] * 5
    assert len(told()) == 1


def test_anybody_computes_the_hash_with_sha256sum() -> None:
    find = r"find licensing/clearance catalog/scope \( -name '*.py' -o -name '*.json' \)"
    command = f"{find} | LC_ALL=C sort | xargs sha256sum"
    lines = subprocess.run(  # noqa: S602
        command, shell=True, cwd=settings.BASE_DIR, check=True, capture_output=True
    )
    assert hashlib.sha256(lines.stdout).hexdigest() == source_sha256()


def test_another_source_under_the_same_version_is_warned_of(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish_engine()
    warn_of_other_source()
    assert caplog.messages == []
    monkeypatch.setattr("licensing.verdicts.engine.source_sha256", lambda: "0" * 64)
    warn_of_other_source()
    assert caplog.messages == [
        "clearance/1 was published with another source: count up ENGINE when it changes"
    ]
