"""The rules of the auditor's program and the house agree: what the house writes keeps them."""

import json

import pytest

from catalog.scope.uses import USES
from edgecode.audit.rules import Replay, Violation
from edgecode.audit.rules.scopes import leaves
from edgecode.log.commitments import Opening
from ledger.models import Event
from ledger.models import Opening as Row
from ledger.sequencer import advance
from tests.ledger.test_business_entries import tell


def replay() -> list[Violation]:
    """Return what the rules find in the log as it is now, with every opening that there is."""
    advance()
    openings: dict[int, dict[str, Opening]] = {}
    for row in Row.objects.select_related("event__entry"):
        assert row.event.index is not None
        opening = Opening(bytes(row.salt), json.loads(row.value))
        openings.setdefault(row.event.index, {})[row.name] = opening
    rules = Replay(openings)
    found: list[Violation] = []
    for event in Event.objects.select_related("entry").order_by("entry__index"):
        assert event.index is not None
        found += rules.entry(event.index, event.facts())
    return found + rules.end()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("var_dir")
def test_the_whole_story_keeps_every_rule() -> None:
    tell()
    assert [str(violation) for violation in replay()] == []


def test_the_rules_know_every_use_that_a_scope_may_name() -> None:
    assert {name: leaves([name]) for name in USES} == {
        name: set(below) for name, below in USES.items()
    }
