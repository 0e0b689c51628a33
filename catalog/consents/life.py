"""The life of a consent: one table of what may follow what.

Pure. A paper consent begins live; one that is signed here begins as a draft. What ends a consent
is final: a change is a new version, which replaces the old one the moment it is signed.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a consent stands at a moment."""

    DRAFT = "draft"
    OFFERED = "offered"
    DECLINED = "declined"
    CLOSED = "closed"
    LIVE = "live"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class Act(StrEnum):
    """What is done to a consent."""

    CHANGE = "change"
    OFFER = "offer"
    SIGN = "sign"  # one of several: it waits for the others
    COMPLETE = "complete"  # the signature that makes it enough
    DECLINE = "decline"
    TAKE_BACK = "take_back"
    CLOSE = "close"  # for good, whoever has signed
    SUSPEND = "suspend"
    RESUME = "resume"
    REPLACE = "replace"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[Mapping[tuple[State, Act], State]] = {
    (State.DRAFT, Act.CHANGE): State.DRAFT,
    (State.DRAFT, Act.OFFER): State.OFFERED,
    (State.OFFERED, Act.SIGN): State.OFFERED,
    (State.OFFERED, Act.COMPLETE): State.LIVE,
    (State.OFFERED, Act.DECLINE): State.DECLINED,
    (State.OFFERED, Act.TAKE_BACK): State.DRAFT,
    (State.OFFERED, Act.CLOSE): State.CLOSED,
    (State.LIVE, Act.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Act.RESUME): State.LIVE,
    (State.LIVE, Act.REPLACE): State.REPLACED,
    (State.SUSPENDED, Act.REPLACE): State.REPLACED,
    (State.LIVE, Act.WITHDRAW): State.WITHDRAWN,
    (State.SUSPENDED, Act.WITHDRAW): State.WITHDRAWN,
}
FINAL: Final = frozenset({State.DECLINED, State.CLOSED, State.WITHDRAWN, State.REPLACED})


class NotNow(ValueError):
    """The act is not open to a consent in that state."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"{act} is not open to a consent that is {state}")
        self.state, self.act = state, act


def after(state: State, act: Act) -> State:
    """Return the state that follows. Raises NotNow."""
    try:
        return TRANSITIONS[state, act]
    except KeyError:
        raise NotNow(state, act) from None
