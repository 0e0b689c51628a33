"""What can be done to a signed file: nobody may call it trusted for what it is not, nor hang."""

import copy
import hashlib
import io
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
import time_machine

from edgecode.verify import Bundle, Name, Reader, Verdict, verify
from provenance import countersign, manifests
from provenance.c2pa_sdk.embedding import make_place, sign_embedded
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signing import Signing
from provenance.trust import pki
from provenance.verification import inspection
from provenance.verification.inspection import Integrity, Trust
from tests.hostile.corpus import (
    NO_INDEX,
    Mutant,
    appended,
    cut_apart,
    index,
    mutants,
    nested_boxes,
    table,
    with_assertions,
)
from tests.provenance.media import MADE, fragments, smooth
from tests.provenance.test_manifests import ASSET, CONSENT, GRANT
from tests.provenance.test_signing import DEFINITION

OCTETS = "application/octet-stream"
SECONDS_MAX = 20
# Bits turned in each part of a file. Signatures are new each time, and so is what the bits are of.
FLIPS = int(os.environ.get("FLIPS", "4"))


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as kept:
        yield kept


def trust() -> Bundle:
    return Bundle(pki.claim_anchor_pem(), pki.time_anchor_pem(), pki.identity_anchor_pem())


def _roots() -> tuple[str, str, str]:
    of = trust()
    return of.claims, of.times, of.identities


@dataclass(frozen=True)
class Seen:
    """One file as the command sees it, and as the server does, from the same reading."""

    verdict: Verdict
    integrity: Integrity
    trust: Trust
    said: str

    @property
    def is_believed(self) -> bool:
        by_server = self.integrity == Integrity.INTACT and self.trust != Trust.NOBODY
        by_client = self.verdict.name not in {
            *(Name.ALTERED, Name.STRANGER, Name.UNSIGNED, Name.UNREADABLE),
        }
        assert by_server == by_client, "the command and the server are of one mind"
        return by_client


class _Once(Reader):
    """Has a file read once for all who ask about it."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._answers = reader, dict[Path | None, dict[str, Any]]()

    def read(self, path: Path, sidecar: Path | None, trust: Bundle) -> dict[str, Any]:
        if sidecar not in self._answers:
            self._answers[sidecar] = self._reader.read(path, sidecar, trust)
        return copy.deepcopy(self._answers[sidecar])


def seen(reader: Reader, path: Path, sidecar: Path | None = None, of: Bundle | None = None) -> Seen:
    of = of or trust()
    started, once = time.monotonic(), _Once(reader)
    verdict = verify(path, sidecar=sidecar, trust=of, reader=once)
    answer = once.read(path, sidecar, of)
    assert time.monotonic() - started < 2 * SECONDS_MAX  # two readings, where there is a sidecar
    if answer["outcome"] != "read":
        return Seen(verdict, Integrity.UNREADABLE, Trust.NOBODY, "")
    found = inspection.judged(answer, verdict.file_sha256, path.stat().st_size)
    said = [found.manifest_id, found.grant, found.consents, found.training_mining, found.title]
    return Seen(verdict, found.integrity, found.trust, json.dumps(said, sort_keys=True))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a small signed file of a type, and where its manifest lies; each made once."""
    folder, made = tmp_path_factory.mktemp("signed"), {}

    def of(mime: str) -> tuple[bytes, tuple[int, int]]:
        if mime not in made:
            source, target = folder / "source", folder / "target"
            source.write_bytes(MADE[mime]())
            place = make_place(mime, source, target, room=12_000)
            store = Signing().inside(place, DEFINITION, pki.licensor_identity("7K3F2Q9D", "H"))
            content = bytearray(target.read_bytes())
            end = place.offset + place.length
            content[place.offset : end] = place.encoded(store.manifest)
            made[mime] = bytes(content), (place.offset, end)
        return made[mime]

    return of


# Films and sound are long: what is done to an MP4 is done to the shortest of each family.
@pytest.mark.parametrize(
    "mime",
    [
        *("application/pdf", "audio/mp4", "audio/mpeg", "audio/wav", "image/avif", "image/gif"),
        *("image/jpeg", "image/png", "image/svg+xml", "image/tiff", "image/webp"),
        *("video/avi", "video/quicktime"),
    ],
)
def test_no_changed_file_is_believed_for_what_it_is_not(
    reader: Reader, signed: Any, mime: str, tmp_path: Path
) -> None:
    content, manifest = signed(mime)
    file = tmp_path / f"file.{mime.rpartition('/')[2].partition('+')[0]}"
    file.write_bytes(content)
    original = seen(reader, file)
    assert original.is_believed
    for mutant in mutants(content, manifest, count=FLIPS):
        file.write_bytes(mutant.content)
        now = seen(reader, file)
        if not is_doubted(now):
            # Filling and headers that nobody signs: then it says what it said, of the same content.
            assert now.said == original.said, mutant.name
            assert _is_open(mutant, content, manifest), mutant.name


def _is_open(mutant: Mutant, content: bytes, manifest: tuple[int, int]) -> bool:
    """Return whether C2PA signs nothing of what was changed: parts of the manifest and of the box
    that holds it, and of a film the list of its brands."""
    if len(mutant.content) != len(content):
        return False
    pairs = zip(content, mutant.content, strict=True)
    places = [at for at, (was, now) in enumerate(pairs) if was != now]
    brands = range(8, int.from_bytes(content[:4])) if content[4:8] == b"ftyp" else range(0)
    box = range(manifest[0] - 48, manifest[1] + 4)  # an MP4's takes 45 bytes, a PNG's sum 4
    return all(at in box or at in brands for at in places)


def is_doubted(now: Seen) -> bool:
    """Return whether both refuse a file, the server perhaps only once it looks into its records:
    C2PA calls a film intact with anything in boxes that it leaves out."""
    hash_ = next((check.outcome for check in now.verdict.checks if check.id == "hash"), "failed")
    return hash_ == "failed" or not now.is_believed


@pytest.mark.parametrize("mime", ["video/mp4", "video/quicktime", "image/avif", "audio/mp4"])
def test_nothing_is_smuggled_in_behind_a_film(
    reader: Reader, signed: Any, mime: str, tmp_path: Path
) -> None:
    content, _manifest = signed(mime)
    file = tmp_path / "film.mp4"
    for mutant in appended(content):
        file.write_bytes(mutant.content)
        now = seen(reader, file)
        assert is_doubted(now), mutant.name
        # Of a file that nobody licensed, too, it is no word that it is as it was signed.
        assert "integrity.intact" not in {check.said for check in now.verdict.checks}, mutant.name
        stranger = verify(file, trust=Bundle(), reader=reader)
        assert stranger.name in {Name.ALTERED, Name.UNREADABLE, Name.UNSIGNED}, mutant.name


def test_a_film_is_one_with_whatever_box_it_begins(
    reader: Reader, signed: Any, tmp_path: Path
) -> None:
    """Neither its list of brands nor C2PA's own box is in the hash: they may change places."""
    content, (start, end) = signed("video/mp4")
    at = content.index(b"uuid") - 4
    moved = content[at:end] + content[:at] + content[end:]
    film, sidecar = tmp_path / "film.mp4", tmp_path / "film.c2pa"
    sidecar.write_bytes(content[start:end])
    for more in (b"", index(table(1_000)), index((16).to_bytes(4) + b"freesmuggled")):
        film.write_bytes(moved + more)
        assert said_of_hash(seen(reader, film, sidecar).verdict) == ("failed", "hash.more")
        stranger = verify(film, sidecar=sidecar, trust=Bundle(), reader=reader)
        assert stranger.name == (Name.ALTERED if more else Name.STRANGER)


def said_of_hash(verdict: Verdict) -> tuple[str, str]:
    check = next(check for check in verdict.checks if check.id == "hash")
    return check.outcome, check.said


def test_a_film_of_fragments_may_have_its_index_which_is_not_signed(
    reader: Reader, tmp_path: Path
) -> None:
    source, file = tmp_path / "source.mp4", tmp_path / "film.mp4"
    source.write_bytes(fragments())
    sign_embedded(DEFINITION, "video/mp4", source, file)
    now = seen(reader, file)
    assert now.is_believed
    assert said_of_hash(now.verdict) == ("warning", "hash.index")
    content = file.read_bytes()
    for more in (index(table(1)), index(table(1_000)), NO_INDEX, b"\0\0\0\x08free"):
        file.write_bytes(content + more)
        assert is_doubted(seen(reader, file)), more[:40]
    end = content.rindex(b"mfra") - 4
    for swapped in (index(table(1_000)), index(table(1) * 2)):
        file.write_bytes(content[:end] + swapped)
        assert is_doubted(seen(reader, file)), swapped[:40]
    for genuine in (index(table(1)), NO_INDEX):
        file.write_bytes(content[:end] + genuine)
        assert said_of_hash(seen(reader, file).verdict) == ("warning", "hash.index")


def test_a_film_for_smooth_streaming_has_an_empty_index(reader: Reader, tmp_path: Path) -> None:
    source, file = tmp_path / "source.mp4", tmp_path / "film.mp4"
    source.write_bytes(smooth())
    sign_embedded(DEFINITION, "video/mp4", source, file)
    assert file.read_bytes().endswith(NO_INDEX)
    now = seen(reader, file)
    assert (now.is_believed, *said_of_hash(now.verdict)) == (True, "warning", "hash.index")


def test_what_is_in_the_hash_of_the_whole_file_was_not_added(
    reader: Reader, tmp_path: Path
) -> None:
    content = fragments() + index(table(1_000))
    digest = hashlib.sha256(content).hexdigest()
    made = manifests.definition(replace(ASSET, sha256=digest), GRANT, [CONSENT])
    file, sidecar = beside(tmp_path, Signing().beside(made, digest).manifest, content)
    verdict = verify(file, sidecar=sidecar, trust=trust(), reader=reader)
    assert said_of_hash(verdict) == ("ok", "hash.same")


def test_nothing_stands_between_the_segments_of_a_jpegs_manifest(
    reader: Reader, signed: Any, tmp_path: Path
) -> None:
    content, manifest = signed("image/jpeg")
    store = countersign.stamped(content[slice(*manifest)], b"")
    file = tmp_path / "picture.jpg"
    profile = b"\xff\xe2" + (30).to_bytes(2) + b"ICC_PROFILE\0\1\1" + bytes(14)
    for name, more, called in (
        ("profile", profile, b"JP"),
        ("comment", b"", b"JP"),
        ("filling", b"\xff" * 20, b"JP"),
        ("profile, of segments without a name", profile, b"XX"),
    ):
        file.write_bytes(cut_apart(content, manifest, store, more, called))
        assert file.stat().st_size == len(content)
        now = seen(reader, file)
        assert is_doubted(now), name
        assert "integrity.intact" not in {check.said for check in now.verdict.checks}, name
        if now.verdict.name != Name.ALTERED:
            assert said_of_hash(now.verdict) == ("failed", "hash.more"), name


@pytest.mark.parametrize(
    "mime",
    sorted(MADE.keys() - {"image/gif", "image/png", "image/svg+xml"}),  # which encode or sum up
)
def test_the_room_for_a_manifest_holds_nothing_else(
    reader: Reader, signed: Any, mime: str, tmp_path: Path
) -> None:
    content, (start, end) = signed(mime)
    file, sidecar = tmp_path / f"file.{mime.rpartition('/')[2]}", tmp_path / "file.c2pa"
    sidecar.write_bytes(content[start:end])
    store = countersign.stamped(content[start:end], b"")
    filling = content.index(bytes(1000), start, end) + 100
    for name, changed in (
        ("in the filling", content[:filling] + b"smuggled" + content[filling + 8 :]),
        (
            "behind the manifest",
            content[:start] + store + b"-" * (end - start - len(store)) + content[end:],
        ),
    ):
        file.write_bytes(changed)
        for beside in (None, sidecar):  # which tells nothing of what fills the room
            now = seen(reader, file, beside)
            assert is_doubted(now), name
            if now.is_believed:
                assert said_of_hash(now.verdict) == ("failed", "hash.more"), name


@pytest.mark.parametrize("mime", ["application/pdf", "image/jpeg", "image/tiff", "video/mp4"])
def test_the_room_of_a_part_holds_a_manifest_or_nothing_is_believed(
    reader: Reader, mime: str, tmp_path: Path
) -> None:
    """Of a part no credential names the hash of all of it: with one beside only the room tells."""
    source, file = tmp_path / "source", tmp_path / f"part.{mime.rpartition('/')[2]}"
    source.write_bytes(MADE[mime]())
    place = make_place(mime, source, file, room=12_000)
    sidecar, content = tmp_path / "part.c2pa", file.read_bytes()
    store = Signing().inside(place, of_a_part()).manifest
    sidecar.write_bytes(store)
    start, end = place.offset, place.offset + place.length
    rubbish = content[start : start + 48] + bytes(range(256)) * (place.length // 256 + 1)
    for filled, told in (
        (place.encoded(store), ("unknown", "hash.elsewhere")),
        (rubbish[: place.length], ("failed", "hash.more")),
    ):
        file.write_bytes(content[:start] + filled + content[end:])
        now = seen(reader, file, sidecar)
        assert (now.is_believed, said_of_hash(now.verdict)) == (True, told)


def of_a_part() -> dict[str, Any]:
    """Return what a credential says of a part of a file."""
    made = copy.deepcopy(DEFINITION)
    for assertion in made["assertions"]:
        if assertion["label"] == manifests.GRANT:
            assertion["data"]["asset"]["range"] = {"from_ms": 0, "to_ms": 1000}
    return made


def test_what_its_signer_left_unsigned_of_a_picture_is_told(reader: Reader, tmp_path: Path) -> None:
    file, signed = tmp_path / "picture.jpg", leaving_out(tmp_path, DEFINITION)
    for content in (signed, signed.replace(COMMENT, b"smuggled" * 100)):
        file.write_bytes(content)
        for trusted in (trust(), Bundle()):
            integrity = verify(file, trust=trusted, reader=reader).checks[0]
            assert (integrity.outcome, integrity.said) == ("warning", "integrity.covered")


COMMENT = b"-" * 800


def leaving_out(folder: Path, definition: dict[str, Any]) -> bytes:
    """Return a signed JPEG of which its signer leaves a comment out of the hash."""
    source, file, picture = folder / "source", folder / "target", MADE["image/jpeg"]()
    comment = b"\xff\xfe" + (2 + len(COMMENT)).to_bytes(2) + COMMENT
    behind = picture.index(b"\xff\xdb")  # the SDK puts its manifest before that
    source.write_bytes(picture[:behind] + comment + picture[behind:])
    place = make_place("image/jpeg", source, file, room=12_000)
    content, own = file.read_bytes(), place.binding["exclusions"][0]
    at = content.index(COMMENT)
    begin, end = own["start"], own["start"] + own["length"]
    signed = content[:begin] + content[end:at] + content[at + len(COMMENT) :]
    binding = {
        **place.binding,
        "exclusions": [own, {"start": at, "length": len(COMMENT)}],
        "hash": list(hashlib.sha256(signed).digest()),
    }
    store = Signing().inside(replace(place, binding=binding), definition).manifest
    return content[: place.offset] + place.encoded(store) + content[place.offset + place.length :]


def beside(folder: Path, manifest: bytes, content: bytes = b"words") -> tuple[Path, Path]:
    file, sidecar = folder / "words.srt", folder / "words.c2pa"
    file.write_bytes(content)
    sidecar.write_bytes(manifest)
    return file, sidecar


def test_every_bit_of_a_sidecar_counts_or_says_nothing(reader: Reader, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"words").hexdigest()
    store = Signing().beside(DEFINITION, digest).manifest
    file, sidecar = beside(tmp_path, store)
    original = seen(reader, file, sidecar)
    assert original.is_believed
    for mutant in mutants(store, (0, len(store)), count=2 * FLIPS):
        sidecar.write_bytes(mutant.content)
        now = seen(reader, file, sidecar)
        assert not now.is_believed or now.said == original.said, mutant.name
    sidecar.write_bytes(store)
    # Another file beside the same sidecar.
    for mutant in mutants(b"words" * 40, (10, 20), count=FLIPS):
        file.write_bytes(mutant.content)
        assert not seen(reader, file, sidecar).is_believed, mutant.name


def stranger_signed(
    folder: Path, signer: pki.Identity, definition: dict[str, Any]
) -> tuple[Path, Path]:
    engine = Engine(signer, Anchors(pki.claim_anchor_pem(), ""))
    made = engine.beside(definition, b"words")
    return beside(folder, made.manifest)


def test_a_root_vouches_for_its_own_kind_alone(reader: Reader, tmp_path: Path) -> None:
    """Claims that were signed under the root of times, of identities, by a licensor's identity, and
    by who only signs status lists."""
    under_times = pki.issue_claim_signer(pki._time_root())
    under_identities = pki.issue_claim_signer(pki._identity_intermediate())
    for signer in (under_times, under_identities, pki.licensor_identity("7K3F2Q9D", "Halcyon")):
        file, sidecar = stranger_signed(tmp_path, signer, DEFINITION)
        assert not seen(reader, file, sidecar).is_believed, signer
        verdict = verify(file, sidecar=sidecar, trust=trust(), reader=reader)
        assert (verdict.name, verdict.grant) == (Name.STRANGER, None)


def test_an_identity_of_a_stranger_takes_nothing_from_the_signer(
    reader: Reader, tmp_path: Path
) -> None:
    root = pki.issue_root("A stranger's root", path_length=0)
    stranger = pki.issue_licensor(root, code="7K3F2Q9D", name="Halcyon")
    digest = hashlib.sha256(b"words").hexdigest()
    store = Signing().beside(DEFINITION, digest, stranger).manifest
    file, sidecar = beside(tmp_path, store)
    now = seen(reader, file, sidecar)
    outcomes = {check.id: str(check.outcome) for check in now.verdict.checks}
    assert now.is_believed
    assert (outcomes["signer"], outcomes["identity"]) == ("warning", "unknown")


def test_a_signer_that_has_expired_vouches_for_nothing_new(reader: Reader, tmp_path: Path) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=57), tick=False):
        signer = pki.issue_claim_signer(pki._claim_intermediate(), timedelta(minutes=1))
    file, sidecar = stranger_signed(tmp_path, signer, DEFINITION)
    assert seen(reader, file, sidecar).is_believed
    while datetime.now(UTC) <= signer.leaf.not_valid_after_utc + timedelta(seconds=1):
        time.sleep(0.1)
    now = seen(reader, file, sidecar)
    assert (now.is_believed, now.verdict.name) == (False, Name.STRANGER)
    assert "signer.expired" in {check.said for check in now.verdict.checks}


def test_a_file_of_ten_thousand_statements_is_read_or_given_up_in_time(
    reader: Reader, tmp_path: Path
) -> None:
    store = Signing().beside(DEFINITION, hashlib.sha256(b"words").hexdigest()).manifest
    file, sidecar = beside(tmp_path, with_assertions(store, 10_000))
    now = seen(reader, file, sidecar)
    assert (now.is_believed, now.verdict.name in {Name.ALTERED, Name.UNREADABLE}) == (False, True)


def test_a_thousand_signed_statements_are_read_in_time(reader: Reader, tmp_path: Path) -> None:
    many = [
        {"label": f"com.example.a{number}", "created": True, "data": {"n": number}}
        for number in range(1000)
    ]
    definition = {**DEFINITION, "assertions": [*DEFINITION["assertions"], *many]}
    signer = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    file, sidecar = stranger_signed(tmp_path, signer, definition)
    assert seen(reader, file, sidecar).verdict.name == Name.STRANGER


@pytest.mark.parametrize("depth", [10, 1000, 20_000])
def test_boxes_in_boxes_are_no_credential(reader: Reader, tmp_path: Path, depth: int) -> None:
    file, sidecar = beside(tmp_path, nested_boxes(depth))
    assert not seen(reader, file, sidecar).is_believed


def test_a_credential_elsewhere_is_never_fetched(reader: Reader, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/manifest.c2pa"
        engine = Engine(pki.signing_chain(), Anchors(*_roots()))
        file = tmp_path / "remote.jpg"
        with c2pa.Builder(DEFINITION, engine.unchecked) as builder, file.open("w+b") as target:
            builder.set_no_embed()
            builder.set_remote_url(url)
            builder.sign(
                engine._signer(roomy=True, licensor=None),
                "image/jpeg",
                io.BytesIO(MADE["image/jpeg"]()),
                target,
            )
        verdict = verify(file, trust=trust(), reader=reader)
        found = inspection.inspect(file, mime="image/jpeg")
        listening.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listening.accept()
    assert (verdict.name, verdict.checks[0].values["url"]) == (Name.UNSIGNED, url)
    assert (found.integrity, found.remote_url) == (Integrity.UNSIGNED, url)
