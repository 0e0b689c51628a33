"""What the wheel takes from the house, file by file: the engine of clearances, under
`edgecode/engine`, and the reader of hostile files, under `edgecode/reader`.

$EDGECODE_TRUST_BUNDLE names the trust bundle of an installation that gives the program to its
customers: files signed there are verified without --trust.
"""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES = ("licensing/clearance", "catalog/scope")
_READER = (
    *("__init__.py", "inspect_child.py", "carriers.py", "cbor.py", "countersign.py"),
    *("formats.py", "jumbf.py", "stamp_form.py", "warm-up.c2pa"),
    *("c2pa_sdk/__init__.py", "c2pa_sdk/settings.py", "c2pa_sdk/reports.py"),
    *("c2pa_sdk/inner.py", "c2pa_sdk/reading.py"),
)


class HouseHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files, those of the engine as the log's hash is of them. A wheel that is
        installed for development finds them beside it."""
        if version == "editable":
            return
        house = Path(self.root).parent
        for source in _SOURCES:
            for path in sorted((house / source).rglob("*")):
                if path.suffix in {".py", ".json"}:
                    name = path.relative_to(house).as_posix()
                    build_data["force_include"][str(path)] = f"edgecode/engine/{name}"
        for name in _READER:
            build_data["force_include"][str(house / "provenance" / name)] = (
                f"edgecode/reader/provenance/{name}"
            )
        if bundle := os.environ.get("EDGECODE_TRUST_BUNDLE"):
            build_data["force_include"][bundle] = "edgecode/verify/trust-bundle.pem"
