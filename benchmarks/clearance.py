"""`python -m benchmarks.clearance [ASSETS]`: one request against a whole library, in memory.

The library is made up in the mix that the contract names. Beside it runs a bare loop that looks,
for each of the same facts, whether two sets of 250 countries meet: nobody can do with less.
"""

import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.measure import Finding, ratio, table
from licensing.clearance import Clearing, compile_assets
from licensing.clearance.compiled.assets import CompiledAssets
from licensing.made_up_library import AS_OF, REQUEST, library

_ROUNDS = 5
_SEED = 7
_TRACED = 10_000


def measure(size: int) -> Iterator[Finding]:
    """Time the library and one title of it."""
    assets = library(size, _SEED)
    facts = sum(map(len, assets.values()))
    started = time.process_time()
    compiled = compile_assets(assets, AS_OF)
    yield Finding(f"compile {size:,} assets, {facts:,} facts",
                  f"processor {time.process_time() - started:.1f} s")  # fmt: skip
    places = [countries for spots in compiled.spots for countries, _, _ in spots.values()]
    masks = [places[number % len(places)] for number in range(facts)]
    name, bare = "a request, reasons included", f"{facts:,} meetings of country sets"
    seconds: dict[str, list[float]] = {name: [], bare: []}
    for _ in range(_ROUNDS):
        seconds[name].append(_processor(lambda: _ask(compiled)))
        seconds[bare].append(_processor(lambda: _loop(masks, places[0])))
    median = statistics.median(seconds[name])
    yield Finding(name, f"processor {median:.2f} s", "at most 1 s", median <= 1)
    yield ratio(seconds, name, bare, most=10)
    again = max(_processor(partial(compiled.put, name)) for name in [*assets][:200])
    yield Finding(
        "compile one title anew, at most", f"{again * 1000:.1f} ms", "10 ms", again <= 0.01
    )
    yield _memory()


def _ask(compiled: CompiledAssets) -> None:
    for _asset, _word, _reasons in Clearing(compiled, REQUEST).answers():
        pass


def _loop(masks: list[int], asked: int) -> int:
    met = 0
    for each in masks:
        if each & asked:
            met += 1
    return met


def _processor(act: Callable[[], object]) -> float:
    """The seconds of a processor that it takes, which other work on the machine is no part of."""
    started = time.process_time()
    act()
    return time.process_time() - started


def _memory() -> Finding:
    assets = library(_TRACED, _SEED)
    tracemalloc.start()
    compiled = compile_assets(assets, AS_OF)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = size / len(assets)
    assert compiled.assets
    return Finding("memory of an asset, compiled", f"{each:,.0f} bytes", "1 KB", each <= 1024)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    load = os.getloadavg()[0]
    print(table(f"Clearance of {size:,} assets, load {load:.1f} before", list(measure(size))))
