"""How often Python looks for cycles among its objects."""

import gc
from typing import Final

_YOUNG: Final = 200_000
"""New objects between two looks. Python's own number is 2,000: whoever reads 10,000 rows then
spends a sixth of the time on looking, and finds nothing, because rows are no cycles."""


def look_seldom() -> None:
    """Look less often, and never at what is there from the start. Call once all is loaded."""
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
