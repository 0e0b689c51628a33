"""How often Python looks for cycles among its objects."""

import gc
from typing import Final

_YOUNG: Final = 1_000_000
"""New objects between two looks. Python's own number is 2,000: whoever reads 10,000 rows then
spends a sixth of the time on looking, and finds nothing, because rows are no cycles. A page leaves
some 300 objects in cycles, so what waits for the next look takes 110 MB at most."""


def look_seldom() -> None:
    """Look less often, and never at what is there from the start. Call once all is loaded."""
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
