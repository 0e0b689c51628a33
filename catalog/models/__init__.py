"""What exists and who holds it: titles, files, rights, performers and their consents.

Territories are expressions of the clearance contract; uses are its use names.
"""

from catalog.models.assets import Asset, AssetKind, SourceType, WorkState
from catalog.models.likenesses import Attribute, Consent, Likeness, Performer
from catalog.models.rights import Holding, HoldingKind, Restriction, RightsFact
from catalog.models.titles import Title, TitleKind, TitleName

__all__ = [
    "Asset",
    "AssetKind",
    "Attribute",
    "Consent",
    "Holding",
    "HoldingKind",
    "Likeness",
    "Performer",
    "Restriction",
    "RightsFact",
    "SourceType",
    "Title",
    "TitleKind",
    "TitleName",
    "WorkState",
]
