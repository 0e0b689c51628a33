from collections.abc import Callable
from pathlib import Path

import pytest

from edgecode.log import merkle, notes
from edgecode.log.leaf import parse
from ledger import proofs, sequencer
from ledger.models import Event

pytestmark = pytest.mark.django_db
SIZE = 260


@pytest.fixture
def log(var_dir: Path, shake: Callable[..., Event]) -> notes.VerifierKey:
    for number in range(SIZE):
        shake(number % 7)
    sequencer.advance()
    return notes.parse_vkey(proofs.vkey() or "")


def test_any_entry_can_be_proved_offline_with_receipt_and_vkey(log: notes.VerifierKey) -> None:
    for index in (0, 1, 255, 256, SIZE - 1):
        raw = proofs.entry(index)
        assert parse(raw).stream == f"sample:S{index % 7}"
        at, checkpoint = notes.verify_receipt(proofs.receipt(index), raw, log)
        assert (at, checkpoint.size) == (index, SIZE)
        proof = notes.parse_receipt(proofs.receipt(index)).proof
        assert list(proof) == proofs.inclusion(index)


def test_any_two_sizes_can_be_shown_consistent(log: notes.VerifierKey) -> None:
    for old, new in ((0, 5), (1, 2), (5, SIZE), (255, 256), (256, 257), (SIZE, SIZE)):
        proof = proofs.consistency(old, new)
        roots = proofs.folder().root(old), proofs.folder().root(new)
        merkle.verify_consistency(old, new, *roots, proof)


def test_reading_asks_the_database_nothing(
    log: notes.VerifierKey, django_assert_num_queries: Callable[..., object]
) -> None:
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        proofs.receipt(3)
        proofs.entry(3)
        proofs.consistency(3, SIZE)
        proofs.latest()


def test_what_is_not_published_is_not_logged(log: notes.VerifierKey) -> None:
    for index in (-1, SIZE, 10**30):
        for ask in (proofs.entry, proofs.inclusion, proofs.receipt):
            with pytest.raises(proofs.NotLogged, match="260 entries published"):
                ask(index)
    for old, new in ((0, SIZE + 1), (5, 4)):
        with pytest.raises(proofs.NotLogged):
            proofs.consistency(old, new)


def test_before_the_first_checkpoint_there_is_nothing(var_dir: Path) -> None:
    assert (proofs.checkpoint(), proofs.latest(), proofs.vkey()) == (None, None, None)
    with pytest.raises(proofs.NotLogged):
        proofs.receipt(0)


def test_a_receipt_outlives_the_growth_of_the_log(
    log: notes.VerifierKey, shake: Callable[..., Event]
) -> None:
    receipt, raw = proofs.receipt(9), proofs.entry(9)
    shake()
    sequencer.advance()
    assert notes.verify_receipt(receipt, raw, log)[0] == 9
    assert notes.verify_receipt(proofs.receipt(9), raw, log)[1].size == SIZE + 1


@pytest.mark.parametrize(
    ("name", "at"), [("tile/0/001.p/4", -1), ("tile/1/000.p/1", 0), ("tile/entries/001.p/4", 20)]
)
def test_a_damaged_file_gives_no_receipt(log: notes.VerifierKey, name: str, at: int) -> None:
    path = proofs.folder().path / name
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(merkle.BadProof, match="another root"):
        proofs.receipt(256)
