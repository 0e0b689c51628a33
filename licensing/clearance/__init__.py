"""Rights clearance: may this licensor license this, and if not, why not and what would mend it?

Pure: no Django, no database, no clock, no randomness. Same case, same bytes. Not legal advice:
the engine applies the rules of `tables/`; a person decides the law.
"""

from catalog.scope.errors import CaseError
from catalog.scope.territory import COUNTRIES, describe_territory, parse_territory
from catalog.scope.uses import (
    ATTRIBUTES,
    MODALITIES,
    MODEL_KINDS,
    USES,
    expand_uses,
)
from licensing.clearance.compiled.assets import (
    CompiledAssets,
    compile_assets,
    compile_recorded,
)
from licensing.clearance.compiled.clearing import Clearing, clear_many
from licensing.clearance.evaluate import clear
from licensing.clearance.reasons import REASONS, reason_text
from licensing.clearance.records import clear_recorded, fault_of, involved
from licensing.clearance.rules import SHIPPED, RuleTables, tables_of

__all__ = [
    "ATTRIBUTES",
    "COUNTRIES",
    "MODALITIES",
    "MODEL_KINDS",
    "REASONS",
    "SHIPPED",
    "USES",
    "CaseError",
    "Clearing",
    "CompiledAssets",
    "RuleTables",
    "clear",
    "clear_many",
    "clear_recorded",
    "compile_assets",
    "compile_recorded",
    "describe_territory",
    "expand_uses",
    "fault_of",
    "involved",
    "parse_territory",
    "reason_text",
    "tables_of",
]
