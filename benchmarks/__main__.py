"""`make bench`: measure everything in a folder that is gone afterwards, and print a table.

    python -m benchmarks

A missed target is said in the table and is no error.
"""

import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.server import ROOT, environment


def main() -> None:
    """Make the product's folder and database, then measure on it."""
    # Beside the product's own data, on the same disk: the system's temporary folder may be memory.
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as folder:
        for name in [name for name in os.environ if name.startswith("EDGECODE_")]:
            del os.environ[name]
        os.environ.pop("DATABASE_URL", None)
        os.environ.update(environment(Path(folder)))
        django.setup()
        call_command("migrate", verbosity=0)
        print(machine(), flush=True)
        from benchmarks.run import run  # only now: it reads the settings above

        run()


def machine() -> str:
    """Return when and where this runs, in a line."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return (
        f"{now}  {platform.system()} {platform.machine()}  {os.cpu_count()} processors"
        f"  Python {platform.python_version()}  load {load:.1f} before the start"
    )


if __name__ == "__main__":
    main()
