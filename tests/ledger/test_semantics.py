"""The rules of the auditor's program and the house agree: what the house writes keeps them."""

import pytest

from edgecode.audit.rules import Replay, Violation
from ledger.models import Event
from ledger.sequencer import advance
from tests.ledger.test_business_entries import tell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def replay() -> list[Violation]:
    """Return what the rules find in the log as it is now."""
    advance()
    rules = Replay()
    found: list[Violation] = []
    for event in Event.objects.select_related("entry").order_by("entry__index"):
        assert event.index is not None
        found += rules.entry(event.index, event.facts())
    return found + rules.end()


def test_the_whole_story_keeps_every_rule() -> None:
    tell()
    assert [str(violation) for violation in replay()] == []
