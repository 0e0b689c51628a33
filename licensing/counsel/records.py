"""What a studio records of its titles, corrects and sets aside, as long as the records go together.

Each record is checked by itself where it is made. What no single one shows is seen here: a term
that would end before it begins once an event has its date, a revocation of what no longer stands.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Actor
from accounts.errors import Conflict
from catalog import rights
from catalog.merging import rows_of_many, with_parts
from catalog.models import Fact, FactKind, Title
from catalog.rights import instant
from catalog.scope.errors import CaseError
from catalog.scope_words import sentence_of
from licensing.clearance import fault_of, involved
from licensing.counsel.opinions import lock_concerned, record_opinion
from licensing.verdicts.gathering import facts_of

_MOST_PARTS = 200


@transaction.atomic
def record(
    *, actor: Actor, title: Title, kind: str, body: Mapping[str, Any], **source: Any
) -> Fact:
    """Record one fact about a title as `record_fact`, an opinion as `record_opinion`. Raises
    Conflict too where it does not go together with what is recorded."""
    if kind == FactKind.OPINION:
        lock_concerned(title)  # the deals before the title, as whoever agrees on one
    with _going_together(title.pk):
        if kind == FactKind.OPINION:
            return record_opinion(actor=actor, title=title, body=body, **source)
        return rights.record_fact(actor=actor, title=title, kind=kind, body=body, **source)


@transaction.atomic
def correct(
    *, actor: Actor, code: str, body: Mapping[str, Any], reason: str, **source: Any
) -> Fact:
    """Record a fact in place of another as `correct_fact`. Raises Conflict too where it does not go
    together with what is recorded."""
    with _going_together(_title_of(actor, code)):
        return rights.correct_fact(actor=actor, code=code, body=body, reason=reason, **source)


@transaction.atomic
def set_aside(*, actor: Actor, code: str, reason: str) -> Fact:
    """End what a fact says as `supersede`. Raises Conflict too where another record rests on it."""
    with _going_together(_title_of(actor, code)):
        return rights.supersede(actor=actor, code=code, reason=reason)


def _title_of(actor: Actor, code: str) -> int | None:
    return Fact.objects.visible_to(actor).filter(code=code).values_list("title", flat=True).first()


@contextmanager
def _going_together(title: int | None) -> Iterator[None]:
    """Raise Conflict where what is done about a title leaves records that make no sense together,
    of it or of its parts. Where they made none before, nothing that may mend it is refused."""
    if title is None:
        yield  # whoever does it says that there is none
        return
    # Two that each go together with what is recorded may not do so with each other.
    Title.objects.select_for_update().filter(pk=title).first()
    before = _faults(title)
    yield
    for key, (error, named) in _faults(title).items():
        if key not in before:
            raise Conflict(
                _("The records of the title would not go together. %(problem)s See %(records)s.")
                % {"problem": sentence_of(error), "records": ", ".join(named)}
            )


def _faults(title: int) -> dict[int, tuple[CaseError, tuple[str, ...]]]:
    """Return what is wrong with the records of a work and of its parts, by their keys, and which
    records do not go together."""
    works = rows_of_many([title])[title]
    reached = with_parts(works)
    now = instant(timezone.now()) or ""
    every = facts_of(works if len(reached) > _MOST_PARTS else reached)
    found = {key: (fault_of(facts, now), facts) for key, facts in every.items()}
    return {
        key: (error, involved(error, facts))
        for key, (error, facts) in found.items()
        if error is not None
    }
