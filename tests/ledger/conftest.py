import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from ledger import kinds

if TYPE_CHECKING:  # this file is read before Django is set up
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
kinds.register(
    "sample.claimed",
    subject="sample",
    meaning="Says what looks like the parts of an entry.",
    data={"claim": dict, "at": str},
    refs=("parent", "parts*"),
)
kinds.register("probe.sent", subject="probe", meaning="Rests on one sample.", refs=("sample",))

ACTOR = "organisation:2B7K9Q0M"


@pytest.fixture
def shake() -> Callable[..., "Event"]:
    """Append one event to a stream, in its own transaction."""
    from ledger.append import append

    def shake_once(number: int = 1) -> "Event":
        with transaction.atomic():
            return append("sample.shaken", stream=f"sample:S{number}", actor=ACTOR)

    return shake_once


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Run each in a thread with its own connection; return what they raised."""
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures
