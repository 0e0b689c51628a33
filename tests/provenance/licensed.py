"""What many tests begin with: files that were licensed and signed."""

from pathlib import Path

import pytest

from accounts.access import Actor
from licensing.models import Grant
from tests import factories
from tests.provenance.delivered import Delivered, Licensed, licence
from tests.provenance.struck import SignedLikeness, granted
from tests.worlds import kept


@kept
def licensed_words() -> Licensed:
    """A subtitle file, licensed to Lumen Lab."""
    studio, lab = factories.studio(), factories.lab("Lumen Lab")
    return licence(studio, factories.offered_words(studio, "Hello"), lab)


@kept
def voice() -> SignedLikeness:
    """A recording of a performer, licensed on two consents."""
    return granted(film=False)


@kept
def film() -> SignedLikeness:
    """A film of a performer, licensed on two consents."""
    return granted(film=True)


@pytest.fixture
def words(licensed_words: Licensed, tmp_path: Path) -> Delivered:
    """The licensed subtitle file, delivered."""
    return Delivered(licensed_words, tmp_path)


@pytest.fixture
def studio(licensed_words: Licensed) -> Actor:
    return licensed_words.studio


@pytest.fixture
def lab(licensed_words: Licensed) -> Actor:
    return licensed_words.lab


@pytest.fixture
def grant(licensed_words: Licensed) -> Grant:
    return licensed_words.grant
