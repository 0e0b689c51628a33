"""Who calls in these tests. Django is imported late: this file is read before it starts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.callers import Caller


@pytest.fixture(autouse=True)
def _own_counters() -> Iterator[None]:
    """Each test has its own throttle counters."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


def _caller(kind: str) -> "Caller":
    from tests import factories
    from tests.api.callers import caller

    return caller(factories.studio() if kind == "studio" else factories.lab())


@pytest.fixture
def studio(db: None) -> "Caller":
    return _caller("studio")


@pytest.fixture
def lab(db: None) -> "Caller":
    return _caller("lab")


@pytest.fixture
def outsider(db: None) -> "Caller":
    """A studio that has nothing to do with the others."""
    return _caller("studio")


@pytest.fixture
def anybody(db: None) -> "Caller":
    from tests.api.callers import Caller

    return Caller()
