"""The engine of clearances in the wheel: the house's own files, under `edgecode/engine`."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES = ("licensing/clearance", "catalog/scope")


class EngineHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files that the log's hash of the engine is of. A wheel that is installed for
        development finds them beside it."""
        if version == "editable":
            return
        house = Path(self.root).parent
        for source in _SOURCES:
            for path in sorted((house / source).rglob("*")):
                if path.suffix in {".py", ".json"}:
                    name = path.relative_to(house).as_posix()
                    build_data["force_include"][str(path)] = f"edgecode/engine/{name}"
