"""`make bench-ledger`: measure the ledger in folders that are gone afterwards, print a table.

    python -m benchmarks.ledger [ENTRIES]

ENTRIES is the size of the tree that is built and of the log that is audited, 1,000,000. A missed
target is said in the table and is no error.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.__main__ import machine
from benchmarks.ledger import audits, trees
from benchmarks.measure import table
from benchmarks.server import ROOT, environment
from tests import postgres

# Unlike in the tests: a commit is one when it is on the disk.
_HONEST = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def main(size: int = 1_000_000) -> None:
    """Measure the tree here, and what needs a database in a process for each."""
    # Beside the product's own data, on the same disk: the system's temporary folder may be memory.
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as folder:
        print(table("The tree", trees.measure(Path(folder), size)), flush=True)
        print(table("The audit", audits.measure(Path(folder), size)), flush=True)
        _on_database(Path(folder) / "sqlite", None)
        postgres.OPTIONS.update(_HONEST)
        with postgres.server() as url:
            _on_database(Path(folder) / "postgresql", url)


def _on_database(folder: Path, url: str | None) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDGECODE_")}
    kept.pop("DATABASE_URL", None)
    kept |= environment(folder) | ({"DATABASE_URL": url} if url else {})
    subprocess.run([sys.executable, "-m", "benchmarks.ledger.database"], env=kept, check=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
