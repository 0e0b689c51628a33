"""A file that is byte for byte one we delivered was read before it was; others are read anew."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from accounts.access import Actor
from catalog.objects import object_store
from edgecode.verify import codes
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from provenance.models import Credential
from provenance.verification import readings
from provenance.verification.host import HOST
from provenance.verification.inspection import inspect
from provenance.verification.report import Report, Verdict, verify_file
from tests import factories
from tests.provenance.delivered import Licensed, licence, saved
from tests.worlds import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of the files that were read in the limited process from here on."""
    asked: list[str] = []
    ask = HOST.ask

    def told(request: dict[str, Any], *rest: Any) -> dict[str, Any] | None:
        asked.append(request["mime"])
        return ask(request, *rest)

    monkeypatch.setattr(HOST, "ask", told)
    return asked


@kept
def licensed_film() -> Licensed:
    studio = factories.studio()
    found = licence(studio, factories.offered_film(studio))
    advance()
    return found


@pytest.fixture
def studio(licensed_film: Licensed) -> Actor:
    return licensed_film.studio


@pytest.fixture
def delivered(licensed_film: Licensed, tmp_path: Path) -> Path:
    return saved(licensed_film.credential, tmp_path / "film.mp4")


def report(film: Path) -> Report:
    sha256 = hashlib.sha256(film.read_bytes()).hexdigest()
    return verify_file(film, filename="film.mp4", mime="video/mp4", sha256=sha256)


def test_the_delivered_bytes_are_read_once(delivered: Path, read: list[str]) -> None:
    first, kept = report(delivered), report(delivered)
    assert (kept.verdict, read) == (Verdict.AUTHORISED, ["video/mp4"])
    anew = verify_file(delivered, filename="film.mp4", mime="video/mp4")
    assert read == ["video/mp4"] * 2
    assert first.inspection == kept.inspection == anew.inspection


def test_one_changed_byte_is_read_and_found(delivered: Path, read: list[str]) -> None:
    film = bytearray(delivered.read_bytes())
    film[len(film) // 2] ^= 1
    delivered.write_bytes(film)
    assert (report(delivered).verdict, read) == (Verdict.ALTERED, ["video/mp4"])


def test_what_ended_since_is_told_all_the_same(
    studio: Actor, delivered: Path, read: list[str]
) -> None:
    report(delivered)
    grant = Credential.objects.get().granted_asset.grant
    revoke_grant(actor=studio, code=grant.code, reason="Rights lost")
    assert (report(delivered).verdict, read) == (Verdict.ENDED, ["video/mp4"])


def test_a_reading_lasts_no_longer_than_the_licensors_certificate(
    delivered: Path, read: list[str]
) -> None:
    report(delivered)
    seen = inspect(delivered, mime="video/mp4", crjson=True)
    until = datetime.fromisoformat(codes.identity_until(seen.crjson or {}, seen.said_in))
    del read[:]
    with time_machine.travel(until - timedelta(minutes=1)):
        report(delivered)
        assert read == []
    with time_machine.travel(until):
        report(delivered)
        assert read == ["video/mp4"]


@pytest.mark.parametrize("spoil", ["roots", "damaged", "missing"])
def test_a_reading_that_does_not_hold_is_not_believed(
    delivered: Path, read: list[str], spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(delivered)
    key = readings.key_of(Credential.objects.get())
    if spoil == "roots":
        monkeypatch.setattr(readings, "_reader", lambda: "another reader")
    elif spoil == "damaged":
        object_store().delete(key)
        object_store().put_bytes(key, b"no reading")
    else:
        object_store().delete(key)
    assert (report(delivered).verdict, read) == (Verdict.AUTHORISED, ["video/mp4"] * 2)
