"""What every test of the pages leaves as it found it."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _language_stays() -> Iterator[None]:
    """A page asked for in Korean leaves its language to the thread, and so to the next test."""
    with translation.override("en"):
        yield
