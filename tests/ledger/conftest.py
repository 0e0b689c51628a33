from collections.abc import Callable

import pytest
from django.db import transaction

from ledger import kinds
from ledger.append import append
from ledger.models import Event

# Kinds of the tests only: the real ones belong to the rooms above.
kinds.register(
    "sample.made",
    subject="sample",
    meaning="A sample exists.",
    data={"colour": ("red", "green"), "weight?": int},
    refs=("parent?", "parts*"),
    private=("name?", "owner?"),
)
kinds.register("sample.shaken", subject="sample", meaning="Once more.", refs=("cause?",))
kinds.register("probe.sent", subject="probe", meaning="Rests on one sample.", refs=("sample",))

ACTOR = "organisation:2B7K9Q0M"


@pytest.fixture
def shake() -> Callable[..., Event]:
    """Append one event to a stream, in its own transaction."""

    def shake_once(number: int = 1) -> Event:
        with transaction.atomic():
            return append("sample.shaken", stream=f"sample:S{number}", actor=ACTOR)

    return shake_once
