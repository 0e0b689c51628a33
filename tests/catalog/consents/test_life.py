"""What may follow what in the life of a consent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from catalog.consents.life import FINAL, TRANSITIONS, Act, NotNow, State, after


@given(st.sampled_from(list(State)), st.sampled_from(list(Act)))
def test_the_table_is_the_whole_of_it(state: State, act: Act) -> None:
    if (state, act) in TRANSITIONS:
        assert after(state, act) is TRANSITIONS[state, act]
    else:
        with pytest.raises(NotNow):
            after(state, act)


def test_nothing_follows_an_end_and_every_other_state_has_a_way_to_one() -> None:
    for state in State:
        ways = {act for each, act in TRANSITIONS if each is state}
        assert (not ways) == (state in FINAL)
    reached, new = set(FINAL), set(FINAL)
    while new:
        new = {state for (state, _act), to in TRANSITIONS.items() if to in reached} - reached
        reached |= new
    assert reached == set(State)


class Life(RuleBasedStateMachine):
    """Any acts in any order: a consent never lives without having been offered and signed."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.done = State.DRAFT, list[Act]()

    @rule(act=st.sampled_from(list(Act)))
    def do(self, act: Act) -> None:
        try:
            self.state = after(self.state, act)
        except NotNow:
            return
        self.done.append(act)

    @invariant()
    def lives_only_when_signed(self) -> None:
        if self.state in {State.LIVE, State.SUSPENDED, State.WITHDRAWN, State.REPLACED}:
            assert Act.COMPLETE in self.done
            last_offer = len(self.done) - 1 - self.done[::-1].index(Act.OFFER)
            assert self.done.index(Act.COMPLETE) > last_offer


test_any_order_of_acts = Life.TestCase
