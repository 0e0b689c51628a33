"""`python -m benchmarks.tried_terms [FILES]`: terms tried for a draft, and for a whole library.

The library is the one of `benchmarks.clearance_board`, a title for each file. Measured is the first
answer, for which all that is recorded is gathered, and the next one, as the terms are changed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.clearance_board import FILES, _library, _scope
from benchmarks.measure import Finding, table
from benchmarks.server import environment


def main(files: int) -> None:
    """Make a product in a folder that is gone afterwards, and measure on it."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        os.environ.update(environment(Path(folder)))
        django.setup()
        call_command("migrate", verbosity=0)
        print(table(f"Terms tried for {files:,} files on SQLite", measure(files)), flush=True)


def measure(files: int) -> list[Finding]:
    """Return what the first answer takes and the next one, for a draft and for a library."""
    from licensing.deals.requests import add_assets
    from licensing.library.estimates import estimate, estimate_library
    from licensing.models import Request
    from tests import factories

    studio, lab = factories.studio("Studio"), factories.lab("Lab")
    codes = _library(studio, files, "Film")
    assert studio.organisation is not None
    owner, scope = studio.organisation, Request(**_scope(), price_minor=0)
    scope.exclusivity = "non_exclusive"
    found = []
    if files <= FILES:
        draft = factories.draft(lab, [], **_scope())
        add_assets(actor=lab, code=draft.code, assets=codes)
        found += _both("a draft", lambda: estimate(draft, draft))
    return found + _both("the library", lambda: estimate_library(owner, scope))


def _both(name: str, act: Callable[[], object]) -> list[Finding]:
    first, after = _seconds(act), _seconds(act)
    return [
        Finding(f"{name}: gathered and answered", f"processor {first:.2f} s"),
        Finding(f"{name}: each change of the terms", f"processor {after:.2f} s", "1 s", after <= 1),
    ]


def _seconds(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
