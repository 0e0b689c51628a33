"""A manifest is signed into a file, or a place for manifests is made there."""

import json
import mmap
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import c2pa

from provenance import carriers, formats
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.self_test import proven_engine
from provenance.c2pa_sdk.signed import NOTHING_DONE, Signed, SigningError
from provenance.carriers import Carrier
from provenance.trust.pki import Identity


def sign_embedded(
    definition: Mapping[str, Any],
    mime: str,
    source_path: Path,
    dest_path: Path,
    *,
    continues: bool = False,
    parent: tuple[Path, str] | None = None,
    licensor: Identity | None = None,
) -> Signed:
    """Write to `dest_path` the file at `source_path` with a signed manifest inside.

    The definition is the manifest builder's. `continues` keeps the manifests that the file
    carries, as those of the parent it was made from; without it they are lost. `parent` is a file
    with its media type that the first ingredient of the definition is of: its manifests are kept,
    too. `licensor` signs what is said of its rights. `dest_path` appears whole or not at all, and
    may be `source_path`. Raises ValueError for a type that embeds nothing (see
    `formats.embeddable`), SigningError for all that goes wrong.
    """
    sdk_type = formats.embedding_type(mime)
    engine = proven_engine()
    with _draft(dest_path) as draft:
        with ExitStack() as stack:
            source = stack.enter_context(source_path.open("rb"))
            dest = stack.enter_context(draft.open("x+b"))
            of = (stack.enter_context(parent[0].open("rb")), parent[1]) if parent else None
            signed = engine.inside(
                definition, sdk_type, source, dest,
                continues=continues, parent=of, licensor=licensor,
            )  # fmt: skip
        carrier = _carrier(engine, draft, signed, sdk_type)
        stamped = engine.stamped(signed)
        if not stamped.is_stamped:  # nobody could find the place again, to put it in later
            raise SigningError("no time stamp is to be had now")
        _put(stamped, carrier, draft)
    return stamped


def make_place(mime: str, source_path: Path, dest_path: Path, *, room: int) -> Carrier:
    """Write to `dest_path` the file with a place for manifests of `room` bytes or a little more,
    and return that place. What stands there meanwhile is signed and grants nothing.

    As `sign_embedded` in all else.
    """
    sdk_type = formats.embedding_type(mime)
    engine = proven_engine()
    with _draft(dest_path) as draft:
        with source_path.open("rb") as source, draft.open("x+b") as dest:
            signed = engine.inside(_stand_in(room), sdk_type, source, dest)
        return _carrier(engine, draft, signed, sdk_type)


@contextmanager
def _draft(dest_path: Path) -> Iterator[Path]:
    draft = dest_path.with_name(f".{dest_path.name}.{secrets.token_hex(4)}")
    try:
        yield draft
        draft.replace(dest_path)
    finally:
        draft.unlink(missing_ok=True)


def _carrier(engine: Engine, path: Path, signed: Signed, sdk_type: str) -> Carrier:
    """Return the place of the manifest that was just signed into a file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        encoding, offset, length = carriers.located(content, signed.manifest, sdk_type)
        with c2pa.Reader(sdk_type, file, context=engine.unchecked) as reader:
            label, binding = carriers.binding_of(json.loads(reader.detailed_json()))
    return Carrier(encoding, offset, length, len(signed.manifest), label, binding)


def _put(signed: Signed, carrier: Carrier, path: Path) -> None:
    try:
        written = carrier.encoded(signed.manifest)
    except ValueError as error:
        raise SigningError(str(error)) from error
    with path.open("r+b") as file:
        file.seek(carrier.offset)
        file.write(written)


def _stand_in(room: int) -> dict[str, Any]:
    return {
        "claim_generator_info": [{"name": "Edgecode", "specVersion": "2.4.0"}],
        "assertions": [
            NOTHING_DONE,
            {"label": "com.edgecode.room", "created": True, "data": {"filled": "0" * room}},
        ],
    }
