"""Taking files into the catalogue: each once, numbered without a gap, of whom it belongs to."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.access import Permission
from accounts.errors import Invalid, NotAllowed, NotFound
from catalog.assets import find_owner, register_asset
from catalog.intake import receive
from catalog.models import Asset, Title
from catalog.objects import object_store
from ledger.models import Event
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused

pytestmark = pytest.mark.usefixtures("var_dir")

WORDS = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"


def upload(actor: Any, owner: Any, content: bytes = WORDS, **changes: Any) -> tuple[Asset, bool]:
    given = {"filename": "words.srt", "source_type": "digitalCreation"} | changes
    with receive([content], max_bytes=2**20) as intake:
        return register_asset(actor=actor, owner=owner, intake=intake, **given)


def stored() -> list[str]:
    return list(object_store().keys("masters/"))


@pytest.mark.django_db
def test_real_film_is_examined_stored_and_logged_without_its_name() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    film = factories.asset(studio, title)
    assert film.code == f"{title.code}+001"
    assert (film.kind, film.mime, film.organisation) == (
        "picture",
        "video/mp4",
        studio.organisation,
    )
    assert film.size_bytes == factories.film_path().stat().st_size
    assert object_store().size(film.object_key) == film.size_bytes
    event = last("asset.registered")
    assert event.facts().data == {"asset_kind": "picture"}
    assert refs(event) == {"owner": title.stream}
    assert facts(event)["file"] == {
        "sha256": film.sha256,
        "size_bytes": film.size_bytes,
        "mime": "video/mp4",
        "filename": "bigbuckbunny.mp4",
        "source_type": "digitalCreation",
    }
    assert film.sha256.encode() not in bytes(event.leaf)


@pytest.mark.django_db
def test_the_same_bytes_again_are_the_same_file() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    first, is_new = upload(studio, title)
    count = Event.objects.count()
    again, is_new_again = upload(studio, title, filename="other name.srt")
    assert (again, is_new, is_new_again) == (first, True, False)
    assert Event.objects.count() == count
    other = upload(studio, title, WORDS + b"\n")[0]
    assert other.code == f"{title.code}+002"
    elsewhere = upload(studio, factories.title(studio))[0]
    assert (elsewhere.number, elsewhere.sha256) == (1, first.sha256)


@pytest.mark.django_db(transaction=True)
def test_uploads_at_once_take_numbers_without_gap_or_double() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    contents = [WORDS + b"\n" * number for number in (0, 0, 1, 2)]
    raised = at_once(
        *[lambda content=content: upload(studio, title, content) for content in contents]
    )
    assert raised == [None] * 4
    assert sorted(title.assets.values_list("number", flat=True)) == [1, 2, 3]
    assert Event.objects.filter(kind="asset.registered").count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filename": ""}, "filename"),
        ({"filename": "w" * 256}, "filename"),
        ({"filename": "words\0.srt"}, "filename"),
        ({"filename": "words\ud800.srt"}, "filename"),
        ({"source_type": "dream"}, "source_type"),
        ({"kind": "picture"}, "kind"),
        ({"kind": "film"}, "kind"),
        ({"content": b"\0\1\2 neither text nor film"}, "file"),
        ({"content": b"PK\3\4 not what the name says"}, "file"),
    ],
)
def test_a_refused_file_leaves_nothing(
    change: dict[str, Any], field: str, settings: Settings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "tmp")
    Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir()
    studio = factories.studio()
    title = factories.title(studio)
    with refused(Invalid, field):
        upload(studio, title, **change)
    assert (stored(), title.assets.count()) == ([], 0)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.django_db
def test_a_name_is_kept_without_its_folders() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    sent = ["../../etc/passwd.srt", "C:\\films\\words.srt", " 자막.srt "]
    kept = [
        upload(studio, title, WORDS + b"\n" * number, filename=name)[0].filename
        for number, name in enumerate(sent)
    ]
    assert kept == ["passwd.srt", "words.srt", "자막.srt"]


@pytest.mark.django_db
def test_files_are_added_by_who_holds_the_title_or_likeness() -> None:
    studio, agency = factories.studio(), factories.talent()
    title, likeness = factories.title(studio), factories.likeness(agency)
    only_with(Permission.EDIT_TITLES, studio, lambda actor: upload(actor, title))
    only_with(Permission.EDIT_LIKENESSES, agency, lambda actor: upload(actor, likeness))
    other = factories.studio()
    for owner in (title, likeness):
        with refused(NotFound):
            upload(other, owner)
        with pytest.raises(NotFound):
            find_owner(other, owner.code)
    with refused(NotAllowed):
        upload(agency, title)
    assert (stored(), Title.objects.visible_to(other).count()) == ([], 0)
    assert upload(agency, likeness)[0].organisation == agency.organisation
    assert not Asset.objects.visible_to(studio).exists()
