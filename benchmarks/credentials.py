"""Credentials: beside files, inside films of any length, and what a delivery costs.

    python -m benchmarks.credentials [FILES]

FILES granted files are signed beside (100,000 if not said), database, log and time stamps included;
next to it stands c2pa-python, which signs a manifest of the same statements for a hash that is
given, and nothing else. It is processor time, a machine's noise lengthens the clock's. Films of
5, 173 and 1,700 MB are signed for a hundred licensees more, next to what writes a bare
manifest of the same statements into the same place. What is delivered is read over HTTP, next to
the same bytes from a bare view of the same server.
"""

import io
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, Final

import django
from django.core.management import call_command

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, table
from benchmarks.server import ROOT, environment, served

FILES: Final = 100_000
BARE: Final = 500
MOST: Final = 3.0
PER_SECOND: Final = 500
LICENSEES: Final = 100
FILMS_MB: Final = (5, 173, 1700)
DELIVERED_MB: Final = 173
ROUNDS: Final = 12
AT_LEAST: Final = 0.7
_MILLION: Final = 1_000_000
_AT_ONCE: Final = 5_000


def main(files: int) -> None:
    """Measure in a folder that is gone afterwards."""
    with _product():
        print(machine(), flush=True)
        print(table(f"{files:,} files are signed beside", beside(files)), flush=True)
        print(table("Films are signed inside, for one licensee", inside()), flush=True)
        print(table(f"A signed film of {DELIVERED_MB} MB is delivered", delivered()), flush=True)


@contextmanager
def _product() -> Iterator[None]:
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as folder:
        for name in [name for name in os.environ if name.startswith("EDGECODE_")]:
            del os.environ[name]
        os.environ.pop("DATABASE_URL", None)
        os.environ.update(environment(Path(folder)))
        django.setup()
        call_command("migrate", verbosity=0)
        yield


def beside(files: int) -> list[Finding]:
    """Return what it takes to sign so many files, none of which is read."""
    from django.conf import settings

    from provenance.credentials.signing import sign_pending
    from provenance.models import Credential, Manifest
    from tests import factories

    studio, lab = factories.studio("Studio"), factories.lab("Lab")
    granted = _granted(factories.grant(studio, lab, [factories.offered_words(studio)]), files)
    database = Path(settings.DATABASES["default"]["NAME"])
    before, started = database.stat().st_size, time.process_time()
    clock = time.perf_counter()
    while sign_pending():
        pass
    taken, clock = time.process_time() - started, time.perf_counter() - clock
    done = Credential.objects.filter(state="done").count()
    assert done == files, f"{done} of {files} were signed"
    bare, together, stamped = _bare(granted)
    each = taken / files
    size = len(bytes(Manifest.objects.order_by("pk")[0].body))
    grown = (database.stat().st_size - before) / files
    return [
        Finding("each, with database, log and stamp", f"{each * 1000:.2f} ms", None),
        Finding("c2pa-python alone, the same statements", f"{bare * 1000:.2f} ms"),
        Finding("  with the licensor's signature in it", f"{together * 1000:.2f} ms"),
        Finding("  and a time stamp of our own authority", f"{stamped * 1000:.2f} ms"),
        Finding(
            "ours / c2pa-python", f"{each / bare:.2f}x", f"at most {MOST:g}x", each / bare <= MOST
        ),
        Finding(
            "in a second of a processor", f"{1 / each:,.0f}", f"at least {PER_SECOND}",
            1 / each >= PER_SECOND,
        ),
        Finding("by the clock", f"{clock:,.0f} s for {files:,}"),
        Finding("a manifest", f"{size:,} bytes; the database grows by {grown:,.0f}"),
        Finding(
            "a million, projected",
            f"{each * _MILLION / 3600:.2f} processor hours, {grown * _MILLION / 1e9:.1f} GB",
        ),
    ]  # fmt: skip


def _granted(grant: Any, files: int) -> Any:
    """Let a grant of one file be of so many, each with content of its own; return the first."""
    from django.db import transaction

    from catalog.models import Asset
    from ledger.append import append_many
    from ledger.sequencer import advance
    from licensing.models import GrantedAsset

    first = grant.granted_assets.select_related(
        "asset__title", "asset__organisation", "clearance"
    ).get()
    for start in range(1, files, _AT_ONCE):
        rows = [
            _copy(first.asset, number=number, sha256=secrets.token_hex(32))
            for number in range(start + 1, min(start + _AT_ONCE, files) + 1)
        ]
        with transaction.atomic():
            made = Asset.objects.bulk_create(rows)
            append_many([_registered(asset) for asset in made])
            GrantedAsset.objects.bulk_create(
                GrantedAsset(grant=grant, asset=asset, clearance=first.clearance) for asset in made
            )
    advance()
    return first


def _registered(asset: Any) -> Any:
    from ledger.append import NewEvent

    return NewEvent(
        kind="asset.registered",
        stream=asset.stream,
        actor=asset.organisation.stream,
        refs={"owner": asset.title.stream},
        data={"asset_kind": asset.kind},
        private={"file": asset.sha256},
    )


def _copy(asset: Any, *, number: int, sha256: str) -> Any:
    made = copy(asset)
    made.pk, made.number, made.sha256 = None, number, sha256
    made.code = f"{asset.code.partition('+')[0]}+{number:03}"
    return made


def _bare(granted: Any) -> tuple[float, float, float]:
    """Return the processor seconds of c2pa-python alone, for a manifest that says the same: signed
    once, with the licensor's signature in it, and with our time stamp put in as well."""
    from provenance.c2pa_sdk.self_test import proven_engine
    from provenance.c2pa_sdk.signing import whole_file
    from provenance.credentials.facts import Definitions
    from provenance.trust import pki

    made, file = Definitions().of(granted), whole_file(bytes(32))
    party = granted.grant.licensor
    engine, licensor = proven_engine(), pki.licensor_identity(party.code, party.name)

    def together() -> Any:
        return engine.bound(made, file, licensor)

    return (
        _each(_alone(made, file), BARE),
        _each(together, BARE),
        _each(lambda: engine.stamped(together()), BARE),
    )


def _alone(made: dict[str, Any], binding: tuple[str, Any]) -> Callable[[], bytes]:
    """Return what signs a manifest of these statements by c2pa-python, and does nothing else."""
    import c2pa

    from provenance.c2pa_sdk.settings import Anchors, context_of
    from provenance.trust import pki

    label, data = binding
    complete = {**made, "assertions": [*made["assertions"], {"label": label, "data": data}]}
    identity = pki.signing_chain()
    signer = c2pa.Signer.from_info(
        c2pa.C2paSignerInfo("es256", identity.chain_pem.encode(), identity.key_pem.encode(), None)
    )
    anchors = Anchors(pki.claim_anchor_pem(), pki.time_anchor_pem())
    context = context_of(anchors, check=False)  # the very settings

    def sign() -> bytes:
        with c2pa.Builder(complete, context) as builder:
            builder.set_no_embed()
            manifest: bytes = builder.sign(
                signer, "application/octet-stream", io.BytesIO(b"-"), io.BytesIO()
            )
            return manifest

    return sign


def _each(act: Callable[[], object], times: int) -> float:
    act()
    started = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - started) / times


def inside() -> list[Finding]:
    """Return what one more licensee of a film costs, however long the film is."""
    found = []
    each: dict[int, float] = {}
    for size in FILMS_MB:
        first, more, bare = _film(size)
        each[size] = more
        found += [
            Finding(f"{size:,} MB: the first licensee", f"{first:.2f} s of a processor"),
            Finding(f"{size:,} MB: one more", f"{more * 1000:.2f} ms"),
            Finding(f"{size:,} MB: one more / bare", f"{more / bare:.2f}x", f"at most {MOST:g}x",
                    more / bare <= MOST),
        ]  # fmt: skip
    most, least = max(each.values()), min(each.values())
    found.append(
        Finding("longest / shortest way", f"{most / least:.2f}x", "about 1x", most / least <= 1.5)
    )
    return found


def _film(megabytes: int) -> tuple[float, float, float]:
    """Return the processor seconds for the first licensee, for one more, and for a bare splice."""
    from django.conf import settings

    from benchmarks.film import write_film
    from ledger.sequencer import advance
    from provenance.credentials import preparing
    from provenance.credentials.facts import Definitions
    from provenance.credentials.signing import sign_pending
    from provenance.models import Credential, PreparedFile
    from tests import factories

    studio = factories.studio(f"Studio {megabytes}")
    path = write_film(settings.VAR_DIR / f"film-{megabytes}.mp4", megabytes * 1_000_000)
    title = factories.title(studio)
    asset = factories.asset(studio, title, path)
    path.unlink()
    factories.ownership(studio, title)
    factories.offer(studio, title)

    def taken(licensees: int) -> float:
        for number in range(licensees):
            factories.grant(studio, factories.lab(f"Lab {megabytes}.{number}"), [asset])
        advance()
        started = time.process_time()
        while sign_pending():
            pass
        return time.process_time() - started

    first, more = taken(1), taken(LICENSEES) / LICENSEES
    granted = Credential.objects.filter(granted_asset__asset=asset).latest("pk").granted_asset
    place = preparing.place_of(PreparedFile.objects.get(asset=asset))
    sign = _alone(Definitions().of(granted), (place.label, place.binding))
    return first, more, _each(lambda: place.encoded(sign()), BARE // 5)


def delivered() -> list[Finding]:
    """Return how fast a delivery is, beside the same bytes from a view that knows nothing."""
    from django.conf import settings

    from provenance.credentials.delivery import link, open_delivery
    from provenance.credentials.files import read_signed
    from provenance.models import Credential

    credential = Credential.objects.filter(
        granted_asset__asset__size_bytes__gt=DELIVERED_MB * 900_000,
        granted_asset__asset__size_bytes__lt=DELIVERED_MB * 1_100_000,
    ).first()
    assert credential is not None
    lab = credential.granted_asset.grant.licensee
    path = settings.VAR_DIR / "benchmark-file"
    with path.open("wb") as file:
        file.writelines(read_signed(credential, 0, credential.file_size))
    address = link(open_delivery(actor=_actor_of(lab), credential_code=credential.code))
    seconds: dict[str, list[float]] = {"delivered": [], "bare": []}
    with served() as server:
        for number in range(ROUNDS + 1):
            for name, at in (("delivered", address), ("bare", "/bare-file/")):
                started = _worked(server)
                body = server.get(at)
                assert len(body) == credential.file_size, at
                if number:
                    seconds[name].append(_worked(server) - started)
    megabytes = credential.file_size / 1e6
    ours, bare = (statistics.median(seconds[name]) for name in ("delivered", "bare"))
    return [
        *(Finding(name, f"{megabytes / statistics.median(each):,.0f} MB in a processor second")
          for name, each in seconds.items()),
        Finding("delivered / bare, as speed", f"{bare / ours:.2f}x", f"at least {AT_LEAST:g}x",
                bare / ours >= AT_LEAST),
    ]  # fmt: skip


def _worked(server: Any) -> float:
    from benchmarks.processor import Meter

    return Meter(server.processes()).worked_ms() / 1000


def _actor_of(organisation: Any) -> Any:
    from accounts.access import Actor, Permission

    return Actor(organisation, permissions=frozenset(Permission))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
