"""Many assets at once get the answers that each gets by itself."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from licensing.clearance import clear, clear_many, compile_assets
from tests.licensing.clearance.cases import random_case


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_many_at_once_get_the_answers_that_each_gets_by_itself(seed: int) -> None:
    cases = [random_case(seed + n) for n in range(12)]
    alone = [case for case in cases if "works" not in case]
    if not alone:
        return
    asked = Random(seed).choice(alone)
    worlds = {f"a{n}": case["facts"] for n, case in enumerate(alone)}
    compiled = compile_assets(worlds, asked["as_of"])
    for asset, word, reasons in clear_many(compiled, asked["request"]):
        verdict = clear({**asked, "facts": worlds[asset]})
        assert (word, list(reasons)) == (verdict["verdict"], verdict["reasons"]), worlds[asset]
