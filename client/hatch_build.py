"""What the wheel takes from the house, file by file: the engine of clearances, under
`edgecode/engine`, and the reader of hostile files, under `edgecode/reader`.

$EDGECODE_TRUST_BUNDLE names the trust bundle of an installation that gives the program to its
customers: files signed there are verified without --trust.
"""

import os
from collections.abc import Iterable
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
        bundle = os.environ.get("EDGECODE_TRUST_BUNDLE")
        self._need([*(house / source for source in _SOURCES), house / "provenance"], bundle)
        for source in _SOURCES:
            for path in sorted((house / source).rglob("*")):
                if path.suffix in {".py", ".json"}:
                    name = path.relative_to(house).as_posix()
                    build_data["force_include"][str(path)] = f"edgecode/engine/{name}"
        for name in _READER:
            build_data["force_include"][str(house / "provenance" / name)] = (
                f"edgecode/reader/provenance/{name}"
            )
        if bundle:
            build_data["force_include"][bundle] = "edgecode/verify/trust-bundle.pem"

    def _need(self, folders: Iterable[Path], bundle: str | None) -> None:
        """End with one line where something is missing, for which pip would show a stack."""
        if not all(folder.is_dir() for folder in folders):
            self.app.abort(
                "edgecode is built in a copy of Edgecode's whole source: its engine and its reader"
                " of files are not in the folder client/ alone"
            )
        if bundle and not Path(bundle).is_file():
            self.app.abort(f"EDGECODE_TRUST_BUNDLE: there is no file {bundle}")
