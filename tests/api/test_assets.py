"""Sending files, and looking at them."""

import hashlib
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Asset
from catalog.objects import object_store
from catalog.pictures import make_pictures_pending
from ledger.models import Event
from tests import factories
from tests.api.callers import Caller

FILM = {"kind": "film", "name": "Big Buck Bunny", "language": "en"}
SENT = "filename=bunny.mp4&source_type=digitalCreation"


pytestmark = pytest.mark.usefixtures("var_dir")


@pytest.fixture
def film() -> bytes:
    return factories.film_path().read_bytes()


@pytest.fixture
def path(studio: Caller) -> str:
    return f"titles/{studio.post('titles/', FILM).data['code']}/assets/"


def test_a_film_is_sent_verified_and_looked_at(studio: Caller, path: str, film: bytes) -> None:
    sha256 = hashlib.sha256(film).hexdigest()
    headers = {"X_Content_SHA256": sha256.upper(), "Idempotency_Key": "a"}
    made = studio.upload(f"{path}?{SENT}", film, **headers)
    assert made.status == 201
    assert (made.data["sha256"], made.data["size_bytes"]) == (sha256, len(film))
    assert made.data["facts"]["video_codec"] == "h264"
    code = made.data["code"]
    assert code.endswith("+001")
    replayed = studio.upload(f"{path}?{SENT}", film, **headers)
    assert (replayed.status, replayed.data) == (201, made.data)
    again = studio.upload(f"{path}?{SENT}", film)
    assert (again.status, again.data["code"]) == (200, code)
    assert Asset.objects.count() == 1
    plus, escaped, dashed = (code, code.replace("+", "%2B"), code.replace("+", "-"))
    for written in (plus, escaped, dashed):
        assert studio.get(f"assets/{written}/").data == made.data
    assert made.data["poster_url"] is None
    assert studio.get(f"assets/{dashed}/poster").status == 404
    make_pictures_pending()
    shown = studio.get(f"assets/{dashed}/").data
    poster = studio.get(shown["poster_url"])
    assert poster.headers["Content-Type"] == "image/jpeg"
    assert poster.content.startswith(b"\xff\xd8")
    assert studio.get(shown["preview_url"]).headers["Content-Type"] == "video/mp4"
    assert [one["code"] for one in studio.get(path).data["results"]] == [code]


def test_a_file_of_others_does_not_exist(
    studio: Caller, outsider: Caller, lab: Caller, path: str
) -> None:
    title = factories.title(studio.actor)
    code = factories.asset(studio.actor, title).code
    for stranger in (outsider, lab):
        assert stranger.get(f"assets/{code}/").status == 404
        assert stranger.get(f"assets/{code}/poster").status == 404
        assert stranger.upload(f"{path}?{SENT}", b"x").status == 404
    assert studio.get("assets/7K3F2Q9D-001/").status == 404
    assert studio.get("assets/7K3F2Q9D/").status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filename=b.mp4", "source_type"),
        ("source_type=digitalCreation", "filename"),
        (f"{SENT}&language=en", "language"),
        ("filename=%00&source_type=digitalCreation", "filename"),
        ("filename=b.mp4&source_type=dreamt", "source_type"),
        (f"{SENT}&kind=audio", "kind"),
    ],
)
def test_a_wrong_parameter_is_named(
    studio: Caller, path: str, film: bytes, query: str, field: str
) -> None:
    refused = studio.upload(f"{path}?{query}", film)
    assert (refused.status, refused.fields) == (422, [field])
    _nothing_stored()


def test_bytes_that_are_no_film_are_refused(studio: Caller, path: str, film: bytes) -> None:
    for content, query in [
        (b"", SENT),
        (film[: len(film) // 2], SENT),
        (film, "filename=bunny.wav&source_type=digitalCreation"),
        (b"PK\x03\x04" + b"\0" * 1000, "filename=bunny.zip&source_type=digitalCreation"),
        (b"MZ" + b"\0" * 1000, SENT),
    ]:
        refused = studio.upload(f"{path}?{query}", content)
        assert (refused.status, refused.fields) == (422, ["file"])
    _nothing_stored()


def test_another_hash_than_announced_is_refused(studio: Caller, path: str, film: bytes) -> None:
    wrong = studio.upload(f"{path}?{SENT}", film, X_Content_SHA256="0" * 64)
    assert (wrong.status, wrong.fields) == (422, ["sha256"])
    malformed = studio.upload(f"{path}?{SENT}", film, X_Content_SHA256="abc")
    assert (malformed.status, malformed.fields) == (422, ["X-Content-SHA256"])
    _nothing_stored()


def test_a_key_that_may_only_read_sends_nothing(studio: Caller, path: str, film: bytes) -> None:
    reader = Caller(secret=factories.api_key(studio.actor, scopes=["read"]))
    assert reader.upload(f"{path}?{SENT}", film).status == 403
    _nothing_stored()


def test_the_same_idempotency_key_for_other_bytes_is_refused(
    studio: Caller, path: str, film: bytes
) -> None:
    assert studio.upload(f"{path}?{SENT}", film, Idempotency_Key="a").status == 201
    refused = studio.upload(f"{path}?{SENT}", film + b"\0", Idempotency_Key="a")
    assert (refused.status, refused.fields) == (422, ["Idempotency-Key"])
    assert Asset.objects.count() == 1


def test_a_list_of_files_costs_the_same_whatever_its_length(studio: Caller) -> None:
    title = factories.title(studio.actor)
    factories.asset(studio.actor, title)
    counts = []
    for name in ("one", "two"):
        path = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{name}.srt"
        path.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{name}\n")
        factories.asset(studio.actor, title, path)
        studio.get("me/")
        with CaptureQueriesContext(connection) as queries:
            assert studio.get(f"titles/{title.code}/assets/").status == 200
        counts.append(len(queries))
    assert counts == [3, 3]


def _nothing_stored() -> None:
    assert not Asset.objects.exists()
    assert not Event.objects.filter(kind="asset.registered").exists()
    assert list(object_store().keys("masters/")) == []
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*")) == []


def test_a_body_in_chunks_is_refused_with_the_reason(studio: Caller) -> None:
    """It would look empty; that is not what is wrong with it."""
    answer = studio.send("POST", "titles/", b"", "application/json", Transfer_Encoding="chunked")
    assert answer.status == 411
