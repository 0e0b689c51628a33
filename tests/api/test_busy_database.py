"""SQLite while somebody else writes: who waits, for how long, and what the reader is told."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from accounts.models import Organisation
from ledger.sqlite import base
from tests import factories
from tests.web.reading import signed_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers"),
]


@contextmanager
def somebody_writes() -> Iterator[sqlite3.Connection]:
    """Hold the database as another process does that writes for long."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@pytest.mark.parametrize("in_transaction", [True, False])
def test_who_has_something_to_write_waits_for_its_moment(in_transaction: bool) -> None:
    organisation = factories.studio("Before").organisation
    assert organisation is not None
    begun = threading.Event()

    def write() -> None:
        mine = Organisation.objects.filter(pk=organisation.pk)
        begun.set()
        if in_transaction:
            with transaction.atomic():
                mine.update(name="After")
        else:
            mine.update(name="After")
        connections.close_all()

    with somebody_writes() as other:
        thread = threading.Thread(target=write)
        thread.start()
        begun.wait()
        assert Organisation.objects.get().name == "Before"  # readers wait for nobody
        other.execute("COMMIT")
        thread.join()
    assert Organisation.objects.get().name == "After"


def test_who_waits_in_vain_hears_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = factories.studio()
    page = signed_in(studio)
    page.raise_request_exception = False
    program = Client(raise_request_exception=False)
    key = {"Authorization": f"Bearer {factories.api_key(studio)}"}
    body = {"kind": "film", "name": "Late", "language": "en"}
    monkeypatch.setattr(base, "MOST_SECONDS", 0.05)
    with somebody_writes():
        told = program.post("/api/v1/titles/", body, "application/json", headers=key)
        shown = page.post("/titles/new/", body)
    assert (told.status_code, told["Retry-After"]) == (503, "5")
    assert told.json()["detail"] == "The database does not answer just now. Try again in a moment."
    assert (shown.status_code, shown["Retry-After"]) == (503, "5")
    assert "The database does not answer just now" in shown.content.decode()
    assert program.post("/api/v1/titles/", body, "application/json", headers=key).status_code == 201


def test_what_can_never_be_written_is_not_waited_for() -> None:
    organisation = factories.studio().organisation
    assert organisation is not None
    with closing(connection.cursor()) as question:
        question.execute("SELECT name FROM django_migrations")
        question.fetchone()  # and there is more: the question stays open
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
            other.execute("UPDATE accounts_organisation SET name = 'Overtaken'")
            other.commit()
        with pytest.raises(OperationalError, match="locked"):
            Organisation.objects.update(name="Too late")
