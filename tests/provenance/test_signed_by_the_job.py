"""What the signing job delivers, from the records: it conforms, and it names nobody."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.access import Actor
from catalog.clips import cut_pending
from catalog.models import Asset
from ledger.sequencer import advance
from licensing.deals.requests import Clips, add_assets, submit_request
from licensing.deals.transitions import approve_deal
from licensing.models import Grant
from provenance.credentials import preparing
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, CredentialForm, PreparedFile
from tests import factories
from tests.catalog.test_cutting import made_film
from tests.provenance import rubric
from tests.provenance.delivered import content, saved, sidecar
from tests.provenance.emitted import Emitted
from tests.provenance.first_opinion import read
from tests.provenance.second_opinion import opinion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

SPAN = [1000, 2000]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


def offered(studio: Actor, path: Path) -> Asset:
    title = factories.title(studio)
    file = factories.asset(studio, title, path)
    factories.ownership(studio, title)
    factories.offer(studio, title)
    return file


def granted(owner: Actor, lab: Actor, *assets: Any, **scope: Any) -> Grant:
    request = factories.draft(lab, [], **scope)
    add_assets(actor=lab, code=request.code, assets=assets)
    submit_request(actor=lab, code=request.code)
    return factories.paid(owner, approve_deal(actor=owner, code=request.deals.get().code))


def delivered(grant: Grant) -> list[Emitted]:
    advance()
    sign_pending()
    while cut_pending():
        sign_pending()
    files = []
    for credential in Credential.objects.filter(granted_asset__grant=grant):
        assert credential.state == "done", credential.problem
        beside = sidecar(credential) if credential.form == CredentialForm.SIDECAR else None
        clip, asset = credential.clip, credential.granted_asset.asset
        mime = clip.mime if clip is not None else asset.mime
        files.append(Emitted(mime, content(credential), beside))
    return files


def assert_conforms(file: Emitted) -> None:
    reading = read(file)
    assert reading is not None
    assert rubric.failing(reading.crjson) == set()
    assert (reading.state, opinion(file).state, opinion(file).fails) == (
        "Trusted", "Trusted", frozenset(),
    )  # fmt: skip


def test_a_film_a_part_of_it_and_its_subtitles_conform(
    studio: Actor, lab: Actor, tmp_path: Path
) -> None:
    film, words = offered(studio, made_film(tmp_path / "film.mp4")), factories.offered_words(studio)
    grant = granted(studio, lab, Clips(film.code, [SPAN]), Clips(words.code, []))
    files = delivered(grant) + delivered(factories.grant(studio, factories.lab(), [film]))

    kinds = sorted((file.mime, file.sidecar is not None) for file in files)
    assert kinds == [("application/x-subrip", True), ("video/mp4", False), ("video/mp4", False)]
    for file in files:
        assert_conforms(file)


def test_what_a_licensee_licenses_on_conforms_whole_and_in_part(
    studio: Actor, lab: Actor, tmp_path: Path
) -> None:
    film = offered(studio, made_film(tmp_path / "film.mp4"))
    delivered(factories.grant(studio, lab, [film]))
    again = offered(studio, saved(Credential.objects.get(), tmp_path / "mine.mp4"))
    for ranges in ([], [SPAN]):
        [file] = delivered(granted(studio, factories.lab(), Clips(again.code, ranges)))
        assert_conforms(file)


def test_who_says_more_than_the_place_holds_gets_a_copy(
    lab: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_ROOM", 0)
    # A manifest says it eight times.
    monkeypatch.setattr(settings, "BASE_URL", f"https://{'licences.' * 80}example")
    studio = factories.studio("꿈" * 200)
    film = offered(studio, made_film(tmp_path / "film.mp4"))
    [whole] = delivered(factories.grant(studio, lab, [film]))
    [part] = delivered(granted(studio, factories.lab(), Clips(film.code, [SPAN])))

    assert PreparedFile.objects.count() == 2
    assert not Credential.objects.filter(prepared__isnull=False).exists()
    for file in (whole, part):
        assert_conforms(file)


def test_a_likeness_is_delivered_with_no_word_about_anybody(tmp_path: Path) -> None:
    agency = factories.talent("Hanbit Talent")
    likeness = factories.likeness(agency)  # of Kim Min
    letter = "Letter of Kim Min's mother, 010-1234-5678"
    factories.consent(agency, likeness, attributes=["face", "voice"], document=letter)
    path = made_film(tmp_path / "김민_Kim Min 1990-05-01.mp4")
    film = factories.asset(agency, likeness, path)
    assert film.filename == path.name
    factories.offer(agency, likeness, uses=["generate.likeness"])
    for ranges in ([], [SPAN]):
        scope = {"uses": ["generate.likeness"]}
        [file] = delivered(granted(agency, factories.lab(), Clips(film.code, ranges), **scope))
        assert_conforms(file)
        reading = read(file)
        assert reading is not None
        said = json.dumps([reading.report, reading.crjson], ensure_ascii=False)
        assert "com.edgecode.consent" in said
        people = ["Kim Min", "김민", "1990-05-01", "mother", "010-1234", "Ada Park", "Generated"]
        places = [str(settings.VAR_DIR), str(tmp_path), film.object_key, ".mp4"]
        for word in (*people, *places, "@talent.example", "@lab.example", "thumbnail"):
            assert word not in said
            assert word.encode() not in file.content
