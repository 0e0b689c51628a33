"""What exists and who holds it: titles, files, rights, performers and their consents.

Territories are expressions of the clearance contract; uses are its use names.
"""

from catalog.models.assets import Asset, AssetKind, SourceType, WorkState
from catalog.models.likenesses import (
    Approval,
    Attribute,
    Authority,
    Basis,
    Consent,
    ConsentState,
    ConsentUse,
    Decision,
    HeirsRule,
    Invitation,
    Likeness,
    Performer,
    PerformerName,
    Signature,
    Stage,
    Suspension,
    SuspensionReason,
)
from catalog.models.parties import Credit, CreditRole, Party, PartyKind
from catalog.models.rights import HOLDINGS, Evidence, Fact, FactKind
from catalog.models.search import SavedSearch, SearchDocument, SearchState
from catalog.models.shots import BeginsWith, Cue, MediaReading, Shot, ShotTag, Transcript
from catalog.models.titles import (
    NameKind,
    Scheme,
    Technique,
    Title,
    TitleIdentifier,
    TitleKind,
    TitleName,
)
from catalog.models.uploads import Upload, UploadPart, UploadState

__all__ = [
    "HOLDINGS",
    "Approval",
    "Asset",
    "AssetKind",
    "Attribute",
    "Authority",
    "Basis",
    "BeginsWith",
    "Consent",
    "ConsentState",
    "ConsentUse",
    "Credit",
    "CreditRole",
    "Cue",
    "Decision",
    "Evidence",
    "Fact",
    "FactKind",
    "HeirsRule",
    "Invitation",
    "Likeness",
    "MediaReading",
    "NameKind",
    "Party",
    "PartyKind",
    "Performer",
    "PerformerName",
    "SavedSearch",
    "Scheme",
    "SearchDocument",
    "SearchState",
    "Shot",
    "ShotTag",
    "Signature",
    "SourceType",
    "Stage",
    "Suspension",
    "SuspensionReason",
    "Technique",
    "Title",
    "TitleIdentifier",
    "TitleKind",
    "TitleName",
    "Transcript",
    "Upload",
    "UploadPart",
    "UploadState",
    "WorkState",
]
