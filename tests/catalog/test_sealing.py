"""What shows a performer is unreadable on the disk, and readable from anywhere within."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from catalog import sealing
from catalog.models import Asset
from catalog.objects import object_store
from catalog.objects_folder import LocalObjectStore
from catalog.pictures import make_pictures_pending
from catalog.sealing import CHUNK_BYTES, Keyring, SealBroken, SealingStore, plain_size, seal
from tests import factories
from tests.catalog.media import picture, write_film

OLD, NEW = Keyring((b"o" * 32,)), Keyring((b"n" * 32, b"o" * 32))
KEY = "sealed/masters/AAAA2222/one"


@pytest.fixture
def inner(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "objects")


@pytest.fixture
def store(inner: LocalObjectStore) -> SealingStore:
    return SealingStore(inner, lambda: OLD)


def content(length: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(length))


@given(
    length=st.sampled_from(
        [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 150_000]
    ),
    start=st.integers(0, 160_000),
    wanted=st.integers(0, 160_000),
)
def test_every_stretch_reads_as_the_plain_file_would(
    tmp_path_factory: pytest.TempPathFactory, length: int, start: int, wanted: int
) -> None:
    store = SealingStore(LocalObjectStore(tmp_path_factory.mktemp("objects")), lambda: OLD)
    plain = content(length)
    store.put_bytes(KEY, plain)
    assert store.size(KEY) == length
    assert b"".join(store.read_range(KEY, start, wanted)) == plain[start : start + wanted]
    with store.open(KEY) as file:
        file.seek(start)
        assert file.read(wanted) == plain[start : start + wanted]


def test_the_disk_holds_nothing_of_the_content(store: SealingStore, tmp_path: Path) -> None:
    plain = b"the face of a person " * 10_000
    store.put_bytes(KEY, plain)
    store.put_bytes("masters/AAAA2222/two", plain)
    kept = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert b"the face of a person" not in kept["one"]
    assert kept["two"] == plain


def test_a_changed_cut_or_exchanged_object_is_refused(
    store: SealingStore, inner: LocalObjectStore
) -> None:
    store.put_bytes(KEY, content(3 * CHUNK_BYTES))
    with inner.open(KEY) as file:
        sealed = file.read()
    sealed_chunk = CHUNK_BYTES + 16
    header = len(sealed) - 3 * sealed_chunk
    changed = bytearray(sealed)
    changed[header + 5] ^= 1
    swapped = (
        sealed[:header]
        + sealed[header + sealed_chunk : header + 2 * sealed_chunk]
        + sealed[header : header + sealed_chunk]
        + sealed[header + 2 * sealed_chunk :]
    )
    for other in (bytes(changed), swapped, sealed[:-sealed_chunk], b"EDGESEAL1"):
        inner.put_bytes(KEY, other)
        with pytest.raises(SealBroken):
            b"".join(store.read_range(KEY, 0, 3 * CHUNK_BYTES))
    inner.put_bytes("sealed/masters/AAAA2222/other", sealed)
    with pytest.raises(SealBroken, match="another object"):
        store.open("sealed/masters/AAAA2222/other")


def test_a_new_key_opens_the_old_and_seals_anew(
    store: SealingStore, inner: LocalObjectStore
) -> None:
    store.put_bytes(KEY, content(100))
    both = SealingStore(inner, lambda: NEW)
    assert both.seal_anew() == 1
    assert both.seal_anew() == 0
    only_new = SealingStore(inner, lambda: Keyring((b"n" * 32,)))
    with only_new.open(KEY) as file:
        assert file.read() == content(100)
    with pytest.raises(SealBroken, match="EDGECODE_SEALING_KEYS"):
        store.open(KEY)


def test_copies_and_local_files_are_sealed_and_opened_on_the_way(
    store: SealingStore, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content(70_000))
    store.adopt(path, KEY)
    assert not path.exists()
    store.copy(KEY, "sealed/masters/AAAA2222/copy")
    with store.local_copy("sealed/masters/AAAA2222/copy") as local:
        assert local.read_bytes() == content(70_000)
        assert local.stat().st_mode & 0o077 == 0
    assert not local.exists()


def test_no_link_leads_around_the_seal(store: SealingStore) -> None:
    with pytest.raises(ValueError, match="sealed"):
        store.read_link(KEY, seconds=60, filename="a")
    upload = store.begin_upload(KEY, size_bytes=1, part_bytes=5 * 2**20)
    link = store.part_link(upload, 1, "0" * 64, seconds=60)
    assert link.url.startswith("/objects/parts/")


def test_a_short_file_says_how_long_it_is() -> None:
    target = io.BytesIO()
    seal(io.BytesIO(b"abc"), target, KEY, OLD)
    assert plain_size(len(target.getvalue())) == 3


@pytest.mark.django_db
def test_all_files_of_a_likeness_are_sealed_and_those_of_a_title_are_not(
    var_dir: Path, settings: Settings, tmp_path: Path
) -> None:
    agency, studio = factories.talent(), factories.studio()
    shown = write_film(tmp_path / "face.mp4", [picture(0), picture(1)])
    face = factories.asset(agency, factories.likeness(agency), shown)
    film = factories.words(studio, factories.title(studio))
    make_pictures_pending()
    face.refresh_from_db()
    for key in (face.object_key, face.poster_key, face.sheet_key, face.preview_key):
        assert key.startswith(sealing.PREFIX)
        kept = (var_dir / "objects" / key).read_bytes()
        assert kept.startswith(b"EDGESEAL1")
    assert not film.object_key.startswith(sealing.PREFIX)
    with object_store().open(face.object_key) as file:
        assert file.read() == shown.read_bytes()
    left = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).rglob("*") if path.is_file()]
    assert not [path for path in left if path.name.startswith("sealing-")]


@pytest.mark.django_db
def test_the_command_seals_what_was_kept_plain(var_dir: Path) -> None:
    agency = factories.talent()
    file = factories.words(agency, factories.likeness(agency))
    plain = file.object_key.removeprefix(sealing.PREFIX)
    object_store().copy(file.object_key, plain)
    object_store().delete(file.object_key)
    Asset.objects.filter(pk=file.pk).update(object_key=plain)
    for _again in range(2):
        call_command("seal", stdout=io.StringIO())
    file = Asset.objects.get(pk=file.pk)
    assert file.object_key == sealing.PREFIX + plain
    assert not (var_dir / "objects" / plain).exists()
    with object_store().open(file.object_key) as opened:
        assert b"Hello" in opened.read()
