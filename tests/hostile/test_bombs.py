"""Small files that are large to read: refused soon, and never believed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgecode.verify import Reader
from provenance.c2pa_sdk.signing import Signing
from provenance.trust import pki
from tests.hostile.bombs import ODD, brotli, compressed, manifest_box, many, nested, with_statement
from tests.hostile.test_mutants import beside, seen
from tests.hostile.test_other_roots import WORDS, signed_by
from tests.provenance.test_signing import DEFINITION

pytestmark = pytest.mark.usefixtures("var_dir")

BULK = "com.example.bulk"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as kept:
        yield kept


@pytest.fixture
def store() -> bytes:
    """A stranger's store with an assertion to fill."""
    said = {"label": BULK, "created": True, "data": {"x": "0"}}
    definition = {**DEFINITION, "assertions": [*DEFINITION["assertions"], said]}
    return signed_by(pki.signing_chain(), definition)


def test_a_bomb_of_zeros_is_given_up_soon(reader: Reader, tmp_path: Path) -> None:
    made = Signing().beside(DEFINITION, WORDS)
    # That the stream is one is shown by a manifest that is read out of it.
    packed = compressed(made.manifest_id, brotli([manifest_box(made.manifest)]))
    assert seen(reader, *beside(tmp_path, packed)).said.count(made.manifest_id) == 1
    bomb = compressed(made.manifest_id, brotli([16 << 30]))
    assert len(bomb) < 20_000
    assert not seen(reader, *beside(tmp_path, bomb)).is_believed  # and it looks at the time


@pytest.mark.parametrize(
    "said",
    [many(1 << 16, b"\x80"), nested(120), nested(2_000), nested(1_000_000), *ODD.values()],
    ids=["65,536 lists", "120 deep", "2,000 deep", "1,000,000 deep", *ODD],
)
def test_no_statement_takes_long_or_is_believed(
    reader: Reader, store: bytes, tmp_path: Path, said: bytes
) -> None:
    grown = with_statement(store, BULK, said)
    assert len(grown) > len(said)
    assert not seen(reader, *beside(tmp_path, grown)).is_believed
