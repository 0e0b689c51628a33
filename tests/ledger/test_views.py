import base64
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import scitt_cose
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction
from django.test import Client

from edgecode.log import cose, merkle, notes
from edgecode.log.tiles import decode_bundle
from ledger import proofs, sequencer
from ledger.append import append
from ledger.models import Event
from tests.ledger.conftest import ACTOR
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.ledger.urls")]
SIZE = 258
FOR_EVER = "public, max-age=31536000, immutable"


@kept
def logged() -> None:
    for number in range(SIZE):
        with transaction.atomic():
            append("sample.shaken", stream=f"sample:S{number % 7}", actor=ACTOR)
    sequencer.advance()


@pytest.fixture
def log(logged: None, var_dir: Path) -> Path:
    return var_dir / "ledger"


def test_a_stranger_can_audit_over_http(log: Path, client: Client) -> None:
    key = notes.parse_vkey(client.get("/log.vkey").text)
    checkpoint = notes.open_checkpoint(client.get("/checkpoint").text, key)
    assert checkpoint.size == SIZE
    hashes = []
    for name, width in (("000", 256), ("001.p/2", 2)):
        entries = decode_bundle(client.get(f"/tile/entries/{name}").content, width)
        hashes += merkle.leaf_hashes(entries)
        tile = client.get(f"/tile/0/{name}").content
        assert tile == b"".join(merkle.leaf_hashes(entries))
    assert merkle.root_of(hashes) == checkpoint.root
    receipt = client.get("/proof/257.tlog-proof").text
    assert notes.verify_receipt(receipt, entries[1], key) == (257, checkpoint)
    lines = client.get(f"/consistency/100/{SIZE}").text.splitlines()
    merkle.verify_consistency(
        100, SIZE, merkle.root_of(hashes[:100]), checkpoint.root, list(map(base64.b64decode, lines))
    )


@pytest.mark.parametrize(
    ("path", "content_type", "cache"),
    [
        ("/checkpoint", "text/plain; charset=utf-8", "public, max-age=1"),
        ("/log.vkey", "text/plain; charset=utf-8", "public, max-age=1"),
        ("/proof/0.tlog-proof", "text/plain; charset=utf-8", "public, max-age=1"),
        ("/consistency/1/5", "text/plain; charset=utf-8", FOR_EVER),
        ("/tile/0/000", "application/octet-stream", FOR_EVER),
        ("/tile/1/000.p/1", "application/octet-stream", FOR_EVER),
        ("/tile/entries/001.p/2", "application/octet-stream", FOR_EVER),
    ],
)
def test_headers_suit_caches_and_other_origins(
    log: Path, client: Client, path: str, content_type: str, cache: str
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert response["Cache-Control"] == cache
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Accept-Language" not in response.get("Vary", "")  # one copy for all readers
    assert "Content-Language" not in response
    unchanged = client.get(path, headers={"If-None-Match": response["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(path).status_code == 405


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("br, gzip;q=0", False),
        ("gzip; q=0.0", False),
    ],
)
def test_bundles_travel_compressed_to_whoever_can_read_that(
    log: Path, client: Client, accepted: str, *, zipped: bool
) -> None:
    path = "/tile/entries/000"
    plain = client.get(path)
    response = client.get(path, headers={"Accept-Encoding": accepted})
    assert response.get("Content-Encoding") == ("gzip" if zipped else None)
    body = gzip.decompress(response.content) if zipped else response.content
    assert body == plain.content == (log / "tile/entries/000").read_bytes()
    assert response["Vary"] == plain["Vary"] == "Accept-Encoding"
    assert (response["ETag"] == plain["ETag"]) is not zipped
    assert response["Cache-Control"] == FOR_EVER
    if zipped:
        assert len(response.content) < len(body) / 3
    assert "Content-Encoding" not in client.get("/tile/0/000", headers={"Accept-Encoding": "gzip"})


def test_reading_over_http_asks_the_database_nothing(
    log: Path, client: Client, django_assert_num_queries: Callable[..., object]
) -> None:
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        for path in ("checkpoint", "log.vkey", "tile/0/000", "tile/entries/001.p/2"):
            assert client.get(f"/{path}").status_code == 200
        assert client.get("/proof/3.tlog-proof").status_code == 200
        assert client.get("/consistency/1/5").status_code == 200


def test_a_partial_tile_is_still_there_when_a_wider_one_replaced_it(
    log: Path, client: Client
) -> None:
    assert not (log / "tile/0/000.p").exists()
    full = client.get("/tile/0/000").content
    assert client.get("/tile/0/000.p/17").content == full[: 17 * 32]
    assert len(decode_bundle(client.get("/tile/entries/000.p/17").content, 17)) == 17
    assert client.get("/tile/0/001.p/1").content == client.get("/tile/0/001.p/2").content[:32]


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/001",
        "/tile/0/001.p/3",
        "/tile/2/000.p/1",
        "/tile/64/000",
        "/tile/0/0",
        "/tile/0/../../../keys/ledger.key",
        "/tile/0/%2e%2e/%2e%2e/%2e%2e/keys/ledger.key",
        "/tile//etc/passwd",
        "/tile/entries/000%00",
        "/tile/0/x001/000",
        "/proof/258.tlog-proof",
        "/proof/-1.tlog-proof",
        "/proof/1e3.tlog-proof",
        "/proof/" + "9" * 5000 + ".tlog-proof",
        "/consistency/5/4",
        "/consistency/5/259",
        "/consistency/5",
    ],
)
def test_what_does_not_exist_is_not_found(log: Path, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/checkpoint", "/log.vkey", "/proof/0.tlog-proof", "/tile/0/000"])
def test_before_the_first_checkpoint_nothing_is_found(
    var_dir: Path, client: Client, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_the_private_key_is_in_no_answer(log: Path, client: Client) -> None:
    assert b"PRIVATE" not in client.get("/log.vkey").content
    assert (proofs.vkey() or "").startswith("edgecode.localhost/ledger+")


def test_receipts_come_as_cose_too_and_foreign_code_accepts_them(
    log: Path, client: Client, var_dir: Path
) -> None:
    key = notes.parse_vkey(client.get("/log.vkey").text)
    public = Ed25519PublicKey.from_public_bytes(key.public_key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    entry = proofs.entry(257)
    answer = client.get("/proof/257.cose")
    assert answer["Content-Type"] == "application/scitt-receipt+cose"
    result = scitt_cose.verify_receipt(
        answer.content, leaf_entry_hex=entry.hex(), log_public_key_pem=public
    )
    assert (result.ok, result.leaf_index, result.tree_size) == (True, 257, SIZE)
    assert cose.verify_inclusion(answer.content, entry, key) == (257, proofs.latest())
    newest = proofs.latest()
    assert newest is not None
    old = notes.Checkpoint(newest.origin, 100, proofs.folder().root(100))
    grown = client.get("/consistency/100.cose").content
    assert cose.verify_consistency(grown, old, newest.root, key) == SIZE
    for path in ("/proof/258.cose", "/consistency/0.cose", f"/consistency/{SIZE}.cose"):
        missing = client.get(path)
        assert missing.status_code == 404
        assert missing["Cache-Control"] == "no-store"


def test_the_only_entry_of_a_log_waits_for_its_cose_receipt(
    var_dir: Path, shake: Callable[..., Event], client: Client
) -> None:
    shake()
    sequencer.advance()
    missing = client.get("/proof/0.cose")
    assert (missing.status_code, "follow with the second" in missing.text) == (404, True)
    shake()
    sequencer.advance()
    assert client.get("/proof/0.cose").status_code == 200


def test_no_key_signs_a_root_that_only_a_file_says(
    log: Path, client: Client, var_dir: Path
) -> None:
    other = notes.sign(
        notes.Checkpoint("edgecode.localhost/ledger", SIZE, bytes(32)).text,
        "edgecode.localhost/ledger",
        Ed25519PrivateKey.generate(),
    )
    (log / "checkpoint").write_text(other)
    answer = client.get("/proof/1.cose")
    assert answer.status_code == 503
    assert answer.text == "a file of the log is damaged or missing here; a copy may have it\n"


def test_a_receipt_stands_under_the_newest_checkpoint_that_is_witnessed(
    log: Path, client: Client, shake: Callable[..., Event]
) -> None:
    assert client.get("/checkpoint.witnessed").status_code == 404
    witnessed = (log / "checkpoint").read_text()
    (log / "checkpoint.witnessed").write_text(witnessed)
    shake()
    sequencer.advance()
    assert client.get("/checkpoint.witnessed").text == witnessed
    assert notes.parse_receipt(client.get("/proof/257.tlog-proof").text).checkpoint == witnessed
    newest = (log / "checkpoint").read_text()
    assert notes.parse_receipt(client.get("/proof/258.tlog-proof").text).checkpoint == newest
