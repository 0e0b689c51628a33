"""What exists and who holds it: titles, files, rights, performers and their consents.

Territories are expressions of the clearance contract; uses are its use names.
"""

from catalog.models.assets import Asset, AssetKind, SourceType, WorkState
from catalog.models.likenesses import Attribute, Consent, Likeness, Performer
from catalog.models.parties import Credit, CreditRole, Party, PartyKind
from catalog.models.rights import HOLDINGS, Evidence, Fact, FactKind
from catalog.models.titles import (
    NameKind,
    Scheme,
    Technique,
    Title,
    TitleIdentifier,
    TitleKind,
    TitleName,
)

__all__ = [
    "HOLDINGS",
    "Asset",
    "AssetKind",
    "Attribute",
    "Consent",
    "Credit",
    "CreditRole",
    "Evidence",
    "Fact",
    "FactKind",
    "Likeness",
    "NameKind",
    "Party",
    "PartyKind",
    "Performer",
    "Scheme",
    "SourceType",
    "Technique",
    "Title",
    "TitleIdentifier",
    "TitleKind",
    "TitleName",
    "WorkState",
]
