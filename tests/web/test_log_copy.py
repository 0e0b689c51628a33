"""The log's copy in another place, as its pages show it."""

import hashlib
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from ledger import mirror, proofs, sequencer
from tests import factories
from tests.web.reading import text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Shelf:
    """A bucket in memory; unreachable on demand."""

    name = "s3://shelf/log"

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.is_gone = False

    def get(self, key: str) -> tuple[bytes, str] | None:
        if self.is_gone:
            raise OSError("nobody answers")
        raw = self.held.get(key)
        return None if raw is None else (raw, hashlib.sha256(raw).hexdigest())

    def put_new(self, key: str, raw: bytes, **headers: str) -> bool:
        return self.held.setdefault(key, raw) is raw

    def replace(self, key: str, raw: bytes, version: str | None, **headers: str) -> bool:
        self.held[key] = raw
        return True

    def keys(self, prefix: str) -> list[str]:
        return [key for key in self.held if key.startswith(prefix)]

    def delete(self, key: str) -> None:
        self.held.pop(key, None)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Shelf:
    """A log of a few entries, and an empty place for its copy."""
    factories.title(factories.studio())
    sequencer.advance()
    made = Shelf()
    settings.ENV = settings.ENV.model_copy(update={"ledger_mirror_bucket": "shelf"})
    monkeypatch.setattr(mirror, "bucket", lambda: made)
    return made


def state(client: Client) -> str:
    cache.clear()
    return words(client.get("/ledger/about/copy/"))


def test_how_far_the_copy_is_stands_in_one_line(client: Client, shelf: Shelf) -> None:
    size = proofs.folder().size()
    assert f"0 entries, {size} behind" in state(client)
    mirror.update(shelf)
    assert f"all {size} entries, under the same root" in state(client)
    factories.title(factories.studio())
    sequencer.advance()
    assert f"{size} entries, {proofs.folder().size() - size} behind" in state(client)
    shelf.is_gone = True
    assert "cannot be reached at the moment" in state(client)


@pytest.mark.parametrize("held", [b"", b"not a note", b"\xff\xff"])
def test_a_copy_of_something_else_is_said_to_be_that(
    client: Client, shelf: Shelf, held: bytes
) -> None:
    shelf.held["checkpoint"] = held
    assert "holds another log than this one" in state(client)


def test_the_copy_is_asked_once_a_minute_and_holds_no_page_up(client: Client, shelf: Shelf) -> None:
    mirror.update(shelf)
    size = proofs.folder().size()
    assert f"all {size} entries" in state(client)
    shelf.is_gone = True
    piece = client.get("/ledger/about/copy/", headers={"HX-Request": "true"})
    assert f"all {size} entries" in words(piece)
    assert "<html" not in text(piece)
    cache.clear()
    for address in ("/ledger/", "/ledger/about/"):
        page = text(client.get(address))
        assert 'hx-get="/ledger/about/copy/"' in page
        assert "s3://" not in page


def test_a_copy_of_a_damaged_log_is_one_line(client: Client, shelf: Shelf, var_dir: Path) -> None:
    mirror.update(shelf)
    (var_dir / "ledger" / "checkpoint").write_text("no note")
    cache.clear()
    assert client.get("/ledger/about/copy/").status_code == 503
