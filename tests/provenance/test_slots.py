"""Places for reading files: strangers cannot take them all."""

from contextlib import ExitStack

import pytest

from accounts.errors import Unavailable
from provenance import slots
from provenance.slots import slot

MEMBER = "organisation:7K3F2Q9D"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_WAIT_SECONDS", 0.01)


def taken(held: ExitStack, caller: str) -> int:
    """Take places until none is left for this caller, and return how many."""
    for count in range(10):
        try:
            held.enter_context(slot(caller))
        except Unavailable:
            return count
    raise AssertionError("no end of them")


def test_strangers_leave_places_to_members_and_none_is_lost() -> None:
    for _ in range(2):
        with ExitStack() as held:
            assert (taken(held, ""), taken(held, MEMBER), taken(held, "")) == (2, 2, 0)
        with ExitStack() as held:
            assert (taken(held, MEMBER), taken(held, "")) == (4, 0)
