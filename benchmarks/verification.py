"""A signed film of 5 MB is verified: through the API, and by c2pa-python's Reader itself."""

import json
from functools import partial
from pathlib import Path

import c2pa
from django.conf import settings

from accounts.access import Actor
from benchmarks.film import write_film
from benchmarks.measure import Finding, by_turns, ratio, times
from benchmarks.server import served
from ledger.sequencer import advance
from provenance import pki
from provenance.credentials import sign_pending
from provenance.models import Credential
from provenance.signed_files import read_signed
from tests import factories

SIZE_BYTES = 4_750_000  # of film; what holds it together and the manifest make it 5 MB
ROUNDS = 60
API, READER = "through the API", "c2pa.Reader alone"
CHANGED_API, CHANGED_READER = "changed film, through the API", "changed film, c2pa.Reader alone"


def measure(studio: Actor, lab: Actor, key: str) -> list[Finding]:
    """Return what one verification costs."""
    film = _signed_film(studio, lab)
    changed = _changed(film)
    path = "/api/v1/verify/?filename=film.mp4"
    context = _context()

    def read(film: Path, expected: str) -> None:
        with film.open("rb") as file, c2pa.Reader("video/mp4", file, context=context) as reader:
            json.loads(reader.json())
            assert reader.get_validation_state() == expected

    with served() as server:

        def verify(film: Path, expected: str) -> None:
            verdict = json.loads(server.send(path, film, key))["verdict"]
            assert verdict == expected, verdict

        seconds = by_turns(
            {
                READER: partial(read, film, "Trusted"),
                API: partial(verify, film, "authorised"),
                CHANGED_READER: partial(read, changed, "Invalid"),
                CHANGED_API: partial(verify, changed, "altered"),
            },
            rounds=ROUNDS,
        )
    return [
        Finding("the file", f"{film.stat().st_size / 1e6:.1f} MB"),
        *(times(name, values) for name, values in seconds.items()),
        ratio(seconds, API, READER, most=2),
        ratio(seconds, CHANGED_API, CHANGED_READER, most=2),
    ]


def _signed_film(studio: Actor, lab: Actor) -> Path:
    """Return a film that went the whole way: registered, offered, granted, signed."""
    film = write_film(settings.VAR_DIR / "film.mp4", SIZE_BYTES)
    title = factories.title(studio)
    asset = factories.asset(studio, title, film)
    factories.ownership(studio, title)
    factories.offer(studio, title)
    factories.grant(studio, lab, [asset])
    advance()
    sign_pending()
    advance()
    credential = Credential.objects.get()
    film.write_bytes(b"".join(read_signed(credential, 0, credential.file_size)))
    return film


def _changed(film: Path) -> Path:
    """Return the film with one byte changed: it is not the one that was delivered."""
    content = bytearray(film.read_bytes())
    content[len(content) // 2] ^= 1
    changed = film.with_name("changed.mp4")
    changed.write_bytes(content)
    return changed


def _context() -> c2pa.Context:
    """Return the settings under which the product reads: its roots, and no network."""
    return c2pa.Context.from_dict(
        {
            "trust": {
                "anchors": [
                    {
                        "trust_anchors": pki.claim_anchor_pem(),
                        "trust_uri": "urn:benchmark:claims",
                        "trust_kind": "manifest",
                    },
                    {
                        "trust_anchors": pki.time_anchor_pem(),
                        "trust_uri": "urn:benchmark:times",
                        "trust_kind": "tsa",
                    },
                ],
            },
            "verify": {"remote_manifest_fetch": False},
            "core": {"allowed_network_hosts": []},
        }
    )
