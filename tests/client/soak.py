"""`make soak`: no false alarm on a million entries of a new made-up market.

    python -m tests.client.soak [ENTRIES]

Prints what the rules cost, in entries per CPU second.
"""

import gc
import secrets
import sys
import time
from itertools import batched

from edgecode.audit.entries import Reader
from edgecode.audit.rules import Replay, Violation
from ledger.simulation.market import Market


def main(entries: int = 1_000_000) -> None:
    """Replay that many entries, and end with a list of the violations if there are any."""
    seed = secrets.randbelow(1 << 32)
    gc.disable()  # as the auditor's program does: a replay makes no garbage in circles
    reader, rules, found = Reader(), Replay(), list[Violation]()
    index, seconds = 0, 0.0
    for bundle in batched(Market(seed).entries(entries), 256):
        leaves = list(reader.parse(bundle))
        begun = time.process_time()
        for leaf in leaves:
            if isinstance(leaf, ValueError):
                raise leaf
            found += rules.entry(index, leaf)
            index += 1
        seconds += time.process_time() - begun
    found += rules.end()
    print(f"{entries:,} entries, seed {seed}: {len(found)} false alarms")  # noqa: T201
    print(f"{round(entries / seconds):,} entries per CPU second in the rules")  # noqa: T201
    if found:
        sys.exit("\n".join(str(violation) for violation in found[:20]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
