"""Rights, licences and money. The engine of clearance is here for whoever has cases."""

from licensing.clearance import CaseError, clear, clear_many, compile_assets

__all__ = ["CaseError", "clear", "clear_many", "compile_assets"]
