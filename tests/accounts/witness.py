"""What a test of a verb asks afterwards: did it leave a trace, and does the trace hold?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from accounts.access import RULES, Actor, Permission, permissions_of
from accounts.errors import NotAllowed
from accounts.models import OrganisationKind, Role, Scope
from edgecode.log import commitments
from ledger.models import Event

type Refused = type[BaseException] | tuple[type[BaseException], ...]


def last(kind: str) -> Event:
    """Return the newest event, which must be of this kind."""
    event = Event.objects.latest("pk")
    assert event.kind == kind
    return event


def facts(event: Event) -> dict[str, Any]:
    """Return an event's private facts; each must open the commitment that the log carries."""
    sealed = event.facts().commitments
    opened = {row.name: row.opening() for row in event.openings.all()}
    assert opened.keys() == sealed.keys()
    assert all(commitments.opens(sealed[name], opening) for name, opening in opened.items())
    return {name: opening.value for name, opening in opened.items()}


def refs(event: Event) -> dict[str, Any]:
    """Return what an event rests on, without the versions: `{"title": "title:7K3F2Q9D"}`."""
    return {role: str(name).partition("@")[0] for role, name in event.facts().refs.items()}


@contextmanager
def refused(error: Refused, field: str | None = None) -> Iterator[None]:
    """The block must raise this error and append nothing."""
    before = Event.objects.count()
    with pytest.raises(error) as caught:
        yield
    assert Event.objects.count() == before
    if field is not None:
        assert getattr(caught.value, "field", None) == field


def without(actor: Actor, permission: Permission) -> Iterator[tuple[str, Actor]]:
    """Yield actors of the same organisation that lack one right: by kind, by role, by scope."""
    rule = RULES[permission]
    assert actor.organisation is not None
    for kind in OrganisationKind.values:
        if kind not in rule.kinds:
            yield kind, _like(actor, permissions_of(kind, Role.OWNER, None))
    for role in Role.values:
        if role not in rule.roles:
            yield role, _like(actor, permissions_of(actor.organisation.kind, role, None))
    others = [scope for scope in Scope.values if scope != rule.scope]
    yield "scope", _like(actor, permissions_of(actor.organisation.kind, Role.OWNER, others))


def _like(actor: Actor, permissions: frozenset[Permission]) -> Actor:
    return Actor(organisation=actor.organisation, user=actor.user, permissions=permissions)


def only_with(permission: Permission, actor: Actor, call: Callable[[Actor], object]) -> None:
    """`call` must refuse everyone who lacks the right, and leave no trace."""
    for _name, lesser in without(actor, permission):
        with refused(NotAllowed):
            call(lesser)


def at_once(*calls: Callable[[], object]) -> list[BaseException | None]:
    """Run each in a thread with its own connection; return what each raised, in their order."""
    ready = threading.Barrier(len(calls))
    raised: list[BaseException | None] = [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        try:
            ready.wait(30)
            call()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            raised[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return raised
