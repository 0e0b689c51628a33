"""A signed file is verified: through the API, and by c2pa-python's Reader itself."""

import json
import random
from functools import partial
from pathlib import Path

import c2pa
from django.conf import settings
from PIL import Image

from accounts.access import Actor
from benchmarks.film import write_film
from benchmarks.measure import Finding, by_turns, ratio, times
from benchmarks.server import served
from ledger.sequencer import advance
from provenance.credentials.files import read_signed
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from provenance.trust import pki
from tests import factories

FILM_BYTES = 4_750_000  # of film; what holds it together and the manifest make it 5 MB
STILL_BYTES = 180_000  # before it is signed
ROUNDS = 60
API, READER = "through the API", "c2pa.Reader alone"
CHANGED_API, CHANGED_READER = "changed, through the API", "changed, c2pa.Reader alone"


def film() -> Path:
    """Return a film of 5 MB."""
    return write_film(settings.VAR_DIR / "film.mp4", FILM_BYTES)


def still() -> Path:
    """Return a JPEG of 200 KB: what a platform would check of every upload."""
    path, side = settings.VAR_DIR / "still.jpg", 320
    while not path.exists() or path.stat().st_size < STILL_BYTES:
        side += 8
        noise = random.Random(side).randbytes(3 * side * side)
        Image.frombytes("RGB", (side, side), noise).save(path, quality=90)
    return path


def measure(
    studio: Actor, lab: Actor, key: str, file: Path, *, mime: str, most: float
) -> list[Finding]:
    """Return what one verification of the file costs, whole and with one byte changed."""
    signed = _signed(studio, lab, file)
    changed = _changed(signed)
    path = f"/api/v1/verify/?filename={file.name}"
    context = _context()

    def read(given: Path, expected: str) -> None:
        with given.open("rb") as opened, c2pa.Reader(mime, opened, context=context) as reader:
            json.loads(reader.json())
            assert reader.get_validation_state() == expected, reader.get_validation_state()

    with served() as server:

        def verify(given: Path, expected: str) -> None:
            verdict = json.loads(server.send(path, given, key, mime=mime))["verdict"]
            assert verdict == expected, verdict

        seconds = by_turns(
            {
                READER: partial(read, signed, "Trusted"),
                API: partial(verify, signed, "authorised"),
                CHANGED_READER: partial(read, changed, "Invalid"),
                CHANGED_API: partial(verify, changed, "altered"),
            },
            rounds=ROUNDS,
        )
    return [
        Finding("the file", f"{signed.stat().st_size / 1e6:.1f} MB"),
        *(times(name, values) for name, values in seconds.items()),
        ratio(seconds, API, READER, most=most),
        ratio(seconds, CHANGED_API, CHANGED_READER, most=most),
    ]


def _signed(studio: Actor, lab: Actor, file: Path) -> Path:
    """Return a file that went the whole way: registered, offered, granted, signed."""
    title = factories.title(studio)
    asset = factories.asset(studio, title, file)
    factories.ownership(studio, title)
    factories.offer(studio, title)
    factories.grant(studio, lab, [asset])
    advance()
    sign_pending()
    advance()
    credential = Credential.objects.get(granted_asset__asset=asset)
    signed = file.with_stem("signed")
    signed.write_bytes(b"".join(read_signed(credential, 0, credential.file_size)))
    return signed


def _changed(signed: Path) -> Path:
    """Return the file with one byte changed: it is not the one that was delivered."""
    content = bytearray(signed.read_bytes())
    content[-len(content) // 4] ^= 1
    changed = signed.with_stem("changed")
    changed.write_bytes(content)
    return changed


def _context() -> c2pa.Context:
    """Return the settings under which the product reads: its roots, and no network."""
    roots = {
        "manifest": pki.claim_anchor_pem(),
        "tsa": pki.time_anchor_pem(),
        "cawg": pki.identity_anchor_pem(),
    }
    anchors = [
        {"trust_anchors": pem, "trust_uri": f"urn:benchmark:{kind}", "trust_kind": kind}
        for kind, pem in roots.items()
    ]
    return c2pa.Context.from_dict(
        {
            "trust": {"anchors": anchors},
            "verify": {"remote_manifest_fetch": False},
            "core": {"allowed_network_hosts": []},
        }
    )
